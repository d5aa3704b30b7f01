import type { Env } from '../env.ts'
import type { Issue } from '../platform/problem.ts'
import type { GrantContexts } from './context.ts'
import type { GrantReward, RewardOf, RewardType } from './contract.ts'
import type { Chain } from './rewardEvents.ts'
import type { NoAward, SchemeInput } from './schemes.ts'

/** A reward made ready when its campaign is published: what is needed of other things is looked up once and kept. */
export type Prepared =
  | {
      type: 'points'
      reward: RewardOf<'points'>
      decimals: number
      rounding: 'up' | 'down'
      walletExpiry: 'never' | { after: string }
      zone: string
    }
  | { type: 'coupon'; reward: RewardOf<'coupon'>; zone: string }
  | { type: 'voucher'; reward: RewardOf<'voucher'>; zone: string }
  | {
      type: 'custom'
      reward: RewardOf<'custom'>
      /** The goods, for a reward that is an item of the catalogue. */
      item: { id: string; clientRewardId: string; name: string } | null
      zone: string
    }
  | { type: 'message'; reward: RewardOf<'message'>; zone: string }

/** A prepared reward of one kind. */
export type PreparedOf<T extends Prepared['type']> = Extract<Prepared, { type: T }>

/** A grant that has been decided, as the ledger knows it. Amounts are units of the purse's smallest part. */
export interface DecidedGrant {
  id: string
  userId: string
  eventId: string | null
  atMs: number
  units: number | null
  asked: number | null
}

/** The event that triggered a grant, as templates and metadata see it. */
export interface TriggeringEvent {
  name: string
  properties: Record<string, unknown>
}

/** What a reward event says of a reward beside what the grant says. */
export type Details = Record<string, string | number | null>

/** What a grant gives. */
export interface Given {
  reward: GrantReward
  details?: Details
}

/** A decided grant and what it gave. */
export interface RewardedGrant extends DecidedGrant, Given {
  /** What led to the event that triggered it. */
  chain: Chain
  campaignId: string
  campaignName: string
  decimals: number
  /** The reward as it was made ready, for kinds whose rows are made of it: see `context.ts`. */
  prepared?: Prepared
}

/** A grant whose rows are to be written. */
export interface GrantToWrite extends RewardedGrant {
  /** The event that triggered it, where whoever writes has it at hand; looked up otherwise. */
  event?: TriggeringEvent
}

/** How many are left to give (null where there is no end), and why there is nothing, if there is not. */
export interface Stock {
  left: number | null
  nothingLeft: NothingLeft | undefined
}

/** Why there is nothing to give. */
export type NothingLeft = 'out_of_stock' | 'reward_inactive'

/** What publishing found: the prepared reward, or what keeps it from being published. */
export type Preparation = { prepared: Prepared; stock: number | null } | { issues: Issue[] }

/** One kind of reward. A missing one does not compile, see the registry. */
export interface RewardKind<T extends RewardType> {
  /** What of the reward itself is refused when the campaign is created. */
  faults: (reward: RewardOf<T>) => Issue[]
  /** Looks at everything the reward needs. */
  prepare: (env: Env, reward: RewardOf<T>, zone: string) => Promise<Preparation>
}

/** What a kind that can be granted does with its grants. */
export interface GrantableKind<T extends Prepared['type']> {
  /** The award in units; null for a reward that has no amount. */
  amount: (prepared: PreparedOf<T>, input: SchemeInput) => number | NoAward | null
  /**
   * Gets hold of what each grant gives, in their order; asking again answers the same.
   *
   * @param standing the ids of grants that were given something before: they get it again, whatever has happened since
   */
  acquire: (
    env: Env,
    prepared: PreparedOf<T>,
    grants: DecidedGrant[],
    standing: ReadonlySet<string>,
  ) => Given[] | Promise<(Given | NothingLeft)[]>
  /** The rows of one user database that these grants make, keyed by the grants. */
  effects: (db: D1Database, grants: RewardedGrant[], contexts: GrantContexts) => D1PreparedStatement[]
  /** What there is left to give. */
  stock: (env: Env, prepared: PreparedOf<T>) => Promise<Stock>
}

/** The path that the messages of a reward's faults begin with. */
export function fault(path: string, message: string): Issue {
  return { path: path === '' ? 'reward' : `reward.${path}`, message }
}
