import type { z } from '@hono/zod-openapi'
import type { Env } from '../env.ts'
import { addDuration, formatInstant, parseScheduleTime } from '../platform/calendar.ts'
import { now } from '../platform/clock.ts'
import { usersDb } from '../platform/databases.ts'
import { fromUnits } from '../platform/decimal.ts'
import { type App, operation, type Reply, reply } from '../platform/http.ts'
import { invalid, type Refusal } from '../platform/problem.ts'
import { readMeta } from '../platform/settings.ts'
import { decimalsOf, schemeOf, stockOf } from '../rewards/kinds.ts'
import { NO_CHAIN } from '../rewards/rewardEvents.ts'
import { matches } from '../segments/condition.ts'
import { explainRule } from '../segments/explain.ts'
import { sharedValue } from '../segments/occurrence.ts'
import { audienceCore } from './audience.ts'
import {
  type CampaignDefinition,
  campaignParams,
  type TraceStep,
  testAnswerSchema,
  testSchema,
} from './contract.ts'
import type { CampaignFacts } from './decide.ts'
import { factsOf } from './facts.ts'
import { unknownCampaign } from './routes.ts'
import { type CampaignRow, campaignLedger, findCampaign } from './store.ts'

type TryOut = z.infer<typeof testSchema>

/** `POST /v1/campaigns/{campaignId}/test`: what a campaign would do, with no effect. */
export function tryOutRoute(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/campaigns/{campaignId}/test',
      summary: 'What the campaign would do for a user and an event, check by check, with no effect',
      access: { scope: 'campaigns:read' },
      params: campaignParams,
      body: testSchema,
      answers: { 200: testAnswerSchema },
      refusals: ['not_found'],
    },
    async ({ env, params, body }) => {
      const row = await findCampaign(env, params.campaignId)
      return row === undefined ? unknownCampaign(params.campaignId) : tryOut(env, row, body)
    },
  )
}

async function tryOut(env: Env, row: CampaignRow, body: TryOut): Promise<Reply | Refusal> {
  const { definition } = row
  const zone = (await readMeta(env)).settings.timezone
  const atMs = body.now === undefined ? now() : parseScheduleTime(body.now, zone, 'start')
  if (atMs === undefined) return invalid([{ path: 'now', message: 'must be an RFC 3339 time' }])
  const trigger = triggerStep(definition, body.event)
  if (!trigger.passed) return reply(200, { outcome: 'not_triggered', trace: [trigger] })
  const ledger = campaignLedger(env, row.id)
  const { purse } = await ledger.stats()
  const worked = await factsOf(env, row.id, definition, zone, row.startsMs ?? atMs, purse.prepared)
  if ('issues' in worked) {
    const trace = worked.issues.map(({ path, message }) => ({ check: path, passed: false, detail: message }))
    return reply(200, { outcome: 'refused', reason: 'reward_inactive', trace: [trigger, ...trace] })
  }
  const audience = await audienceSteps(env, definition, body, { nowMs: atMs, zone })
  const [whole, ...leaves] = audience
  const { facts } = worked
  const candidate = candidateOf(definition, body, atMs, whole?.passed === false)
  const { nothingLeft } = await stockOf(env, facts.prepared)
  const { reason, units, trace } = await ledger.explain(candidate, facts, nothingLeft, atMs, whole)
  const steps = [
    trigger,
    ...trace.flatMap((step) => (step.check === 'audience' ? [step, ...leaves] : [step])),
  ]
  if (reason !== undefined) return reply(200, { outcome: 'refused', reason, trace: steps })
  const value = units === null ? {} : { value: fromUnits(units, decimalsOf(facts.prepared)) }
  const waits = waitStep(facts, atMs)
  return reply(200, {
    outcome: waits === undefined ? 'granted' : 'waiting',
    trace: waits === undefined ? steps : [...steps, waits],
    reward: { ...rewardOf(definition), ...value },
  })
}

function candidateOf({ reward }: CampaignDefinition, body: TryOut, atMs: number, isOutside: boolean) {
  const scheme = schemeOf(reward)?.scheme
  const property = scheme !== undefined && 'of' in scheme ? body.event?.properties?.[scheme.of] : undefined
  return {
    trigger: `test ${atMs}`,
    userId: body.userId,
    eventId: null,
    property,
    chain: NO_CHAIN,
    atMs,
    order: 0,
    value: '',
    ...(isOutside ? { outsideAudience: true as const } : {}),
  }
}

/** Whether the user belongs to the audience, the event of the try-out included, and then leaf by leaf why. */
async function audienceSteps(
  env: Env,
  { audience, trigger }: CampaignDefinition,
  { userId, event }: TryOut,
  at: { nowMs: number; zone: string },
): Promise<TraceStep[]> {
  if (audience === undefined) return []
  const core = await audienceCore(env, audience)
  if (Array.isArray(core))
    return core.map(({ message }) => ({ check: 'audience', passed: false, detail: message }))
  const supposed =
    trigger === undefined
      ? []
      : [{ userId, name: trigger.event, atMs: at.nowMs, properties: event?.properties ?? {} }]
  const { passed, leaves } = await explainRule(usersDb(env, userId), core, at, userId, supposed)
  const belongs = passed ? 'belongs' : 'does not belong'
  return [
    { check: 'audience', passed, detail: `${userId} ${belongs} to the audience` },
    ...leaves.map(({ path, ...finding }) => ({ check: path, ...finding })),
  ]
}

/** For inaction: until when the user would wait, and for what. */
function waitStep({ inaction, zone }: CampaignFacts, atMs: number): TraceStep | undefined {
  if (inaction === undefined) return undefined
  const { event, within } = inaction.unless
  const due = formatInstant(addDuration(atMs, within, zone))
  return { check: 'unless', passed: true, detail: `granted at ${due}, unless ${event} happens before` }
}

/** What would be given, without what only a grant has, such as a code. */
function rewardOf({ reward }: CampaignDefinition) {
  switch (reward.type) {
    case 'points':
      return { type: reward.type, walletId: reward.walletId }
    case 'coupon':
      return { type: reward.type, couponId: reward.couponId }
    case 'voucher':
      return { type: reward.type, voucherListId: reward.voucherListId }
    case 'custom':
    case 'message':
      return { type: reward.type, endpointId: reward.endpointId }
  }
}

function triggerStep(
  definition: CampaignDefinition,
  event: { name?: string | undefined; properties?: Record<string, unknown> | undefined } | undefined,
): TraceStep {
  const { trigger } = definition
  const name = event?.name ?? trigger?.event
  if (trigger === undefined) return { check: 'trigger', passed: true, detail: 'no event is needed' }
  if (name !== trigger.event) {
    return {
      check: 'trigger',
      passed: false,
      detail: `the event is ${name}, the campaign waits for ${trigger.event}`,
    }
  }
  const properties = event?.properties ?? {}
  if (trigger.unless !== undefined && sharedValue(trigger, properties) === undefined) {
    const detail = `${name} has no ${trigger.same} to share with ${trigger.unless.event}`
    return { check: 'trigger', passed: false, detail }
  }
  const passed = matches(trigger.where ?? [], properties)
  const detail = passed
    ? `${name} meets the conditions`
    : `${name} does not meet the conditions of the trigger`
  return { check: 'trigger', passed, detail }
}
