import { expect, test } from 'vitest'
import { conditionSchema, conditionsSchema } from './conditionContract.ts'

const long = 'x'.repeat(4_096)

test.each([
  [{ property: 'p', op: 'eq', value: long }],
  [{ property: 'p', op: 'ne', value: false }],
  [{ property: 'p', op: 'eq', value: '' }],
  [{ property: 'p', op: 'lte', value: -0.5 }],
  [{ property: 'p', op: 'between', value: [1, 1] }],
  [{ property: 'p', op: 'in', value: new Array(1_000).fill('a') }],
  [{ property: 'p', op: 'exists' }],
  [{ property: 'p', op: 'before', value: '2026-11-30T10:00:00+05:30' }],
])('accepted: %j', (condition) => {
  expect(conditionSchema.parse(condition)).toEqual(condition)
})

/** A condition that is refused, and the path that the answer names. */
test.each<[unknown, string]>([
  [{ property: 'p', op: 'between', value: [3, 1] }, 'value'],
  [{ property: 'p', op: 'between', value: [1] }, 'value'],
  [{ property: 'p', op: 'between', value: ['a', 2] }, 'value.0'],
  [{ property: 'p', op: 'eq', value: `${long}x` }, 'value'],
  [{ property: 'p', op: 'eq', value: null }, 'value'],
  [{ property: 'p', op: 'eq', value: ['a'] }, 'value'],
  [{ property: 'p', op: 'eq' }, 'value'],
  [{ property: 'p', op: 'gt', value: '5' }, 'value'],
  [{ property: 'p', op: 'gt', value: Number.POSITIVE_INFINITY }, 'value'],
  [{ property: 'p', op: 'in', value: [] }, 'value'],
  [{ property: 'p', op: 'in', value: new Array(1_001).fill('a') }, 'value'],
  [{ property: 'p', op: 'in', value: ['a', {}] }, 'value.1'],
  [{ property: 'p', op: 'contains', value: '' }, 'value'],
  [{ property: 'p', op: 'startsWith', value: 5 }, 'value'],
  [{ property: 'p', op: 'exists', value: true }, ''],
  [{ property: 'p', op: 'after', value: '2026-11-30' }, 'value'],
  [{ property: 'p', op: 'after', value: '2026-02-30T00:00:00Z' }, 'value'],
  [{ property: 'p', op: 'like', value: 'a' }, 'op'],
  [{ property: 'p', op: 'EQ', value: 'a' }, 'op'],
  [{ property: 'p', op: 'eq', value: 'a', case: true }, ''],
  [{ property: '', op: 'eq', value: 'a' }, 'property'],
  [{ op: 'eq', value: 'a' }, 'property'],
  ['p = 5', ''],
])('refused: %j names %j', (condition, path) => {
  const result = conditionSchema.safeParse(condition)
  expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
})

test('fifty conditions are a list, one more is refused', () => {
  const one = { property: 'p', op: 'exists' }
  expect(conditionsSchema.safeParse(new Array(50).fill(one)).success).toBe(true)
  expect(conditionsSchema.safeParse(new Array(51).fill(one)).success).toBe(false)
})
