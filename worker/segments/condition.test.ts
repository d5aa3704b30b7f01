import { describe, expect, test } from 'vitest'
import { compile, matches, type Properties } from './condition.ts'
import { type Condition, conditionsSchema } from './conditionContract.ts'

const items = (...list: unknown[]) => ({ Items: list })

/**
 * The specification: operator, its value, then what a property `p` holds → whether the condition is true.
 * `null` in the last place but one stands for a property that is null, `undefined` for one that is absent.
 */
const plain: [Condition['op'], unknown, unknown, boolean][] = [
  ['eq', 500, 500, true],
  ['eq', 500, 500.0, true],
  ['eq', 500, 501, false],
  ['eq', 500, '500', false],
  ['eq', '500', 500, false],
  ['eq', 'upi', 'UPI', true],
  ['eq', 'straße', 'STRASSE', true],
  ['eq', 'für', 'FU\u0308R', true],
  ['eq', 'upi', ' upi', false],
  ['eq', '', '', true],
  ['eq', true, true, true],
  ['eq', true, false, false],
  ['eq', true, 'true', false],
  ['eq', true, 1, false],
  ['eq', 0, false, false],
  ['eq', 'a', ['a'], false],
  ['eq', 'a', null, false],
  ['eq', 'a', undefined, false],
  ['ne', 500, 501, true],
  ['ne', 500, 500, false],
  ['ne', 'upi', 'UPI', false],
  ['ne', 'upi', 'card', true],
  ['ne', false, true, true],
  ['ne', 500, '501', false],
  ['ne', 'a', 5, false],
  ['ne', 'a', ['b'], false],
  ['ne', 'a', null, true],
  ['ne', 'a', undefined, true],
  ['gt', 9, 10, true],
  ['gt', 10, 10, false],
  ['gt', 9, '10', false],
  ['gt', 9, undefined, false],
  ['gt', -1, null, false],
  ['gte', 10, 10, true],
  ['gte', 0.3, 0.1 + 0.2, true],
  ['gte', 10, 9.99, false],
  ['lt', 10, 9, true],
  ['lt', 10, 10, false],
  ['lt', 10, undefined, false],
  ['lte', 10, 10, true],
  ['lte', 10, true, false],
  ['between', [1, 3], 1, true],
  ['between', [1, 3], 3, true],
  ['between', [1, 3], 3.01, false],
  ['between', [1, 3], '2', false],
  ['between', [2, 2], 2, true],
  ['between', [1, 3], undefined, false],
  ['in', ['Pune', 'Mumbai'], 'MUMBAI', true],
  ['in', ['Pune', 'Mumbai'], 'Delhi', false],
  ['in', [1, 'a', true], 1, true],
  ['in', [1, 'a'], '1', false],
  ['in', [1], true, false],
  ['in', ['a'], undefined, false],
  ['notIn', ['Pune', 'Mumbai'], 'Delhi', true],
  ['notIn', ['Pune', 'Mumbai'], 'pune', false],
  ['notIn', [1, 'a'], 'b', true],
  ['notIn', [1, 2], 'b', false],
  ['notIn', ['a'], null, true],
  ['notIn', ['a'], undefined, true],
  ['contains', 'ee', 'SHEEP', true],
  ['contains', 'ss', 'Straße', true],
  ['contains', '%', 'abc', false],
  ['contains', '_', 'abc', false],
  ['contains', 'a', ['a'], false],
  ['contains', '5', 500, false],
  ['contains', 'a', undefined, false],
  ['notContains', 'ee', 'goat', true],
  ['notContains', 'EE', 'sheep', false],
  ['notContains', '5', 600, false],
  ['notContains', 'a', undefined, true],
  ['startsWith', 'ti-', 'TI-P19', true],
  ['startsWith', 'οδος', 'ΟΔΟΣΑ', true],
  ['startsWith', 'p', 'TI-P19', false],
  ['startsWith', '5', 500, false],
  ['startsWith', 'a', undefined, false],
  ['exists', undefined, '', true],
  ['exists', undefined, 0, true],
  ['exists', undefined, false, true],
  ['exists', undefined, [], true],
  ['exists', undefined, {}, true],
  ['exists', undefined, null, false],
  ['exists', undefined, undefined, false],
  ['notExists', undefined, 0, false],
  ['notExists', undefined, null, true],
  ['notExists', undefined, undefined, true],
  ['before', '2026-11-30T10:00:00Z', '2026-11-30T15:29:59+05:30', true],
  ['before', '2026-11-30T10:00:00Z', '2026-11-30T10:00:00Z', false],
  ['before', '2026-11-30T10:00:00Z', '2026-11-30', false],
  ['before', '2026-11-30T10:00:00Z', 0, false],
  ['before', '2026-11-30T10:00:00Z', undefined, false],
  ['after', '2026-11-30T10:00:00Z', '2026-11-30T15:30:00.001+05:30', true],
  ['after', '2026-11-30T10:00:00Z', '2026-11-30T15:30:00+05:30', false],
  ['after', '2026-11-30T10:00:00Z', 'tomorrow', false],
  ['after', '2026-11-30T10:00:00Z', null, false],
]

