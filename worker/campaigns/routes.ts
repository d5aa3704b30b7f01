import { z } from '@hono/zod-openapi'
import type { Env } from '../env.ts'
import { now } from '../platform/clock.ts'
import { mergePatch } from '../platform/edit.ts'
import { type App, issuesOf, operation, reply } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { decodeCursor, pageOf, toPage } from '../platform/paging.ts'
import { type Issue, invalid, type Refusal, refuse } from '../platform/problem.ts'
import { readMeta } from '../platform/settings.ts'
import { estimate } from '../segments/audience.ts'
import type { At } from '../segments/windows.ts'
import { audienceCore } from './audience.ts'
import {
  type CampaignDefinition,
  campaignDefinitionSchema,
  campaignListQuery,
  campaignParams,
  campaignPatchSchema,
  campaignSchema,
  warningSchema,
} from './contract.ts'
import { editRefusal } from './edits.ts'
import { campaignWindow, factsOf, passedFaults } from './facts.ts'
import { presentCampaign } from './present.ts'
import {
  type CampaignRow,
  campaignLedger,
  changeCampaign,
  createCampaign,
  findCampaign,
  listCampaigns,
  newRow,
} from './store.ts'
import { warningsOf } from './warnings.ts'

/** The refusal for a campaign that is not there. */
export const unknownCampaign = (id: string) => refuse('not_found', `There is no campaign ${id}.`)

const wrongStatus = (verb: string, status: string) =>
  refuse('wrong_status', `A campaign that is ${status} cannot be asked to ${verb}.`)

const changedMeanwhile = () =>
  refuse('not_editable', 'Somebody else changed the campaign at the same moment; read it again.')

/** `/v1/campaigns`: definition and lifecycle. */
export function campaignRoutes(app: App): void {
  definitions(app)
  changes(app)
  verbs(app)
}

function definitions(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/campaigns',
      summary: 'Create a campaign as a draft',
      access: { scope: 'campaigns:write' },
      body: campaignDefinitionSchema,
      answers: { 201: campaignSchema },
    },
    async ({ env, body, principal }) => {
      const nowMs = now()
      const fault = await definitionFault(env, body, nowMs)
      if (fault !== undefined) return fault
      const row = newRow(newId('cmp', nowMs), body, principal.keyId, nowMs)
      await createCampaign(env, row)
      return reply(201, await presentCampaign(env, row))
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/campaigns',
      summary: 'List campaigns, newest first; archived ones only when asked for',
      access: { scope: 'campaigns:read' },
      query: campaignListQuery,
      answers: { 200: pageOf(campaignSchema) },
    },
    async ({ env, query: { limit, cursor, ...filter } }) => {
      const rows = await listCampaigns(
        env,
        filter,
        limit,
        cursor === undefined ? undefined : decodeCursor(cursor),
      )
      const page = toPage(
        rows,
        limit,
        (row) => row.id,
        (row) => presentCampaign(env, row),
      )
      return reply(200, { ...page, data: await Promise.all(page.data) })
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/campaigns/{campaignId}',
      summary: 'One campaign with its exact counts',
      access: { scope: 'campaigns:read' },
      params: campaignParams,
      answers: { 200: campaignSchema },
      refusals: ['not_found'],
    },
    async ({ env, params }) => {
      const row = await findCampaign(env, params.campaignId)
      return row === undefined
        ? unknownCampaign(params.campaignId)
        : reply(200, await presentCampaign(env, row))
    },
  )
}

function changes(app: App): void {
  operation(
    app,
    {
      method: 'patch',
      path: '/v1/campaigns/{campaignId}',
      summary: 'Change a campaign: what is named replaces, null removes',
      access: { scope: 'campaigns:write' },
      params: campaignParams,
      body: campaignPatchSchema,
      answers: { 200: campaignSchema },
      refusals: ['not_found', 'not_editable', 'not_publishable'],
    },
    async ({ env, params, body }) => {
      const row = await findCampaign(env, params.campaignId)
      if (row === undefined) return unknownCampaign(params.campaignId)
      const merged = campaignDefinitionSchema.safeParse(
        mergePatch(row.definition, body, ['trigger', 'audience', 'reward']),
      )
      if (!merged.success) return invalid(issuesOf(merged.error))
      const refusal = await change(env, row, merged.data, now())
      return refusal ?? reply(200, await presentCampaign(env, (await findCampaign(env, row.id)) ?? row))
    },
  )

  operation(
    app,
    {
      method: 'post',
      path: '/v1/campaigns/{campaignId}/clone',
      summary: 'Make a draft like this campaign, whatever its status',
      access: { scope: 'campaigns:write' },
      params: campaignParams,
      answers: { 201: campaignSchema },
      refusals: ['not_found'],
    },
    async ({ env, params, principal }) => {
      const row = await findCampaign(env, params.campaignId)
      if (row === undefined) return unknownCampaign(params.campaignId)
      const nowMs = now()
      const name = `Copy of ${row.name}`.slice(0, 200)
      const copy = newRow(newId('cmp', nowMs), { ...row.definition, name }, principal.keyId, nowMs)
      await createCampaign(env, copy)
      return reply(201, await presentCampaign(env, copy))
    },
  )
}

