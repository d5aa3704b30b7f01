import { describe, expect, test } from 'vitest'
import type { GrantContext } from './context.ts'
import { type Metadata, systemKeys } from './contract.ts'
import { resolveMetadata } from './metadata.ts'

const grant = { id: 'grt_1', atMs: 0, campaignId: 'cmp_1', campaignName: 'Cart rescue', units: null }
const properties = {
  orderId: 'O-7',
  saleAmount: 499.5,
  saleChannel: 'web',
  locationId: { city: 'Pune' },
  campaignId: 'of the event',
  eventName: 'of the event',
  nothing: null,
}
const context: GrantContext = {
  user: { id: 'u1', email: null, phone: null, name: 'Asha', timezone: null, language: null, properties: {} },
  event: { name: 'Charged', properties },
}
const resolved = (rows: Metadata | undefined, given = context) => resolveMetadata(rows, given, grant)

describe('the metadata', () => {
  test.each<[string, Metadata | undefined, Record<string, unknown>]>([
    ['of no rows', undefined, {}],
    ['of an empty list', [], {}],
    [
      'of the product',
      [{ system: 'orderId' }, { key: 'promoType', value: 'festival' }],
      { orderId: 'O-7', promoType: 'festival' },
    ],
    [
      'of every system key',
      systemKeys.map((system) => ({ system })),
      { ...properties, nothing: undefined, campaignId: 'cmp_1', eventName: 'Charged' },
    ],
    ['under keys of its own', [{ system: 'saleAmount', key: 'amount' }], { amount: 499.5 }],
    [
      'with Liquid',
      [{ key: 'who', value: '{{ user.name }} for {{ event.saleAmount }}' }],
      { who: 'Asha for 499.5' },
    ],
    [
      'with nothing in it',
      [
        { key: 'empty', value: '' },
        { key: 'unknown', value: '{{ event.no }}' },
      ],
      { empty: '', unknown: '' },
    ],
    ['of the campaign', [{ key: 'c', value: '{{ campaign.name }}' }], { c: 'Cart rescue' }],
  ])('%s', (_, rows, values) => {
    expect(resolved(rows)).toEqual({ values })
  })

  test('leaves out what the event does not have', () => {
    const rows = systemKeys.map((system) => ({ system }))
    expect(resolved(rows, { ...context, event: undefined })).toEqual({ values: { campaignId: 'cmp_1' } })
    const event = { name: 'Charged', properties: { orderId: null, saleAmount: 0, saleChannel: '' } }
    expect(resolved(rows, { ...context, event }).values).toEqual({
      saleAmount: 0,
      saleChannel: '',
      campaignId: 'cmp_1',
      eventName: 'Charged',
    })
  })

  test('says which text could not be rendered, and has the others', () => {
    const rows = [
      { key: 'one', value: 'fine' },
      { key: 'two', value: '{% for i in (1..event.saleAmount) %}{{ event.big }}{% endfor %}' },
      { key: 'three', value: '{{ event.big | times: 1 | date: "%H", "Nowhere" }}' },
      { system: 'orderId' as const },
    ]
    const event = { name: 'Charged', properties: { ...properties, big: 'x'.repeat(4_096) } }
    expect(resolved(rows, { ...context, event })).toEqual({
      values: { one: 'fine', orderId: 'O-7' },
      fault: 'metadata.two: line 1, column 40: handles more than 1,000,000 characters; let it work on less',
    })
  })

  test('takes a key for a name, whatever it is, and keeps the order of the rows', () => {
    const rows = ['z', '__proto__', 'constructor', 'a'].map((key) => ({ key, value: `of ${key}` }))
    const { values } = resolved(rows)
    expect(JSON.stringify(values)).toBe(
      '{"z":"of z","__proto__":"of __proto__","constructor":"of constructor","a":"of a"}',
    )
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype)
  })
})