/** Property name, operator, its value, the properties → whether the condition is true. */
const named: [string, Condition['op'], unknown, Properties, boolean][] = [
  ['Items[].category', 'eq', 'Shoes', items({ category: 'hats' }, { category: 'shoes' }), true],
  ['Items[].category', 'eq', 'bags', items({ category: 'hats' }, { category: 'shoes' }), false],
  ['Items[].category', 'eq', 'bags', items(), false],
  ['Items[].category', 'eq', 'bags', {}, false],
  ['Items[].category', 'eq', 'bags', { Items: { category: 'bags' } }, false],
  ['Items[].category', 'eq', 'bags', items(null, 7, 'bags', ['bags']), false],
  ['Items[].price', 'gte', 500, items({ price: '600' }, { price: 499 }), false],
  ['Items[].price', 'gte', 500, items({ price: '600' }, { price: 500 }), true],
  ['Items[].category', 'ne', 'shoes', items({ category: 'hats' }, { category: 'Shoes' }), false],
  ['Items[].category', 'ne', 'shoes', items({ category: 'hats' }, {}), true],
  ['Items[].category', 'ne', 'shoes', items({ category: 5 }), true],
  ['Items[].category', 'ne', 'shoes', items(), true],
  ['Items[].category', 'ne', 'shoes', {}, true],
  ['Items[].category', 'notIn', ['a', 'b'], items({ category: 'c' }, { category: 'B' }), false],
  ['Items[].category', 'notContains', 'sh', items({ category: 'hats' }, { category: 'bags' }), true],
  ['Items[].category', 'exists', undefined, items({}, { category: 'x' }), true],
  ['Items[].category', 'exists', undefined, items({ category: null }), false],
  ['Items[].category', 'notExists', undefined, items({}, { category: 'x' }), false],
  ['Items[].category', 'notExists', undefined, items({ category: null }), true],
  // A literal property of that name comes first, unless it is null.
  ['Items[].category', 'eq', 'x', { 'Items[].category': 'y', Items: [{ category: 'x' }] }, false],
  ['Items[].category', 'eq', 'x', { 'Items[].category': null, Items: [{ category: 'x' }] }, true],
  // The rest of the name is literal: one level only, and a dot is a dot.
  ['Items[].a.b', 'eq', 'x', items({ 'a.b': 'x' }), true],
  ['Items[].a.b', 'eq', 'x', items({ a: { b: 'x' } }), false],
  ['a.b', 'eq', 'x', { 'a.b': 'x' }, true],
  ['a.b', 'eq', 'x', { a: { b: 'x' } }, false],
  ['[].x', 'eq', 1, { '': [{ x: 1 }] }, false],
  ['Items[].', 'eq', 1, items({ '': 1 }), false],
  // Names are exact, and what every object inherits is not a property.
  ['amount', 'eq', 5, { Amount: 5 }, false],
  ['constructor', 'exists', undefined, {}, false],
  ['Items[].toString', 'exists', undefined, items({}), false],
  ['__proto__', 'eq', 'x', JSON.parse('{"__proto__":"x"}'), true],
]

function condition(property: string, op: string, value: unknown): Condition[] {
  return conditionsSchema.parse([value === undefined ? { property, op } : { property, op, value }])
}

describe('a property', () => {
  test.each(plain)('%s %j on %j is %s', (op, value, held, expected) => {
    expect(matches(condition('p', op, value), held === undefined ? {} : { p: held })).toBe(expected)
  })
})

describe('a name', () => {
  test.each(named)('%s %s %j on %j is %s', (property, op, value, properties, expected) => {
    expect(matches(condition(property, op, value), properties)).toBe(expected)
  })
})

test('conditions in a list must all hold, each on an element of its own', () => {
  const both = [...condition('Items[].a', 'eq', 1), ...condition('Items[].b', 'eq', 2)]
  expect(matches(both, items({ a: 1 }, { b: 2 }))).toBe(true)
  expect(matches(both, items({ a: 1 }))).toBe(false)
  expect(matches([], {})).toBe(true)
})

test('compiled once, the conditions answer the same for one event after the other', () => {
  const holds = compile(condition('Amount', 'gte', 500))
  expect([{ Amount: 500 }, { Amount: 499 }, {}, { Amount: 501 }].map(holds)).toEqual([
    true,
    false,
    false,
    true,
  ])
})
