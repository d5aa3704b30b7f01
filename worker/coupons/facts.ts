import { addDuration } from '../platform/calendar.ts'
import type { Issue } from '../platform/problem.ts'
import { type Window, windowOf } from '../platform/schedule.ts'
import type { CouponDefinition } from './contract.ts'

/** What a ledger needs to know of its coupon, pushed to it when the coupon is published or edited. */
export interface CouponFacts extends Window {
  couponId: string
  kind: 'single' | 'bulk'
  /** The shared code of a single coupon. */
  code: string | null
  expiresAfter: string | null
  zone: string
}

/** Works out the facts of a coupon; issues when its validity cannot be read. */
export function factsOf(
  couponId: string,
  definition: CouponDefinition,
  accountZone: string,
  nowMs: number,
): CouponFacts | Issue[] {
  const { validity } = definition
  const zone = validity.timezone ?? accountZone
  const window = windowOf(validity, zone, nowMs, 'validity')
  if (Array.isArray(window)) return window
  return {
    couponId,
    kind: definition.kind,
    code: definition.code ?? null,
    expiresAfter: validity.expiresAfter ?? null,
    zone,
    ...window,
  }
}

/** When a code that becomes redeemable at `redeemableMs` expires; null for never. */
export function holdingExpiry(facts: CouponFacts, redeemableMs: number): number | null {
  const { expiresAfter, endsMs, zone } = facts
  if (expiresAfter === null) return endsMs
  const relative = addDuration(redeemableMs, expiresAfter, zone)
  return endsMs === null ? relative : Math.min(relative, endsMs)
}
