/** The statuses of a voucher list. */
export const voucherListStatuses = ['active', 'paused', 'expired', 'archived'] as const

/** The status of a voucher list. */
export type VoucherListStatus = (typeof voucherListStatuses)[number]

/** What a person asks for, and what time does by itself (`expire`). `extend`: its expiry was moved into the future. */
export type VoucherListVerb = 'pause' | 'resume' | 'archive' | 'expire' | 'extend'

/** Where each verb leads from each status; what is not here is refused. */
export const voucherListLifecycle: Record<
  VoucherListStatus,
  Partial<Record<VoucherListVerb, VoucherListStatus>>
> = {
  active: { pause: 'paused', expire: 'expired', archive: 'archived' },
  paused: { resume: 'active', expire: 'expired', archive: 'archived' },
  expired: { extend: 'active', archive: 'archived' },
  archived: {},
}
