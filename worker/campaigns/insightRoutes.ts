import { z } from '@hono/zod-openapi'
import { parseScheduleTime } from '../platform/calendar.ts'
import { now } from '../platform/clock.ts'
import { type App, operation, reply } from '../platform/http.ts'
import { decodeCursor, pageOf, pageQuery, toPage } from '../platform/paging.ts'
import { invalid } from '../platform/problem.ts'
import { readMeta } from '../platform/settings.ts'
import { grantSchema } from '../rewards/contract.ts'
import { bucketsOf } from './buckets.ts'
import { bucketQuery, bucketSchema, campaignParams } from './contract.ts'
import { presentGrants } from './present.ts'
import { previewPayloadRoute } from './previewPayload.ts'
import { unknownCampaign } from './routes.ts'
import { campaignLedger, findCampaign } from './store.ts'
import { tryOutRoute } from './tryOut.ts'

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

  tryOutRoute(app)
  previewPayloadRoute(app)
}
