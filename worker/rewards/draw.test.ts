import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Scheme } from './contract.ts'
import { drawOf } from './draw.ts'
import { award } from './schemes.ts'

const SEED = '9f2c41d07ab35e6688d1f0c27e4b19a35c60e7d2481fab936e05d4c87b12f39a'

/** The definition again, on the implementation of another library. */
function known(seed: string, grantId: string, index: number): number {
  const digest = createHmac('sha256', seed)
    .update(`${grantId}:${Math.floor(index / 4)}`)
    .digest()
  const bits = digest.readBigUInt64BE((index % 4) * 8) >> 11n
  return Number(bits) / 2 ** 53
}

test('the numbers are those of HMAC-SHA-256 over the grant and a counter', () => {
  for (const grantId of ['grt_1', 'grt_', '', 'grt_語:0']) {
    expect(drawOf(SEED, grantId)(9)).toEqual(Array.from({ length: 9 }, (_, n) => known(SEED, grantId, n)))
  }
})

test('the same grant draws the same, however often, and another grant or campaign does not', () => {
  const draw = drawOf(SEED, 'grt_1')
  const first = draw(7)
  expect(draw(7)).toEqual(first)
  expect(draw(3)).toEqual(first.slice(0, 3))
  expect(drawOf(SEED, 'grt_1')(7)).toEqual(first)
  const all = [
    ...first,
    ...drawOf(SEED, 'grt_2')(7),
    ...drawOf('another seed', 'grt_1')(7),
    // A digit can move from the grant to the counter nowhere.
    ...drawOf(SEED, 'grt_1:0')(7),
    ...drawOf(SEED, 'grt_')(7),
  ]
  expect(new Set(all).size).toBe(all.length)
})

test('the numbers are from 0 up to 1 and even: a chi-square of 100 cells is what chance allows', () => {
  const cells = new Array<number>(100).fill(0)
  for (let n = 0; n < 25_000; n++) {
    for (const number of drawOf(SEED, `grt_${n}`)(4)) {
      expect(number >= 0 && number < 1).toBe(true)
      const cell = Math.floor(number * 100)
      cells[cell] = (cells[cell] ?? 0) + 1
    }
  }
  const chiSquare = cells.reduce((sum, seen) => sum + (seen - 1_000) ** 2 / 1_000, 0)
  // 99 degrees of freedom: between the 0.1 and the 99.9 percentile.
  expect(chiSquare).toBeGreaterThan(60.4)
  expect(chiSquare).toBeLessThan(148.2)
})

describe('20,000 awards from 10 to 100', () => {
  type Bias = Extract<Scheme, { kind: 'random' }>['bias']

  function awards(bias: Bias, min = 10, max = 100): number[] {
    return Array.from({ length: 20_000 }, (_, n) => {
      const input = { property: undefined, draw: drawOf(SEED, `grt_${bias}_${n}`) }
      const units = award({ kind: 'random', min, max, bias }, input, undefined, {
        decimals: 0,
        rounding: 'down',
      })
      if (typeof units === 'string') throw new Error(units)
      return units
    })
  }

  const share = (values: number[], low: number, high: number) =>
    (100 * values.filter((value) => value >= low && value <= high).length) / values.length

  test('that favour the least lie in 10–30 for 62–65 %', () => {
    const values = awards('min')
    expect(share(values, 10, 100)).toBe(100)
    expect(share(values, 10, 30)).toBeGreaterThan(62)
    expect(share(values, 10, 30)).toBeLessThan(65)
    expect(Math.min(...values)).toBe(10)
  })

  test('that favour the most lie in 70–100 for 79–82 %', () => {
    const values = awards('max')
    expect(share(values, 10, 100)).toBe(100)
    expect(share(values, 70, 100)).toBeGreaterThan(79)
    expect(share(values, 70, 100)).toBeLessThan(82)
    expect(Math.max(...values)).toBe(100)
  })

  test('that favour the average have it at 54.5–55.5 and few at the ends', () => {
    const values = awards('avg')
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    expect(share(values, 10, 100)).toBe(100)
    expect(mean).toBeGreaterThan(54.5)
    expect(mean).toBeLessThan(55.5)
    expect(share(values, 40, 70)).toBeGreaterThan(60)
    expect(share(values, 10, 20) + share(values, 90, 100)).toBeLessThan(5)
  })

  test('that favour nothing give each of the 91 values as often as the others', () => {
    const values = awards('none')
    expect(share(values, 10, 100)).toBe(100)
    for (let value = 10; value <= 100; value++) {
      // 20,000 / 91 = 220 each, give or take five deviations of 14.7.
      const seen = values.filter((one) => one === value).length
      expect(seen).toBeGreaterThan(146)
      expect(seen).toBeLessThan(294)
    }
  })

  test('of a die are fair', () => {
    const values = awards('none', 1, 6)
    for (let side = 1; side <= 6; side++) {
      expect(share(values, side, side)).toBeGreaterThan(15.5)
      expect(share(values, side, side)).toBeLessThan(17.9)
    }
    expect(share(values, 1, 6)).toBe(100)
  })
})
