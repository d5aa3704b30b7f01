import { CompactEncrypt, compactDecrypt, errors } from 'jose'
import type { Env } from '../env.ts'

/** What the key is for, so that it is none that anything else derives from the same secret (RFC 5869, `info`). */
const PURPOSE = 'boon sealed secrets 1'

/** A sealed text does not open: it was sealed with another `SEALING_SECRET`, or is not whole. */
export class SealBroken extends Error {
  constructor() {
    super('A sealed text does not open; SEALING_SECRET is not the one that it was sealed with')
    this.name = 'SealBroken'
  }
}

/**
 * Encrypts a text that a database keeps, so that whoever reads the database alone does not read it: AES-256-GCM, as a
 * compact JWE. The same text is sealed otherwise each time.
 */
export async function seal(env: Pick<Env, 'SEALING_SECRET'>, text: string): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(await keyOf(env.SEALING_SECRET))
}

/**
 * Opens what {@link seal} sealed.
 * @throws SealBroken when it was sealed with another secret, or was changed since.
 */
export async function unseal(env: Pick<Env, 'SEALING_SECRET'>, sealed: string): Promise<string> {
  try {
    const { plaintext } = await compactDecrypt(sealed, await keyOf(env.SEALING_SECRET), {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    })
    return new TextDecoder().decode(plaintext)
  } catch (error) {
    if (error instanceof errors.JOSEError) throw new SealBroken()
    throw error
  }
}

/**
 * The key of the secret seen last. A deployment has one; deriving it anew each time would be waste. The key is kept and
 * not its promise, which would die with the request that began it.
 */
let derived: { secret: string; key: CryptoKey } | undefined

async function keyOf(secret: string): Promise<CryptoKey> {
  if (derived?.secret === secret) return derived.key
  const key = await deriveKey(secret)
  derived = { secret, key }
  return key
}

async function deriveKey(secret: string): Promise<CryptoKey> {
  const encoder = new TextEncoder()
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveKey'])
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(PURPOSE) }
  return crypto.subtle.deriveKey(how, material, { name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])
}
