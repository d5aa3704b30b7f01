import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import { byHome } from '../platform/databases.ts'
import { fromUnits } from '../platform/decimal.ts'
import type { Grant } from '../rewards/contract.ts'
import { stockOf } from '../rewards/kinds.ts'
import type { CampaignStats } from './contract.ts'
import type { LedgerStats } from './ledger.ts'
import type { LedgerGrant } from './ledgerTables.ts'
import { type CampaignRow, campaignLedger } from './store.ts'

/** A campaign as the contract shows it, with the exact counts of its ledger. */
export async function presentCampaign(env: Env, row: CampaignRow) {
  const stats = await campaignLedger(env, row.id).stats()
  return {
    id: row.id,
    ...row.definition,
    status: stats.status,
    createdBy: row.createdBy,
    createdAt: formatInstant(row.createdMs),
    updatedAt: formatInstant(row.updatedMs),
    startsAt: row.startsMs === null ? null : formatInstant(row.startsMs),
    endsAt: row.endsMs === null ? null : formatInstant(row.endsMs),
    stats: await presentStats(env, row, stats),
  }
}

async function presentStats(env: Env, row: CampaignRow, stats: LedgerStats): Promise<CampaignStats> {
  const { limits } = row.definition
  const total = limits?.perCampaign?.total ?? null
  const { decimals, budget, prepared } = stats.purse
  return {
    granted: stats.granted,
    value: fromUnits(stats.units, decimals),
    users: stats.users,
    refused: stats.refused,
    remaining: {
      budget: budget === null ? null : fromUnits(Math.max(0, budget - stats.units), decimals),
      count: total === null ? null : Math.max(0, total - stats.granted),
      stock: prepared === null ? null : await stockOf(env, prepared),
    },
  }
}

/**
 * Grants as the contract shows them, in the order given: as they were written for their users, in one query a
 * database. One that was decided a moment ago and is not written yet is shown as such.
 */
export async function presentGrants(env: Env, campaignId: string, decimals: number, grants: LedgerGrant[]) {
  const written = new Map<string, Grant>()
  const parts = byHome(env, grants, (grant) => grant.userId).filter((part) => part.things.length > 0)
  await Promise.all(
    parts.map(async ({ db, things }) => {
      const { results } = await db
        .prepare('SELECT id, body FROM grants WHERE id IN (SELECT value FROM json_each(?1))')
        .bind(JSON.stringify(things.map((grant) => grant.id)))
        .all<{ id: string; body: string }>()
      for (const row of results) written.set(row.id, JSON.parse(row.body) as Grant)
    }),
  )
  return grants.map(
    (grant) =>
      written.get(grant.id) ?? {
        id: grant.id,
        campaignId,
        userId: grant.userId,
        eventId: grant.eventId,
        at: formatInstant(grant.atMs),
        ...(grant.units === null ? {} : { value: fromUnits(grant.units, decimals) }),
        status: 'granted' as const,
      },
  )
}
