import type { Env } from '../env.ts'
import { faultPoint } from '../platform/faults.ts'
import type { Given, NothingLeft, RewardedGrant } from '../rewards/kind.ts'
import { acquire, decimalsOf, needsContext } from '../rewards/kinds.ts'
import type { CampaignFacts } from './decide.ts'
import type { LedgerGrant } from './ledgerTables.ts'

/** What each grant gives, by its id: the reward, or why there is nothing to give. */
export type Rewards = Map<string, Given | NothingLeft>

/**
 * Gets hold of what grants give. Asking again answers the same.
 *
 * @param standing the ids of grants that were decided before: they are given it whatever has happened since
 */
export async function rewardsFor(
  env: Env,
  facts: CampaignFacts,
  grants: LedgerGrant[],
  standing: ReadonlySet<string>,
): Promise<Rewards> {
  if (grants.length === 0) return new Map()
  const given = await acquire(env, facts.prepared, grants, standing)
  faultPoint('code taken')
  return new Map(grants.map((grant, index) => [grant.id, given[index] as Given | NothingLeft]))
}

/** The ids of grants, as those that stand. */
export function idsOf(grants: LedgerGrant[]): ReadonlySet<string> {
  return new Set(grants.map((grant) => grant.id))
}

/** A grant with what it gave; undefined when there was nothing to give. */
export function rewardedOf(
  facts: CampaignFacts,
  grant: LedgerGrant,
  rewards: Rewards,
): RewardedGrant | undefined {
  const given = rewards.get(grant.id)
  if (given === undefined || typeof given === 'string') return undefined
  const { id, userId, eventId, atMs, units, asked, chain } = grant
  const { campaignId, name, prepared } = facts
  const decimals = decimalsOf(prepared)
  const rewarded = {
    id,
    userId,
    eventId,
    atMs,
    units,
    asked,
    chain,
    campaignId,
    campaignName: name,
    decimals,
    ...given,
  }
  return needsContext(prepared) ? { ...rewarded, prepared } : rewarded
}

/** The grants for which there was nothing to give. */
export function emptyOf(grants: LedgerGrant[], rewards: Rewards): LedgerGrant[] {
  return grants.filter((grant) => typeof rewards.get(grant.id) === 'string')
}
