import { formatInstant } from '../platform/calendar.ts'
import type { CouponRow } from './store.ts'

/** What the ledger says of a coupon, for its answer. */
export interface CouponStats {
  distributed: number
  stock: { total: number; available: number } | null
}

/** A coupon as the contract shows it. */
export function presentCoupon(row: CouponRow, stats: CouponStats) {
  const { definition, status, createdBy, createdMs, updatedMs, startsMs, endsMs, id } = row
  return {
    id,
    ...definition,
    status,
    createdBy,
    createdAt: formatInstant(createdMs),
    updatedAt: formatInstant(updatedMs),
    startsAt: startsMs === null ? null : formatInstant(startsMs),
    endsAt: endsMs === null ? null : formatInstant(endsMs),
    stats: { distributed: stats.distributed, stock: stats.stock },
  }
}
