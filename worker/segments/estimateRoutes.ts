import { z } from '@hono/zod-openapi'
import { now } from '../platform/clock.ts'
import { type App, operation, reply } from '../platform/http.ts'
import { Refusal } from '../platform/problem.ts'
import { readMeta } from '../platform/settings.ts'
import { estimate } from './audience.ts'
import { toCore } from './core.ts'
import { resolveNames } from './resolve.ts'
import { ruleSchema } from './ruleContract.ts'

/** `POST /v1/segments/estimate`: how many users a rule is true of right now. */
export function estimateRoutes(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/segments/estimate',
      summary: 'How many users a rule is true of right now, of how many, and up to ten of them',
      access: { scope: 'campaigns:read' },
      body: z.strictObject({ rule: ruleSchema }),
      answers: { 200: z.object({ users: z.int(), of: z.int(), sample: z.array(z.string()) }) },
    },
    async ({ env, body }) => {
      const [named, { settings }] = await Promise.all([resolveNames(env, body.rule, 'rule'), readMeta(env)])
      if (named instanceof Refusal) return named
      const at = { nowMs: now(), zone: settings.timezone }
      return reply(200, await estimate(env, toCore(body.rule, named), at))
    },
  )
}
