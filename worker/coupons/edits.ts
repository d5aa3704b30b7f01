import { type Change, changesBetween, isRaised } from '../platform/edit.ts'
import { type Refusal, refuse } from '../platform/problem.ts'
import type { CouponDefinition } from './contract.ts'
import type { CouponStatus } from './lifecycle.ts'

const texts = new Set(['name', 'description', 'terms', 'visible', 'lowStock', 'validity.end'])

/**
 * Whether a coupon in this status may be changed so. Draft and scheduled: everything. Active and paused: its texts,
 * its visibility, its end, and limits upwards. Afterwards: nothing.
 */
export function editRefusal(
  status: CouponStatus,
  before: CouponDefinition,
  after: CouponDefinition,
): Refusal | undefined {
  if (status === 'draft' || status === 'scheduled') return undefined
  const running = status === 'active' || status === 'paused'
  const refused = changesBetween(before, after).filter((change) => !(running && isFree(change)))
  if (refused.length === 0) return undefined
  return refuse(
    'not_editable',
    `While it is ${status}, this cannot change: ${refused.map((r) => r.path).join(', ')}.`,
    {
      issues: refused.map(({ path }) => ({ path, message: `cannot change while the coupon is ${status}` })),
    },
  )
}

function isFree(change: Change): boolean {
  return texts.has(change.path) || (change.path.startsWith('limits.') && isRaised(change))
}
