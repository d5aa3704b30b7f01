import { describe, expect, test } from 'vitest'
import type { HoldingRow } from '../codes/holdings.ts'
import { couponDefinitionSchema } from '../coupons/contract.ts'
import type { CouponRow } from '../coupons/store.ts'
import { assembleCoupons, assembleVouchers } from './assemble.ts'

const NOW = Date.parse('2026-11-30T10:00:00Z')
const DAY = 86_400_000

function coupon(id: string, row: Partial<CouponRow> = {}, more: object = {}): CouponRow {
  const definition = couponDefinitionSchema.parse({
    name: id,
    audience: 'everyone',
    kind: 'single',
    code: id.toUpperCase(),
    effect: { on: 'order', benefit: { kind: 'fixed', amount: { INR: 100 } }, as: 'discount' },
    validity: { start: 'now', end: 'never' },
    ...more,
  })
  return {
    id,
    name: id,
    status: 'active',
    audience: 'everyone',
    definition,
    createdBy: 'key_1',
    createdMs: 0,
    updatedMs: 0,
    startsMs: NOW - DAY,
    endsMs: null,
    ...row,
  }
}
const holding = (id: string, row: Partial<HoldingRow> = {}): HoldingRow => ({
  id,
  kind: 'coupon',
  source_id: 'c',
  code: `OWN-${id}`,
  grant_id: null,
  campaign_id: null,
  redeemable_ms: NOW - DAY,
  expires_ms: null,
  at_ms: NOW - DAY,
  ...row,
})
const states = (shown: ReturnType<typeof assembleCoupons>) => shown.map((one) => `${one.code} ${one.state}`)

describe("everyone's coupons", () => {
  test.each<[Partial<CouponRow>, string | undefined]>([
    [{}, 'usable'],
    [{ startsMs: NOW }, 'usable'],
    [{ startsMs: NOW + 1, status: 'scheduled' }, 'locked'],
    [{ status: 'paused' }, 'locked'],
    [{ endsMs: NOW + 1 }, 'usable'],
    [{ endsMs: NOW }, 'expired'],
  ])('with %j are %s', (row, state) => {
    expect(assembleCoupons([coupon('a', row)], [], NOW)[0]?.state).toBe(state)
  })

  test('are left out when they are hidden or have no code that is shared', () => {
    const bulk = coupon('b', {}, { kind: 'bulk', code: undefined })
    expect(assembleCoupons([coupon('a', {}, { visible: false }), bulk], [], NOW)).toEqual([])
  })

  test('say what they give, and when', () => {
    const as = { cashback: 'wal_1', pointsPer: { INR: 100 } }
    const effect = { on: 'order', benefit: { kind: 'percentage', percent: 5 }, as }
    const row = coupon(
      'a',
      { startsMs: NOW + DAY, endsMs: NOW + 2 * DAY, status: 'scheduled' },
      { effect, terms: 't' },
    )
    expect(assembleCoupons([row], [], NOW)).toEqual([
      {
        couponId: 'a',
        code: 'A',
        name: 'a',
        description: null,
        terms: 't',
        benefit: { kind: 'percentage', percent: 5, as: 'cashback' },
        state: 'locked',
        availableFrom: '2026-12-01T10:00:00.000Z',
        expiresAt: '2026-12-02T10:00:00.000Z',
      },
    ])
  })
})

describe('codes that a user holds', () => {
  const held = (row: Partial<HoldingRow>, of: CouponRow = coupon('c')) =>
    assembleCoupons([], [{ holding: holding('h', row), coupon: of }], NOW)

  test.each<[Partial<HoldingRow>, string | undefined]>([
    [{}, 'usable'],
    [{ redeemable_ms: NOW + 1 }, 'locked'],
    [{ expires_ms: NOW + 1 }, 'usable'],
    [{ expires_ms: NOW }, 'expired'],
    [{ expires_ms: NOW - 30 * DAY }, 'expired'],
    [{ expires_ms: NOW - 30 * DAY - 1 }, undefined],
  ])('with %j are %s', (row, state) => {
    expect(held(row)[0]?.state).toBe(state)
  })

  test('follow their coupon', () => {
    expect(held({}, coupon('c', { status: 'paused' }))[0]?.state).toBe('locked')
    expect(held({}, coupon('c', { status: 'ended' }))[0]?.state).toBe('expired')
    expect(held({}, coupon('c', { status: 'archived' }))).toEqual([])
    expect(held({}, coupon('c', {}, { visible: false }))).toEqual([])
  })
})

test('usable ones lead, expired ones come last, and otherwise the order stays', () => {
  const everyone = [coupon('e1', { status: 'paused' }), coupon('e2')]
  const of = coupon('c')
  const held = [
    { holding: holding('1', { expires_ms: NOW }), coupon: of },
    { holding: holding('2', { redeemable_ms: NOW + 1 }), coupon: of },
    { holding: holding('3'), coupon: of },
  ]
  expect(states(assembleCoupons(everyone, held, NOW))).toEqual([
    'OWN-3 usable',
    'E2 usable',
    'OWN-2 locked',
    'E1 locked',
    'OWN-1 expired',
  ])
})

describe('vouchers that a user holds', () => {
  const list = { id: 'vls_1', name: 'Winter', description: null, partner: 'Puma' }
  const held = (id: string, expiresMs: number) => ({
    holding: holding(id, { kind: 'voucher', source_id: list.id, expires_ms: expiresMs }),
    list,
  })

  test('say what they are', () => {
    expect(assembleVouchers([held('h', NOW + DAY)], NOW)).toEqual([
      {
        voucherListId: 'vls_1',
        holdingId: 'h',
        code: 'OWN-h',
        name: 'Winter',
        description: null,
        partner: 'Puma',
        expiresAt: '2026-12-01T10:00:00.000Z',
        state: 'usable',
      },
    ])
  })

  test.each<[number, string | undefined]>([
    [NOW + 1, 'usable'],
    [NOW, 'expired'],
    [NOW - 30 * DAY, 'expired'],
    [NOW - 30 * DAY - 1, undefined],
  ])('that expire at %i are %s', (expiresMs, state) => {
    expect(assembleVouchers([held('h', expiresMs)], NOW)[0]?.state).toBe(state)
  })

  test('expired ones come last, and otherwise the order stays', () => {
    const rows = [held('1', NOW), held('2', NOW + DAY), held('3', NOW - DAY), held('4', NOW + 1)]
    expect(assembleVouchers(rows, NOW).map((one) => one.holdingId)).toEqual(['2', '4', '1', '3'])
  })
})
