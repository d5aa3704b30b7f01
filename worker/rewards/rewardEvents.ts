import { fromUnits } from '../platform/decimal.ts'
import { derivedId } from '../platform/ids.ts'
import type { UserEvent } from '../users/event.ts'
import { voucherEvent } from '../vouchers/event.ts'
import type { GrantReward } from './contract.ts'
import type { RewardedGrant } from './kind.ts'

/** What led to an event: the campaigns that caused it, directly or through others, and in how many steps. */
export interface Chain {
  causes: string[]
  depth: number
}

/** The chain of an event that an app sent. */
export const NO_CHAIN: Chain = { causes: [], depth: 0 }

/** The chain of an event that Boon itself made of a call: no campaign caused it, and it is not recorded by the intake. */
export const chainOfBoon: Chain = { causes: [], depth: 1 }

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

/** Null for what is no event of the user. */
type EventMaker<R extends GrantReward> = (
  reward: R,
  grant: RewardedGrant,
) => Pick<UserEvent, 'name' | 'properties'> | null

const makers: { [T in GrantReward['type']]: EventMaker<Extract<GrantReward, { type: T }>> } = {
  points: (reward, grant) => ({
    name: 'CT Points Credited',
    properties: {
      ...ofGrant(grant),
      kind: 'credit',
      walletId: reward.walletId,
      points: fromUnits(grant.units ?? 0, grant.decimals),
      activatesAt: reward.activatesAt,
      expiresAt: reward.expiresAt,
    },
  }),
  coupon: (reward, grant) => ({
    name: 'CT Coupon Rewarded',
    properties: {
      ...ofGrant(grant),
      couponId: reward.couponId,
      couponCode: reward.code,
      redeemableFrom: reward.redeemableFrom,
      expiresAt: reward.expiresAt,
    },
  }),
  voucher: (reward, grant) =>
    voucherEvent({
      holdingId: reward.holdingId,
      userId: grant.userId,
      atMs: grant.atMs,
      campaignId: grant.campaignId,
      code: reward.code,
      voucherListId: reward.voucherListId,
      details: grant.details ?? {},
    }),
  custom: (reward, grant) => ({
    name: 'CT Custom Reward Issued',
    properties: {
      ...ofGrant(grant),
      deliveryId: reward.deliveryId,
      value: grant.units === null ? null : fromUnits(grant.units, grant.decimals),
      ...grant.details,
    },
  }),
  message: () => null,
}

function ofGrant({ campaignId, id }: RewardedGrant) {
  return { 'CT Source': 'Promo Module', campaignId, grantId: id }
}

/**
 * The event of the user that a grant is, keyed by the grant, so that making it twice makes it once; undefined for a
 * message, which is no event. The views in `userTables.ts` show the same to the letter.
 */
export function rewardEventOf(grant: RewardedGrant): UserEvent | undefined {
  const make = makers[grant.reward.type] as EventMaker<GrantReward>
  const made = make(grant.reward, grant)
  if (made === null) return undefined
  const { name, properties } = made
  return { id: derivedId('evt', grant.id), userId: grant.userId, name, atMs: grant.atMs, properties }
}
