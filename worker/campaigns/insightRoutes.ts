import { z } from '@hono/zod-openapi'
import { parseScheduleTime } from '../platform/calendar.ts'
import { now } from '../platform/clock.ts'
import { fromUnits } from '../platform/decimal.ts'
import { type App, operation, reply } from '../platform/http.ts'
import { decodeCursor, pageOf, pageQuery, toPage } from '../platform/paging.ts'
import { invalid } from '../platform/problem.ts'
import { readMeta } from '../platform/settings.ts'
import { grantSchema } from '../rewards/contract.ts'
import { decimalsOf, stockOf } from '../rewards/kinds.ts'
import { NO_CHAIN } from '../rewards/rewardEvents.ts'
import { matches } from '../segments/condition.ts'
import { bucketsOf } from './buckets.ts'
import {
  bucketQuery,
  bucketSchema,
  type CampaignDefinition,
  campaignParams,
  type TraceStep,
  testAnswerSchema,
  testSchema,
} from './contract.ts'
import { factsOf } from './facts.ts'
import { presentGrants } from './present.ts'
import { unknownCampaign } from './routes.ts'
import { campaignLedger, findCampaign } from './store.ts'

const DAY_MS = 86_400_000
/** How far back stats go when no start is given. */
const DEFAULT_DAYS = { hour: 2, day: 30 }

/** What a campaign has done and would do: grants, stats over time, try-outs. */
export function campaignInsightRoutes(app: App): void {
  operation(
    app,
    {
      method: 'get',
      path: '/v1/campaigns/{campaignId}/grants',
      summary: 'The grants of a campaign, newest first',
      access: { scope: 'campaigns:read' },
      params: campaignParams,
      query: pageQuery,
      answers: { 200: pageOf(grantSchema) },
      refusals: ['not_found'],
    },
    async ({ env, params, query }) => {
      if ((await findCampaign(env, params.campaignId)) === undefined)
        return unknownCampaign(params.campaignId)
      const before = query.cursor === undefined ? undefined : Number(decodeCursor(query.cursor))
      if (before !== undefined && !Number.isSafeInteger(before)) {
        return invalid([{ path: 'cursor', message: 'was not made by this list' }])
      }
      const ledger = campaignLedger(env, params.campaignId)
      const rows = await ledger.listGrants(before, query.limit)
      const page = toPage(
        rows,
        query.limit,
        (row) => String(row.seq),
        (row) => row,
      )
      return reply(200, {
        ...page,
        data: await presentGrants(env, params.campaignId, page.data),
      })
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/campaigns/{campaignId}/stats',
      summary: 'What a campaign did over time, in the hours or days of its zone; quiet ones are left out',
      access: { scope: 'campaigns:read' },
      params: campaignParams,
      query: bucketQuery,
      answers: { 200: z.object({ buckets: z.array(bucketSchema) }) },
      refusals: ['not_found'],
    },
    async ({ env, params, query }) => {
      const row = await findCampaign(env, params.campaignId)
      if (row === undefined) return unknownCampaign(params.campaignId)
      const ledger = campaignLedger(env, row.id)
      const { purse } = await ledger.stats()
      // What was published keeps its zone, whatever the account's is now.
      const zone =
        row.definition.schedule.timezone ?? purse.prepared?.zone ?? (await readMeta(env)).settings.timezone
      const nowMs = now()
      const fromMs =
        query.from === undefined
          ? nowMs - DEFAULT_DAYS[query.bucket] * DAY_MS
          : parseScheduleTime(query.from, zone, 'start')
      const toMs = query.to === undefined ? nowMs + 1 : parseScheduleTime(query.to, zone, 'end')
      const form = 'must be a date or a time such as 2026-12-24T18:00:00Z'
      if (fromMs === undefined) return invalid([{ path: 'from', message: form }])
      if (toMs === undefined) return invalid([{ path: 'to', message: form }])
      const slots = await ledger.slots(fromMs, toMs)
      return reply(200, { buckets: bucketsOf(slots, query.bucket, zone, purse.decimals) })
    },
  )

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
      if (row === undefined) return unknownCampaign(params.campaignId)
      const { settings } = await readMeta(env)
      const atMs = body.now === undefined ? now() : parseScheduleTime(body.now, settings.timezone, 'start')
      if (atMs === undefined) return invalid([{ path: 'now', message: 'must be an RFC 3339 time' }])
      const trigger = triggerStep(row.definition, body.event)
      if (!trigger.passed) return reply(200, { outcome: 'not_triggered', trace: [trigger] })
      const ledger = campaignLedger(env, row.id)
      const { purse } = await ledger.stats()
      const startedMs = row.startsMs ?? atMs
      const worked = await factsOf(env, row.id, row.definition, settings.timezone, startedMs, purse.prepared)
      if ('issues' in worked) {
        const trace = worked.issues.map(({ path, message }) => ({
          check: path,
          passed: false,
          detail: message,
        }))
        return reply(200, { outcome: 'refused', reason: 'reward_inactive', trace: [trigger, ...trace] })
      }
      const { reward } = row.definition
      const property =
        reward.type === 'points' && 'of' in reward.scheme
          ? body.event?.properties?.[reward.scheme.of]
          : undefined
      const candidate = {
        trigger: `test ${atMs}`,
        userId: body.userId,
        eventId: null,
        property,
        chain: NO_CHAIN,
      }
      const { nothingLeft } = await stockOf(env, worked.facts.prepared)
      const { reason, units, trace } = await ledger.explain(candidate, worked.facts, nothingLeft, atMs)
      const steps = [trigger, ...trace]
      if (reason !== undefined) return reply(200, { outcome: 'refused', reason, trace: steps })
      const value = units === null ? {} : { value: fromUnits(units, decimalsOf(worked.facts.prepared)) }
      const named = reward.type === 'points' ? { walletId: reward.walletId } : { couponId: reward.couponId }
      return reply(200, {
        outcome: 'granted',
        trace: steps,
        reward: { type: reward.type, ...named, ...value },
      })
    },
  )
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
  const passed = matches(trigger.where ?? [], event?.properties ?? {})
  const detail = passed
    ? `${name} meets the conditions`
    : `${name} does not meet the conditions of the trigger`
  return { check: 'trigger', passed, detail }
}
