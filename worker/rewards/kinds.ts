import type { Env } from '../env.ts'
import type { Issue } from '../platform/problem.ts'
import type { GrantContexts } from './context.ts'
import type { Reward, RewardType, Scheme } from './contract.ts'
import { coupon } from './coupon.ts'
import { CREDITS, custom } from './custom.ts'
import type {
  DecidedGrant,
  Given,
  GrantableKind,
  NothingLeft,
  Preparation,
  Prepared,
  RewardedGrant,
  RewardKind,
  Stock,
} from './kind.ts'
import { message } from './message.ts'
import { points } from './points.ts'
import type { NoAward, SchemeInput } from './schemes.ts'
import { voucher } from './voucher.ts'

const kinds: { [T in RewardType]: RewardKind<T> & GrantableKind<T> } = {
  points,
  coupon,
  voucher,
  custom,
  message,
}

const kindOf = (reward: Reward) => kinds[reward.type] as RewardKind<RewardType>
const grantableOf = (prepared: Prepared) => kinds[prepared.type] as GrantableKind<RewardType>

/** What of a reward itself is refused when its campaign is created. */
export function rewardFaults(reward: Reward): Issue[] {
  return kindOf(reward).faults(reward)
}

/** Looks at everything a reward needs and makes it ready for its ledger. */
export function prepareReward(env: Env, reward: Reward, zone: string): Promise<Preparation> {
  return kindOf(reward).prepare(env, reward, zone)
}

/** What a reward awards, in units; null for one that has no amount. */
export function amountOf(prepared: Prepared, input: SchemeInput): number | NoAward | null {
  return grantableOf(prepared).amount(prepared, input)
}

/**
 * Gets hold of what each grant gives, in their order; asking again answers the same.
 *
 * @param standing the ids of grants that were given something before, and get it again whatever has happened since
 */
export function acquire(
  env: Env,
  prepared: Prepared,
  grants: DecidedGrant[],
  standing: ReadonlySet<string>,
): (Given | NothingLeft)[] | Promise<(Given | NothingLeft)[]> {
  return grantableOf(prepared).acquire(env, prepared, grants, standing)
}

/** The statements for the rows that grants of one kind make in their user database. */
export function effectsOf(
  type: RewardType,
  db: D1Database,
  grants: RewardedGrant[],
  contexts: GrantContexts,
): D1PreparedStatement[] {
  return kinds[type].effects(db, grants, contexts)
}

/** What there is left of a reward. */
export function stockOf(env: Env, prepared: Prepared): Promise<Stock> {
  return grantableOf(prepared).stock(env, prepared)
}

/** The decimals of a reward's amounts. */
export function decimalsOf(prepared: Prepared): number {
  if (prepared.type === 'points') return prepared.decimals
  return prepared.type === 'custom' && prepared.reward.credits !== undefined ? CREDITS.decimals : 0
}

/** The scheme of a reward and its path within it; undefined for a reward that has no amount. */
export function schemeOf(reward: Reward): { scheme: Scheme; path: string } | undefined {
  if (reward.type === 'points') return { scheme: reward.scheme, path: 'scheme' }
  if (reward.type !== 'custom' || reward.credits === undefined) return undefined
  return { scheme: reward.credits.scheme, path: 'credits.scheme' }
}

/** Whether the rows of a reward are made of more than the grant: of who the user is, and of the event. */
export function needsContext({ type, reward }: Prepared): boolean {
  return type === 'custom' || type === 'message' || (type === 'points' && reward.metadata !== undefined)
}
