import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromUnits, toUnits } from './decimal.ts'

test.each([
  [500, 0, 500],
  [0.1, 1, 1],
  [12.3, 2, 1_230],
  [1.005, 3, 1_005],
  [4.35, 2, 435],
  [-7.5, 1, -75],
  [-0, 0, 0],
  [-0, 2, 0],
  [1e-7, 7, 1],
  [12.34, 1, undefined],
  [0.5, 0, undefined],
  [1e-300, 3, undefined],
  [0.1 + 0.2, 1, undefined],
  [9_007_199_254_740_991, 0, 9_007_199_254_740_991],
  [9_007_199_254_740_992, 0, undefined],
  [9_007_199_254_740_991, 1, undefined],
  [1e300, 3, undefined],
  [Number.NaN, 0, undefined],
  [Number.POSITIVE_INFINITY, 2, undefined],
])('toUnits(%d, %d) is %d', (value, decimals, expected) => {
  expect(toUnits(value, decimals)).toBe(expected)
})

test.each([
  [1_230, 2, 12.3],
  [1, 3, 0.001],
  [-75, 1, -7.5],
  [-0, 1, 0],
  [0, 3, 0],
  [435, 2, 4.35],
])('fromUnits(%d, %d) is %d', (units, decimals, expected) => {
  expect(fromUnits(units, decimals)).toBe(expected)
})

test('units survive the way to a number and back, up to 15 digits', () => {
  const units = fc.integer({ min: -(10 ** 15), max: 10 ** 15 })
  fc.assert(
    fc.property(units, fc.integer({ min: 0, max: 3 }), (whole, decimals) => {
      expect(toUnits(fromUnits(whole, decimals), decimals)).toBe(whole + 0)
    }),
  )
})
