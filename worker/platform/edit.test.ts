import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changesBetween, isRaised, mergePatch } from './edit.ts'

describe('mergePatch', () => {
  // The examples of RFC 7396, appendix A, that have an object for a target and a patch.
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    [{ a: 'text' }, { a: { b: 1 } }, { a: { b: 1 } }],
  ])('%j with %j is %j', (target, patch, merged) => {
    const before = structuredClone(target)
    expect(mergePatch(target, patch)).toEqual(merged)
    expect(target).toEqual(before)
  })

  test('what is to be replaced as a whole is not merged, at the top only', () => {
    const target = { reward: { type: 'points', walletId: 'w' }, in: { reward: { a: 1 } } }
    const patch = { reward: { type: 'coupon' }, in: { reward: { b: 2 } } }
    expect(mergePatch(target, patch, ['reward'])).toEqual({
      reward: { type: 'coupon' },
      in: { reward: { a: 1, b: 2 } },
    })
  })

  test('a member named __proto__ stays a member', () => {
    const merged = mergePatch({}, JSON.parse('{ "a": { "__proto__": { "b": 1 } } }'))
    const inner = (merged as { a: { b?: number } }).a
    expect(inner.b).toBeUndefined()
    expect(Object.getPrototypeOf(inner)).toBe(Object.prototype)
  })
})

describe('changesBetween', () => {
  test('names leaves by their path; lists are leaves', () => {
    const before = { a: 1, b: { c: [1, 2], d: 'x' }, e: null }
    const after = { a: 1, b: { c: [2, 1], d: 'x' }, f: 2 }
    expect(changesBetween(before, after)).toEqual([
      { path: 'b.c', before: [1, 2], after: [2, 1] },
      { path: 'e', before: null, after: undefined },
      { path: 'f', before: undefined, after: 2 },
    ])
  })

  test('there are none between a value and itself, and patching with what is there changes nothing', () => {
    const value = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }))
    fc.assert(
      fc.property(value, (json) => {
        const copy = JSON.parse(JSON.stringify(json)) as Record<string, unknown>
        expect(changesBetween(json, copy)).toEqual([])
      }),
    )
  })
})

test.each<[unknown, unknown, boolean]>([
  [1, 2, true],
  [2, 2, false],
  [2, 1, false],
  [2, null, true],
  [2, undefined, true],
  [null, 2, false],
  [undefined, 2, false],
  [9, 10, true],
  ['9', 10, false],
  [1, '2', false],
])('from %j to %j is raised: %j', (before, after, raised) => {
  expect(isRaised({ path: 'limits.perUser.day', before, after })).toBe(raised)
})
