import { fromUnits } from '../platform/decimal.ts'
import { derivedId } from '../platform/ids.ts'
import type { UserEvent } from '../users/event.ts'
import type { GrantReward } from './contract.ts'
import type { RewardedGrant } from './kind.ts'

/** What led to an event: the campaigns that caused it, directly or through others, and in how many steps. */
export interface Chain {
  causes: string[]
  depth: number
}

/** The chain of an event that an app sent. */
export const NO_CHAIN: Chain = { causes: [], depth: 0 }

/** After so many steps a reward event is stored, but triggers nothing any more. */
const LONGEST_CHAIN = 3

/** The chain of the reward event that a grant makes. */
export function chainAfter(grant: RewardedGrant): Chain {
  const { causes, depth } = grant.chain
  return { causes: [...causes, grant.campaignId], depth: depth + 1 }
}

/** Whether a reward event at this place of a chain may trigger campaigns. */
export function mayTrigger(chain: Chain): boolean {
  return chain.depth <= LONGEST_CHAIN
}

type EventMaker<R extends GrantReward> = (
  reward: R,
  grant: RewardedGrant,
) => Pick<UserEvent, 'name' | 'properties'>

const makers: { [T in GrantReward['type']]: EventMaker<Extract<GrantReward, { type: T }>> } = {
  points: (reward, grant) => ({
    name: 'CT Points Credited',
    properties: {
      walletId: reward.walletId,
      points: fromUnits(grant.units ?? 0, grant.decimals),
      activatesAt: reward.activatesAt,
      expiresAt: reward.expiresAt,
    },
  }),
  coupon: (reward) => ({
    name: 'CT Coupon Rewarded',
    properties: {
      couponId: reward.couponId,
      couponCode: reward.code,
      redeemableFrom: reward.redeemableFrom,
      expiresAt: reward.expiresAt,
    },
  }),
}

/** The event of the user that a grant is, keyed by the grant, so that making it twice makes it once. */
export function rewardEventOf(grant: RewardedGrant): UserEvent {
  const make = makers[grant.reward.type] as EventMaker<GrantReward>
  const { name, properties } = make(grant.reward, grant)
  return {
    id: derivedId('evt', grant.id),
    userId: grant.userId,
    name,
    atMs: grant.atMs,
    properties: {
      'CT Source': 'Promo Module',
      campaignId: grant.campaignId,
      grantId: grant.id,
      ...properties,
    },
  }
}