function verbs(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/campaigns/{campaignId}/publish',
      summary: 'Publish a campaign: it runs at once, or from its start',
      access: { scope: 'campaigns:write' },
      params: campaignParams,
      answers: { 200: z.object({ campaign: campaignSchema, warnings: z.array(warningSchema) }) },
      refusals: ['not_found', 'wrong_status', 'not_publishable'],
    },
    async ({ env, params }) => {
      const row = await findCampaign(env, params.campaignId)
      if (row === undefined) return unknownCampaign(params.campaignId)
      const ledger = campaignLedger(env, row.id)
      const { status } = await ledger.stats()
      if (status !== 'draft') return wrongStatus('publish', status)
      const nowMs = now()
      const { settings } = await readMeta(env)
      const worked = await factsOf(env, row.id, row.definition, settings.timezone, nowMs)
      if ('issues' in worked) return notPublishable(worked.issues)
      const passed = passedFaults(row.definition, worked.facts, nowMs)
      if (passed.length > 0) return notPublishable(passed)
      const reach = await reachOf(env, row.definition, { nowMs, zone: settings.timezone })
      if (Array.isArray(reach)) return notPublishable(reach)
      // The revision moves first, so that an edit which was made on the draft at the same moment is refused.
      if (!(await changeCampaign(env, row, row.definition, nowMs))) return changedMeanwhile()
      const version = {
        facts: worked.facts,
        definition: row.definition,
        revision: row.revision + 1,
        seen: status,
      }
      if ((await ledger.define(version, 'publish')) === 'overtaken')
        return wrongStatus('publish', 'published')
      const campaign = await presentCampaign(env, (await findCampaign(env, row.id)) ?? row)
      return reply(200, { campaign, warnings: warningsOf(row.definition, worked.stock, reach) })
    },
  )

  for (const verb of ['pause', 'resume', 'stop', 'archive'] as const) {
    operation(
      app,
      {
        method: 'post',
        path: `/v1/campaigns/{campaignId}/${verb}`,
        summary: `${verb[0]?.toUpperCase()}${verb.slice(1)} a campaign; it holds at once`,
        access: { scope: 'campaigns:write' },
        params: campaignParams,
        answers: { 200: campaignSchema },
        refusals: ['not_found', 'wrong_status'],
      },
      async ({ env, params }) => {
        const row = await findCampaign(env, params.campaignId)
        if (row === undefined) return unknownCampaign(params.campaignId)
        const status = await campaignLedger(env, row.id).apply(row.id, verb)
        if (status === 'wrong_status') return wrongStatus(verb, row.status)
        return reply(200, await presentCampaign(env, row))
      },
    )
  }
}

/** How many users a past or list campaign would reach now; null for a live one, whose audience comes by itself. */
async function reachOf(env: Env, definition: CampaignDefinition, at: At): Promise<number | null | Issue[]> {
  if (definition.audience === undefined) return null
  const core = await audienceCore(env, definition.audience)
  if (Array.isArray(core)) return core
  return definition.qualification === 'live' ? null : (await estimate(env, core, at)).users
}

/** Writes a changed definition: into the catalogue and, once the campaign is published, into its ledger. */
async function change(
  env: Env,
  row: CampaignRow,
  definition: CampaignDefinition,
  nowMs: number,
): Promise<Refusal | undefined> {
  const fault = await definitionFault(env, definition, nowMs)
  if (fault !== undefined) return fault
  const ledger = campaignLedger(env, row.id)
  const { status, purse } = await ledger.stats()
  const refusal = editRefusal(status, row.definition, definition)
  if (refusal !== undefined) return refusal
  if (status === 'draft')
    return (await changeCampaign(env, row, definition, nowMs)) ? undefined : changedMeanwhile()
  const { settings } = await readMeta(env)
  const waits = status === 'scheduled'
  // "now" was the moment of publishing, which an edit of what has started does not move; nor does it need anew what
  // its reward was made of.
  const startMs = waits ? nowMs : (row.startsMs ?? nowMs)
  const kept = waits ? null : purse.prepared
  const worked = await factsOf(env, row.id, definition, settings.timezone, startMs, kept)
  if ('issues' in worked) return notPublishable(worked.issues)
  if (!waits && worked.facts.endsMs !== null && worked.facts.endsMs <= nowMs) {
    return notPublishable([{ path: 'schedule.end', message: 'is in the past; use stop' }])
  }
  const passed = waits ? passedFaults(definition, worked.facts, nowMs) : []
  if (passed.length > 0) return notPublishable(passed)
  const version = { facts: worked.facts, definition, revision: row.revision + 1, seen: status }
  return (await ledger.define(version, 'edit')) === 'overtaken' ? changedMeanwhile() : undefined
}

/** What of a definition cannot be seen from itself: its times, read in the account's zone, and what its audience names. */
async function definitionFault(
  env: Env,
  definition: CampaignDefinition,
  nowMs: number,
): Promise<Refusal | undefined> {
  const { settings } = await readMeta(env)
  const window = campaignWindow(definition, settings.timezone, nowMs)
  if (Array.isArray(window)) return invalid(window)
  if (definition.audience === undefined) return undefined
  const core = await audienceCore(env, definition.audience)
  return Array.isArray(core) ? invalid(core) : undefined
}

function notPublishable(issues: { path: string; message: string }[]): Refusal {
  return refuse('not_publishable', `${issues[0]?.path}: ${issues[0]?.message}`, { issues })
}
