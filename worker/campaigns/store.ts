import { and, desc, eq, lt, ne, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Env } from '../env.ts'
import type { CampaignDefinition } from './contract.ts'
import type { CampaignLedger } from './ledger.ts'
import type { CampaignStatus } from './lifecycle.ts'
import { campaigns } from './tables.ts'

/** A campaign's row in the catalogue. */
export type CampaignRow = typeof campaigns.$inferSelect

/** What a list of campaigns may be narrowed to. */
export interface CampaignFilter {
  status?: CampaignStatus | undefined
  type?: CampaignRow['qualification'] | undefined
  reward?: string | undefined
  createdBy?: string | undefined
  q?: string | undefined
}

/** The ledger of a campaign. */
export function campaignLedger(env: Env, campaignId: string): DurableObjectStub<CampaignLedger> {
  return env.CAMPAIGN_LEDGER.get(env.CAMPAIGN_LEDGER.idFromName(campaignId))
}

/** A row for a new campaign. */
export function newRow(
  id: string,
  definition: CampaignDefinition,
  createdBy: string,
  nowMs: number,
): CampaignRow {
  return {
    id,
    name: definition.name,
    status: 'draft',
    qualification: definition.qualification,
    rewardType: definition.reward.type,
    definition,
    revision: 1,
    createdBy,
    createdMs: nowMs,
    updatedMs: nowMs,
    startsMs: null,
    endsMs: null,
  }
}

/** Writes down a new campaign. */
export async function createCampaign(env: Env, row: CampaignRow): Promise<void> {
  await drizzle(env.DB).insert(campaigns).values(row)
}

/** Changes the definition of a campaign, unless somebody else has changed it since `row` was read (false). */
export async function changeCampaign(
  env: Env,
  row: CampaignRow,
  definition: CampaignDefinition,
  nowMs: number,
): Promise<boolean> {
  const changed = await drizzle(env.DB)
    .update(campaigns)
    .set({
      definition,
      name: definition.name,
      qualification: definition.qualification,
      rewardType: definition.reward.type,
      revision: row.revision + 1,
      updatedMs: nowMs,
    })
    .where(and(eq(campaigns.id, row.id), eq(campaigns.revision, row.revision)))
    .returning({ id: campaigns.id })
  return changed.length === 1
}

/** Finds a campaign. */
export async function findCampaign(env: Env, id: string): Promise<CampaignRow | undefined> {
  const [row] = await drizzle(env.DB).select().from(campaigns).where(eq(campaigns.id, id))
  return row
}

/** Reads a page of campaigns, newest first; one row more than `limit`. Archived ones only when asked for. */
export async function listCampaigns(
  env: Env,
  filter: CampaignFilter,
  limit: number,
  afterId: string | undefined,
): Promise<CampaignRow[]> {
  const { status, type, reward, createdBy, q } = filter
  return drizzle(env.DB)
    .select()
    .from(campaigns)
    .where(
      and(
        status === undefined ? ne(campaigns.status, 'archived') : eq(campaigns.status, status),
        type === undefined ? undefined : eq(campaigns.qualification, type),
        reward === undefined ? undefined : eq(campaigns.rewardType, reward),
        createdBy === undefined ? undefined : eq(campaigns.createdBy, createdBy),
        q === undefined ? undefined : sql`instr(lower(${campaigns.name}), lower(${q})) > 0`,
        afterId === undefined ? undefined : lt(campaigns.id, afterId),
      ),
    )
    .orderBy(desc(campaigns.id))
    .limit(limit + 1)
}

/** The live campaigns that events must be looked at for: those that run and those that are paused. */
export async function liveCampaigns(env: Env): Promise<Pick<CampaignRow, 'id' | 'definition'>[]> {
  const { results } = await env.DB.prepare(
    `SELECT id, definition FROM campaigns WHERE status IN ('running', 'paused') AND qualification = 'live' ORDER BY id`,
  ).all<{ id: string; definition: string }>()
  return results.map((row) => ({ id: row.id, definition: JSON.parse(row.definition) as CampaignDefinition }))
}

/** The campaigns that may have something due: all that were published and are not over. */
export async function openCampaignIds(env: Env): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT id FROM campaigns WHERE status IN ('scheduled', 'running', 'paused')`,
  ).all<{ id: string }>()
  return results.map((row) => row.id)
}

/** The campaigns that may have users on their agenda: runs that are not over, and those that wait for inaction. */
export async function openAgendaIds(env: Env): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT id FROM campaigns WHERE status IN ('running', 'paused')
     AND (qualification <> 'live' OR definition -> '$.trigger.unless' IS NOT NULL)`,
  ).all<{ id: string }>()
  return results.map((row) => row.id)
}
