import { expect, test } from 'vitest'
import { propertyFault } from './properties.ts'

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, n]))
const nested = (levels: number): Record<string, unknown> =>
  levels === 1 ? { a: 1 } : { a: nested(levels - 1) }

test.each<[string, Record<string, unknown>]>([
  ['nothing', {}],
  ['values of every kind', { a: 'x', b: 1.5, c: true, d: null, e: [1, 'y', { f: [] }] }],
  ['256 properties', many(256)],
  ['4,096 characters', { a: 'x'.repeat(4_096) }],
  ['five levels', nested(5)],
  ['a name of 256 characters', { ['n'.repeat(256)]: 1 }],
  ['names of any kind', JSON.parse('{"__proto__":1,"constructor":2,"a.b":3,"":4,"😀":5}')],
])('%s may be', (_, properties) => {
  expect(propertyFault(properties)).toBeUndefined()
})

test.each<[string, Record<string, unknown>, string, string]>([
  ['257 properties', many(257), 'too_many_properties', ''],
  ['4,097 characters', { a: 'x'.repeat(4_097) }, 'property_too_long', 'a'],
  ['4,097 characters inside', { a: [{ b: 'x'.repeat(4_097) }] }, 'property_too_long', 'a[0].b'],
  ['six levels', nested(6), 'invalid', 'a.a.a.a.a'],
  ['six levels of lists', { a: [[[[[]]]]] }, 'invalid', 'a[0][0][0][0]'],
  ['no number', { a: Number.POSITIVE_INFINITY }, 'invalid', 'a'],
  ['a long name', { ['n'.repeat(257)]: 1 }, 'invalid', ''],
  ['a long name inside', { a: { ['n'.repeat(257)]: 1 } }, 'invalid', 'a'],
  ['half a surrogate pair', { a: 'x\ud800' }, 'invalid', 'a'],
  ['half a surrogate pair in a name', { a: [{ '\udc00': 1 }] }, 'invalid', 'a[0]'],
])('%s may not be', (_, properties, code, path) => {
  expect(propertyFault(properties)).toMatchObject({ code, path, message: expect.any(String) })
})

test('more than 10,000 values are refused, however short they are written', () => {
  const many = (count: number) => ({ list: Array.from({ length: count }, () => 1e20) })
  expect(propertyFault(many(9_999))).toBeUndefined()
  expect(propertyFault(many(10_000))).toMatchObject({ code: 'invalid', path: 'list[9999]' })
})
