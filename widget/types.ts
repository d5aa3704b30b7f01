/** The answers that the tray reads, as the wire has them. Absent fields may also arrive as `null`. */

/** Amounts by currency, each an integer of that currency's minor unit. */
export type Money = Readonly<Record<string, number>>

/** What a coupon takes off, or gives back when `as` says cashback. */
export type Benefit = { as?: 'discount' | 'cashback' } & (
  | { kind: 'percentage'; percent: number; max?: Money | null }
  | { kind: 'fixed'; amount: Money }
)

export type CouponState = 'usable' | 'locked' | 'used' | 'expired'

export interface TrayCoupon {
  couponId: string
  /** Absent for a coupon that everyone has. */
  holdingId?: string | null
  code: string
  name: string
  description?: string | null
  terms?: string | null
  benefit: Benefit
  state: CouponState
  availableFrom?: string | null
  expiresAt?: string | null
  usesLeft?: number | null
  note?: string | null
}

export interface TrayVoucher {
  voucherListId: string
  holdingId: string
  code: string
  name: string
  description?: string | null
  expiresAt?: string | null
}

export interface TrayWallet {
  walletId: string
  name: string
  pointsName: string
  active: number
  promised: number
  expiringNext?: { points: number; at: string } | null
}

export interface Tray {
  /** `null` for a guest. */
  user: { id: string; name?: string | null } | null
  coupons: readonly TrayCoupon[]
  vouchers: readonly TrayVoucher[]
  wallets: readonly TrayWallet[]
}

/** Something the user did; with an `id`, sending it again changes nothing. */
export interface TrackedEvent {
  name: string
  properties?: Readonly<Record<string, unknown>>
  id?: string
}

export type GrantedReward =
  | { type: 'points'; walletId: string }
  | { type: 'coupon'; couponId: string; holdingId: string; code: string }
  | { type: 'voucher'; voucherListId: string; holdingId: string; code: string }
  | { type: 'custom' | 'message'; deliveryId: string }

export interface GrantedDecision {
  eventId: string
  campaignId: string
  outcome: 'granted'
  grant: { id: string; reward: GrantedReward; value?: number; replayed?: boolean }
}

export type Decision =
  | GrantedDecision
  | { eventId: string; campaignId: string; outcome: 'refused'; reason: string }
  | { eventId: string; campaignId: string; outcome: 'waiting'; due: string }

export interface EventsAnswer {
  accepted: number
  duplicates: number
  rejected: readonly { index: number; code: string; message: string }[]
  decisions: readonly Decision[]
}
