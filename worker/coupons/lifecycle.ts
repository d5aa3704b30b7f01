/** The statuses of a coupon. */
export const couponStatuses = ['draft', 'scheduled', 'active', 'paused', 'ended', 'archived'] as const

/** The status of a coupon. */
export type CouponStatus = (typeof couponStatuses)[number]

/** What a person asks for, and what time does by itself (`start`, `finish`). */
export type CouponVerb = 'publish' | 'pause' | 'resume' | 'end' | 'archive' | 'start' | 'finish'

/** Where each verb leads from each status; what is not here is refused. `publish` waits for its start if it has one. */
export const couponLifecycle: Record<CouponStatus, Partial<Record<CouponVerb, CouponStatus>>> = {
  draft: { publish: 'scheduled', archive: 'archived' },
  scheduled: { start: 'active', finish: 'ended', end: 'ended' },
  active: { pause: 'paused', finish: 'ended', end: 'ended' },
  paused: { resume: 'active', finish: 'ended', end: 'ended' },
  ended: { archive: 'archived' },
  archived: {},
}
