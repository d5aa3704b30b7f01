import { beforeAll, describe, expect, test } from 'vitest'
import { campaign, clock, ok, send, setUp, wallet } from './boon.ts'
import { benefit, create, HOUR, trayOf, verb } from './couponParts.ts'

beforeAll(setUp)

describe('the tray and the holdings', () => {
  test('T6: an everyone coupon shows in the second it is published, hidden and campaign ones do not', async () => {
    const seen = await create({ code: 'SEEN', name: 'Seen', description: 'd', terms: 't' })
    const hidden = await create({ code: 'HIDDEN', visible: false })
    const held = await create({ code: 'HELD', audience: 'campaign' })
    for (const { id } of [seen, hidden, held]) await verb(id, 'publish')
    const { coupons } = await trayOf('t6')
    expect(coupons.find((one: { code: string }) => one.code === 'SEEN')).toEqual({
      couponId: seen.id,
      code: 'SEEN',
      name: 'Seen',
      description: 'd',
      terms: 't',
      benefit: { ...benefit, as: 'discount' },
      state: 'usable',
    })
    const codes = coupons.map((one: { code: string }) => one.code)
    expect(codes).not.toContain('HIDDEN')
    expect(codes).not.toContain('HELD')
    await verb(seen.id, 'pause')
    expect((await trayOf('t6')).coupons).toContainEqual(
      expect.objectContaining({ code: 'SEEN', state: 'locked' }),
    )
    await verb(seen.id, 'end')
    expect((await trayOf('t6')).coupons).not.toContainEqual(expect.objectContaining({ code: 'SEEN' }))
  })

  test('list what was granted, newest first, page by page; the coupon counts exactly', async () => {
    const purse = await wallet()
    const { id } = await create({
      code: 'GIVEN',
      audience: 'campaign',
      validity: { start: 'now', end: 'never', expiresAfter: 'P7D' },
    })
    await verb(id, 'publish')
    const reward = { type: 'coupon', couponId: id, redeemable: { after: 'PT48H' } }
    const { id: campaignId } = await campaign('Give', purse.id, { reward })
    for (let n = 0; n < 5; n++) {
      await send([
        { userId: 'holder', id: `g${n}`, name: 'Give' },
        { userId: `h${n}`, name: 'Give' },
      ])
      await clock('PT1S')
    }
    const first = await ok('GET', '/v1/users/holder/holdings?limit=3')
    const second = await ok('GET', `/v1/users/holder/holdings?limit=3&cursor=${first.nextCursor}`)
    const all = [...first.data, ...second.data]
    expect(all).toHaveLength(5)
    expect(second.nextCursor).toBeNull()
    const times = all.map((holding) => holding.at)
    expect(times).toEqual([...times].sort().reverse())
    for (const holding of all) {
      expect(holding).toMatchObject({ type: 'coupon', couponId: id, campaignId, code: 'GIVEN' })
      expect(Date.parse(holding.redeemableFrom) - Date.parse(holding.at)).toBe(48 * HOUR)
      expect(Date.parse(holding.expiresAt) - Date.parse(holding.redeemableFrom)).toBe(7 * 24 * HOUR)
    }
    expect((await ok('GET', `/v1/coupons/${id}`)).stats).toMatchObject({ distributed: 10, stock: null })
    const shown = (await trayOf('holder')).coupons.filter((one: { code: string }) => one.code === 'GIVEN')
    expect(shown).toHaveLength(5)
    expect(shown[0]).toMatchObject({ state: 'locked', holdingId: expect.stringMatching(/^hld_/) })
    await clock('P9DT1H')
    const later = (await trayOf('holder')).coupons.filter((one: { code: string }) => one.code === 'GIVEN')
    expect(later[0]).toMatchObject({ state: 'expired' })
  })
})
