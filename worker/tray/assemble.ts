import type { HoldingRow } from '../codes/holdings.ts'
import type { CouponRow } from '../coupons/store.ts'
import { formatInstant } from '../platform/calendar.ts'
import type { TrayCoupon, TrayVoucher } from './contract.ts'

/** How long a code stays to be seen after it has expired. */
const SHOW_EXPIRED_MS = 30 * 86_400_000

const places: Record<TrayCoupon['state'], number> = { usable: 0, locked: 1, used: 2, expired: 3 }

/**
 * The coupons that a user sees: the codes they hold, newest first, then those that are everyone's. Usable ones lead,
 * expired ones come last and leave after a month.
 */
export function assembleCoupons(
  everyone: CouponRow[],
  held: { holding: HoldingRow; coupon: CouponRow }[],
  nowMs: number,
): TrayCoupon[] {
  const shown: TrayCoupon[] = []
  for (const { holding, coupon } of held) {
    if (!coupon.definition.visible || coupon.status === 'archived') continue
    const { redeemable_ms: opensMs, expires_ms: expiresMs } = holding
    if (expiresMs !== null && expiresMs < nowMs - SHOW_EXPIRED_MS) continue
    const state = stateOf(coupon, opensMs, expiresMs, nowMs)
    shown.push({
      ...described(coupon, holding.code, state),
      holdingId: holding.id,
      ...dates(opensMs, expiresMs, nowMs),
    })
  }
  for (const coupon of everyone) {
    const { code, visible } = coupon.definition
    if (!visible || code === undefined) continue
    shown.push({
      ...described(coupon, code, stateOf(coupon, coupon.startsMs ?? 0, coupon.endsMs, nowMs)),
      ...dates(coupon.startsMs ?? 0, coupon.endsMs, nowMs),
    })
  }
  return shown.sort((one, other) => places[one.state] - places[other.state])
}

/** What the catalogue says of a voucher list, for the tray. */
export interface VoucherListShown {
  id: string
  name: string
  description: string | null
  /** The name of the partner. */
  partner: string
}

/**
 * The vouchers that a user holds, newest first. Whatever has become of their list, a code stays good until it expires;
 * expired ones come last and leave after a month.
 */
export function assembleVouchers(
  held: { holding: HoldingRow; list: VoucherListShown }[],
  nowMs: number,
): TrayVoucher[] {
  const shown = held.flatMap(({ holding, list }): TrayVoucher[] => {
    const { expires_ms: expiresMs } = holding
    if (expiresMs === null || expiresMs < nowMs - SHOW_EXPIRED_MS) return []
    const { name, description, partner } = list
    return [
      {
        voucherListId: list.id,
        holdingId: holding.id,
        code: holding.code,
        name,
        description,
        partner,
        expiresAt: formatInstant(expiresMs),
        state: expiresMs <= nowMs ? 'expired' : 'usable',
      },
    ]
  })
  return shown.sort((one, other) => places[one.state] - places[other.state])
}

function stateOf(
  coupon: CouponRow,
  opensMs: number,
  expiresMs: number | null,
  nowMs: number,
): TrayCoupon['state'] {
  if (coupon.status === 'ended' || (expiresMs !== null && expiresMs <= nowMs)) return 'expired'
  return coupon.status === 'active' && opensMs <= nowMs ? 'usable' : 'locked'
}

function described(coupon: CouponRow, code: string, state: TrayCoupon['state']): TrayCoupon {
  const { name, description = null, terms = null, effect } = coupon.definition
  const as = effect.as === 'discount' ? 'discount' : 'cashback'
  return { couponId: coupon.id, code, name, description, terms, benefit: { ...effect.benefit, as }, state }
}

function dates(
  opensMs: number,
  expiresMs: number | null,
  nowMs: number,
): Pick<TrayCoupon, 'availableFrom' | 'expiresAt'> {
  return {
    ...(opensMs > nowMs ? { availableFrom: formatInstant(opensMs) } : {}),
    ...(expiresMs === null ? {} : { expiresAt: formatInstant(expiresMs) }),
  }
}
