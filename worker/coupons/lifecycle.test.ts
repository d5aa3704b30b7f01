import { expect, test } from 'vitest'
import { type CouponVerb, couponLifecycle, couponStatuses } from './lifecycle.ts'

/** From, verb, to. What is not here is refused. */
const table = `
  draft     publish scheduled
  draft     archive archived
  scheduled start   active
  scheduled finish  ended
  scheduled end     ended
  active    pause   paused
  active    finish  ended
  active    end     ended
  paused    resume  active
  paused    finish  ended
  paused    end     ended
  ended     archive archived`
const rows = table
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/))
const verbs: CouponVerb[] = ['publish', 'pause', 'resume', 'end', 'archive', 'start', 'finish']

test.each(couponStatuses.flatMap((from) => verbs.map((verb) => [from, verb] as const)))(
  'a coupon that is %s, asked to %s',
  (from, verb) => {
    const row = rows.find(([start, asked]) => start === from && asked === verb)
    expect(couponLifecycle[from][verb]).toBe(row?.[2])
  },
)

test('every status can be reached, and every way ends in the archive', () => {
  const seen = new Set(['draft'])
  for (const status of seen) {
    const next = Object.values(couponLifecycle[status as keyof typeof couponLifecycle])
    for (const one of next) seen.add(one)
    if (next.length === 0) expect(status).toBe('archived')
  }
  expect([...seen].sort()).toEqual([...couponStatuses].sort())
})
