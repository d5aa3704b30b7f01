import { describe, expect, it } from 'vitest'
import type { Tray, TrayCoupon, TrayWallet } from './types.ts'
import { keysOfGrants, namesOf, usableCount, whatIsNew } from './view.ts'

const coupon = (holdingId: string | null, state: TrayCoupon['state'] = 'usable'): TrayCoupon => ({
  couponId: 'cpn_1',
  holdingId,
  code: 'CODE',
  name: `Coupon ${holdingId}`,
  benefit: { kind: 'percentage', percent: 10 },
  state,
})
const wallet = (active: number, promised = 0): TrayWallet => ({
  walletId: 'wal_1',
  name: 'Points',
  pointsName: 'points',
  active,
  promised,
})
const tray = (coupons: TrayCoupon[], wallets: TrayWallet[] = []): Tray => ({
  user: { id: 'u1' },
  coupons,
  vouchers: [],
  wallets,
})

describe('what is new', () => {
  it('is nothing on the first reading', () => {
    expect(whatIsNew(undefined, tray([coupon('hld_1')]))).toEqual(new Set())
  })

  it('is a second holding of a coupon already held', () => {
    const news = whatIsNew(tray([coupon('hld_1')]), tray([coupon('hld_2'), coupon('hld_1')]))
    expect(news).toEqual(new Set(['hld_2']))
  })

  it.each([
    [[], [wallet(50)], true],
    [[wallet(50)], [wallet(50, 10)], true],
    [[wallet(50, 10)], [wallet(60)], false],
    [[wallet(50)], [wallet(20)], false],
  ])('counts a balance that grew, not one that moved or fell (%#)', (before, after, isNew) => {
    expect(whatIsNew(tray([], before), tray([], after)).has('wal_1')).toBe(isNew)
  })

  it('has the same keys in the grants of an event', () => {
    const decision = { eventId: 'e', campaignId: 'cmp_1', outcome: 'granted' as const }
    const keys = keysOfGrants([
      { ...decision, grant: { id: 'grt_1', reward: { type: 'points', walletId: 'wal_1' }, value: 50 } },
      {
        ...decision,
        grant: {
          id: 'grt_2',
          reward: { type: 'coupon', couponId: 'cpn_1', holdingId: 'hld_1', code: 'CODE' },
        },
      },
    ])
    expect(namesOf(tray([coupon('hld_1')], [wallet(50)]), new Set(keys))).toEqual(['Points', 'Coupon hld_1'])
  })
})

it('counts only what can be used now', () => {
  expect(usableCount(tray([coupon(null), coupon('a', 'locked'), coupon('b', 'used')]))).toBe(1)
})
