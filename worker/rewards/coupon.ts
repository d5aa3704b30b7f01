import { type GrantedCode, holdCodesStatements } from '../codes/holdings.ts'
import { couponLedger, findCoupon } from '../coupons/store.ts'
import { addDuration, formatInstant, parseInstant } from '../platform/calendar.ts'
import { derivedId } from '../platform/ids.ts'
import { fault, type GrantableKind, type PreparedOf, type RewardKind } from './kind.ts'

/** A code of a coupon: the shared one of a single coupon, or one of its own from a bulk series. */
export const coupon: RewardKind<'coupon'> & GrantableKind<'coupon'> = {
  faults: () => [],

  prepare: async (env, reward, zone) => {
    const { couponId } = reward
    const row = await findCoupon(env, couponId)
    if (row === undefined) return { issues: [fault('couponId', `there is no coupon ${couponId}`)] }
    const { status, stock } = await couponLedger(env, couponId).stats()
    if (status !== 'active')
      return { issues: [fault('couponId', `the coupon is ${status}; it must be active`)] }
    if (stock !== null && stock.available === 0) {
      return { issues: [fault('couponId', 'the coupon has no codes left')] }
    }
    return { prepared: { type: 'coupon', reward, zone }, stock: stock?.available ?? null }
  },

  amount: () => null,

  acquire: async (env, prepared, grants) => {
    const { couponId } = prepared.reward
    const askings = grants.map((grant) => ({
      grantId: grant.id,
      userId: grant.userId,
      atMs: grant.atMs,
      redeemableMs: redeemableAt(prepared, grant.atMs),
    }))
    const taken = await couponLedger(env, couponId).take(askings)
    return grants.map((grant) => {
      const given = taken[grant.id]
      if (given === undefined) throw new Error('The coupon ledger must answer every grant')
      if (typeof given === 'string') return given
      return {
        reward: {
          type: 'coupon',
          couponId,
          holdingId: derivedId('hld', grant.id),
          code: given.code,
          redeemableFrom: formatInstant(given.redeemableMs),
          expiresAt: given.expiresMs === null ? null : formatInstant(given.expiresMs),
        },
      }
    })
  },

  effects: (db, grants) => {
    const rows: GrantedCode[] = grants.flatMap((grant) =>
      grant.reward.type !== 'coupon'
        ? []
        : [
            {
              holdingId: grant.reward.holdingId,
              userId: grant.userId,
              kind: 'coupon',
              sourceId: grant.reward.couponId,
              code: grant.reward.code,
              grantId: grant.id,
              campaignId: grant.campaignId,
              redeemableMs: parseInstant(grant.reward.redeemableFrom) ?? grant.atMs,
              expiresMs:
                grant.reward.expiresAt === null ? null : (parseInstant(grant.reward.expiresAt) ?? null),
              atMs: grant.atMs,
              details: null,
            },
          ],
    )
    return holdCodesStatements(db, rows)
  },

  stock: async (env, prepared) => {
    const { status, stock } = await couponLedger(env, prepared.reward.couponId).stats()
    const left = stock?.available ?? null
    if (status !== 'active') return { left, nothingLeft: 'reward_inactive' }
    return { left, nothingLeft: left === 0 ? 'out_of_stock' : undefined }
  },
}

function redeemableAt(prepared: PreparedOf<'coupon'>, atMs: number): number {
  const { redeemable } = prepared.reward
  return redeemable === 'immediate' ? atMs : addDuration(atMs, redeemable.after, prepared.zone)
}
