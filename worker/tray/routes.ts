import { type HoldingRow, holdingSchema, holdingsStatement, presentHolding } from '../codes/holdings.ts'
import { eventsAnswerSchema, eventsSchema } from '../ingest/contract.ts'
import { submitEvents } from '../ingest/submit.ts'
import { authenticate } from '../platform/auth.ts'
import { addDuration, formatInstant } from '../platform/calendar.ts'
import { now } from '../platform/clock.ts'
import { usersDb } from '../platform/databases.ts'
import { type App, type Call, operation, reply } from '../platform/http.ts'
import { decodeCursor, pageOf, pageQuery, toPage } from '../platform/paging.ts'
import { invalid, Refusal, refuse } from '../platform/problem.ts'
import { userParams } from '../users/contract.ts'
import { OWN_PREFIX } from '../users/ownEvents.ts'
import { assembleCoupons, assembleVouchers } from './assemble.ts'
import { tokenRequestSchema, tokenSchema, traySchema } from './contract.ts'
import { belongingsOf, everyonesCoupons } from './store.ts'
import { readUserToken, signUserToken } from './userToken.ts'

const DEFAULT_TTL = 'PT15M'
const LONGEST_TTL_MS = 86_400_000

/** What one user may see, and the tokens that let a browser see it. */
export function trayRoutes(app: App): void {
  tokens(app)
  tray(app)
}

function tokens(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/users/{userId}/token',
      summary: 'Make a short-lived token with which a browser acts for one user',
      access: { scope: 'users:write' },
      params: userParams,
      body: tokenRequestSchema,
      answers: { 200: tokenSchema },
    },
    async ({ env, params, body }) => {
      const nowMs = now()
      const expiresMs = addDuration(nowMs, body.ttl ?? DEFAULT_TTL, 'UTC')
      if (expiresMs - nowMs > LONGEST_TTL_MS)
        return invalid([{ path: 'ttl', message: 'may be one day at most' }])
      const token = await signUserToken(env.TOKEN_SECRET, params.userId, nowMs, expiresMs)
      return reply(200, { token, expiresAt: formatInstant(Math.ceil(expiresMs / 1_000) * 1_000) })
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/users/{userId}/holdings',
      summary: 'The codes that a user holds, newest first',
      access: { scope: 'users:read' },
      params: userParams,
      query: pageQuery,
      answers: { 200: pageOf(holdingSchema) },
    },
    async ({ env, params, query }) => {
      const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor)
      const db = usersDb(env, params.userId)
      const { results } = await holdingsStatement(db, params.userId, query.limit + 1, after).all<HoldingRow>()
      return reply(
        200,
        toPage(results, query.limit, (row) => row.id, presentHolding),
      )
    },
  )
}

function tray(app: App): void {
  operation(
    app,
    {
      method: 'get',
      path: '/v1/tray',
      summary: 'What the user of a token sees, or what a guest sees',
      access: { tray: 'users:read' },
      answers: { 200: traySchema },
    },
    async (call) => {
      const viewer = await viewerOf(call)
      if (viewer instanceof Refusal) return viewer
      const nowMs = now()
      if (viewer.userId === null) {
        const everyone = await everyonesCoupons(call.env)
        return reply(200, {
          user: null,
          coupons: assembleCoupons(everyone, [], nowMs),
          vouchers: [],
          wallets: [],
        })
      }
      const { user, held, vouchers, everyone, balances } = await belongingsOf(call.env, viewer.userId, nowMs)
      return reply(200, {
        user,
        coupons: assembleCoupons(everyone, held, nowMs),
        vouchers: assembleVouchers(vouchers, nowMs),
        wallets: balances,
      })
    },
  )

  operation(
    app,
    {
      method: 'post',
      path: '/v1/tray/events',
      summary: 'Send events of the user of a token',
      access: { tray: 'events:write' },
      body: eventsSchema,
      answers: { 200: eventsAnswerSchema },
    },
    async (call) => {
      const viewer = await viewerOf(call)
      if (viewer instanceof Refusal) return viewer
      const { userId } = viewer
      if (userId === null) return refuse('unauthenticated', 'Events need a user: send X-User-Token.')
      const { env, body, principal, context } = call
      const foreign = body.events.findIndex(
        (event) => userOf(event) !== undefined && userOf(event) !== userId,
      )
      if (foreign >= 0) return refuse('forbidden', `events.${foreign}.userId: the token is for another user.`)
      const own = body.events.findIndex((event) => isObject(event) && isOwnName(event['name']))
      if (own >= 0) {
        return refuse(
          'forbidden',
          `events.${own}.name: names that begin with "${OWN_PREFIX}" are for Boon itself.`,
        )
      }
      const theirs = body.events.map((event) => (isObject(event) ? { ...event, userId } : event))
      const again = () => authenticate(env, context.req.header('authorization'), false)
      const answer = await submitEvents(env, theirs, principal, again)
      return answer instanceof Refusal ? answer : reply(200, answer)
    },
  )
}

/** Who is looking: the user of the token, or a guest (null) when there is none. */
async function viewerOf<P, Q, B>(call: Call<P, Q, B>): Promise<{ userId: string | null } | Refusal> {
  const token = call.req.headers.get('x-user-token')
  return token === null ? { userId: null } : readUserToken(call.env.TOKEN_SECRET, token, now())
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A browser may not say what only Boon knows: that somebody was rewarded. */
function isOwnName(name: unknown): boolean {
  return typeof name === 'string' && name.toUpperCase().startsWith(OWN_PREFIX)
}

function userOf(event: unknown): unknown {
  return isObject(event) ? event['userId'] : undefined
}
