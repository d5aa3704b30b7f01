import { errors, jwtVerify, SignJWT } from 'jose'
import { type Refusal, refuse } from '../platform/problem.ts'
import { callerId } from '../users/contract.ts'

/** How far two clocks may be apart. */
const CLOCK_SKEW_S = 60

const keyOf = (secret: string) => new TextEncoder().encode(secret)

/** Makes a token that lets a browser act for one user until `expiresMs`: a JWT signed with HS256. */
export async function signUserToken(
  secret: string,
  userId: string,
  nowMs: number,
  expiresMs: number,
): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(userId)
    .setIssuedAt(Math.floor(nowMs / 1_000))
    .setExpirationTime(Math.ceil(expiresMs / 1_000))
    .sign(keyOf(secret))
}

/**
 * Whose token this is. A shop's backend may sign its own with the same secret: HS256, `sub`, `exp`.
 * Refuses what is expired (60 s of clock skew allowed), signed otherwise, or names nobody.
 */
export async function readUserToken(
  secret: string,
  token: string,
  nowMs: number,
): Promise<{ userId: string } | Refusal> {
  try {
    const { payload } = await jwtVerify(token, keyOf(secret), {
      algorithms: ['HS256'],
      requiredClaims: ['sub', 'exp'],
      clockTolerance: CLOCK_SKEW_S,
      currentDate: new Date(nowMs),
    })
    const sub = callerId.safeParse(payload.sub)
    if (sub.success) return { userId: sub.data }
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      return refuse('unauthenticated', 'The user token has expired; ask the shop for a new one.')
    }
    if (!(error instanceof errors.JOSEError)) throw error
  }
  return refuse('unauthenticated', 'The user token is not valid.')
}
