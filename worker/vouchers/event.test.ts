import { expect, test } from 'vitest'
import { voucherDetails, voucherEvent } from './event.ts'

const list = {
  partner: 'Puma',
  tag: 'winter_sale_500',
  description: 'Winter Sale 2024 - ₹500 off on orders above ₹2000',
  expiresMs: Date.parse('2024-03-31T23:59:59.999Z'),
}
const given = {
  holdingId: 'hld_01hq0000000000000000000000',
  userId: 'u1',
  atMs: Date.parse('2024-02-19T15:20:00.999Z'),
  campaignId: 'cmp_1',
  code: 'PM500FF',
  voucherListId: 'vls_1',
}

test('the example of the partners, property by property', () => {
  expect(voucherEvent({ ...given, details: voucherDetails(list) })).toEqual({
    id: 'evt_01hq0000000000000000000000',
    userId: 'u1',
    name: 'CT Partner Voucher Rewarded',
    atMs: given.atMs,
    properties: {
      'CT Source': 'Promo Module',
      campaignId: 'cmp_1',
      eventTimestamp: 1_708_356_000,
      listDescription: 'Winter Sale 2024 - ₹500 off on orders above ₹2000',
      listExpiry: '2024-03-31T23:59:59Z',
      listTag: 'winter_sale_500',
      partner: 'Puma',
      source: 'Campaign',
      voucherCode: 'PM500FF',
      voucherListId: 'vls_1',
    },
  })
})

test('by API there is no campaign, and a list need not be described', () => {
  const details = voucherDetails({ ...list, description: null })
  const { properties } = voucherEvent({ ...given, campaignId: null, details })
  expect(properties).toMatchObject({ campaignId: null, source: 'API', listDescription: null })
})
