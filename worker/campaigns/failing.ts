import { type CampaignFacts, periodsAt, uncount } from './decide.ts'
import type { LedgerTables } from './ledgerTables.ts'
import { addToTally, emptyTally, judge, type LimitReason } from './limits.ts'

/** A grant as whoever delivers it knows it. */
export interface GrantRef {
  id: string
  userId: string
  /** The event that triggered it; null for one of a run. */
  eventId: string | null
}

/** By what a grant is known in its ledger. In a run a user is granted once, so the run itself is the trigger. */
export function triggerOf(userId: string, eventId: string | null): string {
  return `${userId}\n${eventId ?? 'run'}`
}

/**
 * Takes grants out of the count that could not be given after all, so that what they used of limits and budgets is
 * there for others. Told twice, it happens once. Must run inside one transaction.
 */
export function failGrants(tables: LedgerTables, facts: CampaignFacts, grants: GrantRef[]): void {
  const failed = tables.fail(
    grants.map(({ id, userId, eventId }) => ({ id, trigger: triggerOf(userId, eventId) })),
  )
  uncount(tables, facts.zone, failed)
}

/**
 * Counts a grant again that had failed, as granted now, with the very amount that it had. Answers the limit that leaves
 * no room for it, with nothing changed; undefined when it counts. Must run inside one transaction.
 */
export function reinstateGrant(
  tables: LedgerTables,
  facts: CampaignFacts,
  { id, userId, eventId }: GrantRef,
  nowMs: number,
): LimitReason | undefined {
  const grant = tables.failed({ id, trigger: triggerOf(userId, eventId) })
  if (grant === undefined) return undefined
  const { campaign, users } = tables.tallies([userId])
  const user = users.get(userId) ?? emptyTally()
  const periods = periodsAt(nowMs, facts.zone)
  // What is sent says how much it is, so all of it has to fit.
  const budget = { ...facts.limits.budget, policy: 'reject' as const }
  const limits = { ...facts.limits, budget }
  const verdict = judge({ limits, periods, user, campaign, award: grant.units, nothingLeft: undefined })
  if ('refused' in verdict) return verdict.refused
  const isNew = user.total === 0
  addToTally(user, periods, grant.units)
  addToTally(campaign, periods, grant.units)
  tables.reinstate(grant, nowMs)
  tables.saveTallies(campaign, new Map([[userId, user]]), isNew ? 1 : 0)
  tables.counts.count(nowMs, 1, grant.units ?? 0, new Map())
  return undefined
}
