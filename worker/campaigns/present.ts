import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import { byHome } from '../platform/databases.ts'
import { fromUnits } from '../platform/decimal.ts'
import type { Grant } from '../rewards/contract.ts'
import { presentGrant } from '../rewards/fulfil.ts'
import { stockOf } from '../rewards/kinds.ts'
import type { CampaignStats } from './contract.ts'
import type { LedgerStats } from './ledgerCalls.ts'
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
    failed: stats.failed,
    refused: stats.refused,
    remaining: {
      budget: budget === null ? null : fromUnits(Math.max(0, budget - stats.units), decimals),
      count: total === null ? null : Math.max(0, total - stats.granted),
      stock: prepared === null ? null : (await stockOf(env, prepared)).left,
    },
    ...(stats.run === undefined ? {} : { run: stats.run }),
  }
}

/**
 * Grants as the contract shows them, in the order given: as they were written for their users, in one query a
 * database. One that was decided a moment ago and is not written yet is shown as its ledger knows it.
 */
export async function presentGrants(env: Env, campaignId: string, grants: LedgerGrant[]): Promise<Grant[]> {
  const shown = new Map<string, Grant>()
  const parts = byHome(env, grants, (grant) => grant.userId)
  await Promise.all(
    parts.map(async ({ db, things }) => {
      const { results } = await db
        .prepare(
          'SELECT id, body FROM grants WHERE (user_id, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))',
        )
        .bind(JSON.stringify(things.map((grant) => [grant.userId, grant.id])))
        .all<{ id: string; body: string }>()
      for (const row of results) shown.set(row.id, JSON.parse(row.body) as Grant)
    }),
  )
  const unwritten = grants.filter((grant) => !shown.has(grant.id))
  if (unwritten.length > 0) {
    const known = await campaignLedger(env, campaignId).rewarded(unwritten.map((grant) => grant.trigger))
    for (const grant of known) shown.set(grant.id, { ...presentGrant(grant), status: 'granted' })
  }
  return grants.flatMap((grant) => shown.get(grant.id) ?? [])
}
