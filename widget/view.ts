import type { TrayError } from './client.ts'
import type { GrantedDecision, Tray, TrayCoupon } from './types.ts'

/** All that the panel shows. Changed only by replacing it. */
export interface View {
  tray: Tray | undefined
  failure: TrayError | undefined
  /** Keys of the coupons, vouchers and wallets of the latest news. */
  fresh: ReadonlySet<string>
  open: boolean
  /** The code on the clipboard, for as long as its button says so. */
  copied: string | undefined
  /** What a screen reader is told. */
  said: string
}

/** Nothing known yet. */
export const blank: View = {
  tray: undefined,
  failure: undefined,
  fresh: new Set(),
  open: false,
  copied: undefined,
  said: '',
}

/** What tells one coupon of the list from another: the holding, since a user may hold the same coupon twice. */
export function couponKey(coupon: TrayCoupon): string {
  return coupon.holdingId ?? coupon.couponId
}

/**
 * The keys that are new between two readings: things not seen before and balances that grew. The first reading is
 * no news, however much is in it.
 */
export function whatIsNew(before: Tray | undefined, after: Tray): Set<string> {
  if (!before) return new Set()
  const known = new Set([...before.coupons.map(couponKey), ...before.vouchers.map((it) => it.holdingId)])
  const total = new Map(before.wallets.map((it) => [it.walletId, it.active + it.promised]))
  return new Set([
    ...after.coupons.map(couponKey).filter((key) => !known.has(key)),
    ...after.vouchers.map((it) => it.holdingId).filter((key) => !known.has(key)),
    ...after.wallets
      .filter((it) => it.active + it.promised > (total.get(it.walletId) ?? 0))
      .map((it) => it.walletId),
  ])
}

/** The same keys, read from what an event earned; needed when the tray had not been read before it. */
export function keysOfGrants(granted: readonly GrantedDecision[]): string[] {
  return granted.flatMap(({ grant: { reward } }) => {
    if (reward.type === 'points') return [reward.walletId]
    return reward.type === 'coupon' || reward.type === 'voucher' ? [reward.holdingId] : []
  })
}

/** The names behind the keys, in the order shown, for telling them aloud. */
export function namesOf(tray: Tray, keys: ReadonlySet<string>): string[] {
  return [
    ...tray.wallets.filter((it) => keys.has(it.walletId)),
    ...tray.coupons.filter((it) => keys.has(couponKey(it))),
    ...tray.vouchers.filter((it) => keys.has(it.holdingId)),
  ].map((it) => it.name)
}

/** How many things a user could use right now. */
export function usableCount(tray: Tray): number {
  return tray.coupons.filter((it) => it.state === 'usable').length + tray.vouchers.length
}
