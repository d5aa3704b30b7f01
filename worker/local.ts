import { z } from '@hono/zod-openapi'
import { addDuration, formatInstant, parseInstant } from './platform/calendar.ts'
import { now } from './platform/clock.ts'
import { durationSchema, instantSchema } from './platform/contract.ts'
import { type App, operation, reply } from './platform/http.ts'
import { newId } from './platform/ids.ts'
import { invalid } from './platform/problem.ts'
import { isBlank, moveClock, setBlankClock } from './testClock.ts'
import { signUserToken } from './tray/userToken.ts'
import { callerId } from './users/contract.ts'

/** The keys of local mode. They exist there only, see `scripts/local.ts`. */
const LOCAL_PUBLISHABLE_KEY = 'pk_local_boon'

const clockSchema = z.union([
  z.strictObject({ advance: durationSchema }),
  z.strictObject({ now: instantSchema }),
])

/** What exists in local mode only: the test clock, and the backend of the demo shop. */
export function localRoutes(app: App): void {
  operation(
    app,
    {
      method: 'get',
      path: '/v1/test/clock',
      summary: 'What the test clock reads',
      access: 'local',
      answers: { 200: 'The time' },
    },
    async () => reply(200, { now: formatInstant(now()) }),
  )

  operation(
    app,
    {
      method: 'post',
      path: '/v1/test/clock',
      summary: 'Move the test clock, doing everything that falls due on the way',
      access: 'local',
      body: clockSchema,
      answers: { 200: 'The time' },
    },
    async ({ env, body }) => {
      const target =
        'now' in body ? (parseInstant(body.now) ?? Number.NaN) : addDuration(now(), body.advance, 'UTC')
      if (target < now()) {
        if (!(await isBlank(env))) return invalid([{ path: 'now', message: 'the clock only moves forward' }])
        await setBlankClock(env, target)
      } else await moveClock(env, target)
      return reply(200, { now: formatInstant(now()) })
    },
  )

  operation(
    app,
    {
      method: 'post',
      path: '/demo/session',
      summary: 'What a shop would do on its own server: say who is shopping',
      access: 'local',
      body: z.strictObject({ userId: callerId.optional() }),
      answers: { 200: 'A session' },
    },
    async ({ env, body }) => {
      const nowMs = now()
      const userId = body.userId ?? `shopper-${newId('req', nowMs).slice(-8)}`
      const token = await signUserToken(env.TOKEN_SECRET, userId, nowMs, nowMs + 3_600_000)
      return reply(200, { key: LOCAL_PUBLISHABLE_KEY, token, userId })
    },
  )
}
