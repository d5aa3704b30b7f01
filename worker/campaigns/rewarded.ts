import type { Env } from '../env.ts'
import { faultPoint } from '../platform/faults.ts'
import type { GrantReward } from '../rewards/contract.ts'
import type { NothingLeft, RewardedGrant } from '../rewards/kind.ts'
import { acquire, decimalsOf } from '../rewards/kinds.ts'
import type { CampaignFacts } from './decide.ts'
import type { LedgerGrant } from './ledgerTables.ts'

/** What each grant gives, by its id: the reward, or why there is nothing to give. */
export type Rewards = Map<string, GrantReward | NothingLeft>

/** Gets hold of what grants give. Asking again answers the same. */
export async function rewardsFor(env: Env, facts: CampaignFacts, grants: LedgerGrant[]): Promise<Rewards> {
  if (grants.length === 0) return new Map()
  const given = await acquire(env, facts.prepared, grants)
  faultPoint('code taken')
  return new Map(grants.map((grant, index) => [grant.id, given[index] as GrantReward | NothingLeft]))
}

/** A grant with what it gave; undefined when there was nothing to give. */
export function rewardedOf(
  facts: CampaignFacts,
  grant: LedgerGrant,
  rewards: Rewards,
): RewardedGrant | undefined {
  const reward = rewards.get(grant.id)
  if (reward === undefined || typeof reward === 'string') return undefined
  const { id, userId, eventId, atMs, units, asked, chain } = grant
  const { campaignId, name, prepared } = facts
  const decimals = decimalsOf(prepared)
  return { id, userId, eventId, atMs, units, asked, chain, campaignId, campaignName: name, decimals, reward }
}

/** The grants for which there was nothing to give. */
export function emptyOf(grants: LedgerGrant[], rewards: Rewards): LedgerGrant[] {
  return grants.filter((grant) => typeof rewards.get(grant.id) === 'string')
}
