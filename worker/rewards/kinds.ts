import type { Env } from '../env.ts'
import type { Issue } from '../platform/problem.ts'
import type { GrantReward, Reward, RewardType } from './contract.ts'
import { coupon } from './coupon.ts'
import {
  type DecidedGrant,
  fault,
  type GrantableKind,
  type NothingLeft,
  type Preparation,
  type Prepared,
  type RewardKind,
  type Stock,
} from './kind.ts'
import { points } from './points.ts'
import type { NoAward } from './schemes.ts'

/** A kind whose turn has not come: refused when a campaign is created. */
function announced<T extends RewardType>(name: string): RewardKind<T> {
  const refusal = [fault('type', `${name} are not available in this version; use points or coupon`)]
  return { faults: () => refusal, prepare: async () => ({ issues: refusal }) }
}

const kinds: { [T in RewardType]: RewardKind<T> } = {
  points,
  coupon,
  voucher: announced('vouchers'),
  custom: announced('custom rewards'),
  message: announced('messages'),
}

const grantable: { [T in Prepared['type']]: GrantableKind<T> } = { points, coupon }

const kindOf = (reward: Reward) => kinds[reward.type] as RewardKind<RewardType>
const grantableOf = (prepared: Prepared) => grantable[prepared.type] as GrantableKind<Prepared['type']>

/** What of a reward itself is refused when its campaign is created. */
export function rewardFaults(reward: Reward): Issue[] {
  return kindOf(reward).faults(reward)
}

/** Looks at everything a reward needs and makes it ready for its ledger. */
export function prepareReward(env: Env, reward: Reward, zone: string): Promise<Preparation> {
  return kindOf(reward).prepare(env, reward, zone)
}

/** What a reward awards, in units; null for one that has no amount. */
export function amountOf(prepared: Prepared, property: unknown): number | NoAward | null {
  return grantableOf(prepared).amount(prepared, property)
}

/** Gets hold of what each grant gives, in their order; asking again answers the same. */
export function acquire(
  env: Env,
  prepared: Prepared,
  grants: DecidedGrant[],
): (GrantReward | NothingLeft)[] | Promise<(GrantReward | NothingLeft)[]> {
  return grantableOf(prepared).acquire(env, prepared, grants)
}

/** The statements for the rows that rewards of one kind make in a user database. */
export const effectsOf = { points: points.effects, coupon: coupon.effects } satisfies {
  [T in Prepared['type']]: GrantableKind<T>['effects']
}

/** What there is left of a reward. */
export function stockOf(env: Env, prepared: Prepared): Promise<Stock> {
  return grantableOf(prepared).stock(env, prepared)
}

/** The decimals of a reward's amounts. */
export function decimalsOf(prepared: Prepared): number {
  return prepared.type === 'points' ? prepared.decimals : 0
}
