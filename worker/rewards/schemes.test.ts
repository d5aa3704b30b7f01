import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Scheme } from './contract.ts'
import {
  award,
  type Draw,
  type NoAward,
  needsEvent,
  type Precision,
  rangeIsEmpty,
  schemeFaults,
} from './schemes.ts'

const never: Draw = () => {
  throw new Error('this scheme draws nothing')
}
const whole: Precision = { decimals: 0, rounding: 'down' }
const up = (decimals: number): Precision => ({ decimals, rounding: 'up' })
const down = (decimals: number): Precision => ({ decimals, rounding: 'down' })
const percent = (of100: number): Scheme => ({ kind: 'percentage', percent: of100, of: 'Amount' })
const each = (value: number, per: number): Scheme => ({ kind: 'proportional', value, per, of: 'Amount' })
const prorated = (value: number, per: number): Scheme => ({
  kind: 'proportional',
  value,
  per,
  of: 'Amount',
  prorate: true,
})
const flat = (value: number): Scheme => ({ kind: 'flat', value })
const random = (min: number, max: number, bias: 'min' | 'avg' | 'max' | 'none' = 'none'): Scheme => ({
  kind: 'random',
  min,
  max,
  bias,
})

describe('an award', () => {
  test.each<[string, Scheme, unknown, number | undefined, Precision, number | NoAward]>([
    // The examples of the product.
    ['10 % of 500', percent(10), 500, undefined, whole, 50],
    ['20 % of 500', percent(20), 500, undefined, whole, 100],
    ['10 per 100 on 500', each(10, 100), 500, undefined, whole, 50],
    ['10 per 100 on 199', each(10, 100), 199, undefined, whole, 10],
    ['10 per 100 on 99', each(10, 100), 99, undefined, whole, 'amount_zero'],
    ['10 % of 6,000 up to 500', percent(10), 6_000, 500, whole, 500],
    ['10 % of 5,000 up to 500', percent(10), 5_000, 500, whole, 500],
    ['10 % of 4,990 up to 500', percent(10), 4_990, 500, whole, 499],
    ['flat 100, whatever the order', flat(100), 'anything', undefined, whole, 100],
    ['1 point per 1 on 500', each(1, 1), 500, undefined, whole, 500],
    // One decimal of the wallet.
    ['12.34 rounded up', percent(100), 12.34, undefined, up(1), 124],
    ['12.78 rounded down', percent(100), 12.78, undefined, down(1), 127],
    ['12.3 needs no rounding up', percent(100), 12.3, undefined, up(1), 123],
    ['flat 12.34 rounded up', flat(12.34), undefined, undefined, up(1), 124],
    ['flat 12.78 rounded down', flat(12.78), undefined, undefined, down(1), 127],
    ['flat 1.005 with three decimals', flat(1.005), undefined, undefined, up(3), 1_005],
    // Decimal text, not the binary fraction nearest to it.
    ['10 % of 0.3', percent(10), 0.3, undefined, up(2), 3],
    ['110 % of 1.1', percent(110), 1.1, undefined, down(2), 121],
    ['1000 % of 0.1', percent(1_000), 0.1, undefined, up(0), 1],
    ['0.1 per 0.1 on 0.3', each(0.1, 0.1), 0.3, undefined, down(1), 3],
    ['4.35 × 100 %', percent(100), 4.35, undefined, down(2), 435],
    ['a hair below one unit', each(1, 3), 2.999999999999999, undefined, whole, 'amount_zero'],
    [
      'a quotient that 20 decimals would round to one',
      each(1, 1e15 - 0.25),
      1e15 - 0.5,
      undefined,
      whole,
      'amount_zero',
    ],
    // A third is rounded once, from the exact remainder.
    ['10 per 3 on 1, prorated, down', prorated(10, 3), 1, undefined, down(2), 333],
    ['10 per 3 on 1, prorated, up', prorated(10, 3), 1, undefined, up(2), 334],
    ['10 per 100 on 199, prorated', prorated(10, 100), 199, undefined, down(1), 199],
    ['prorated up to the cap', prorated(10, 3), 100, 50.5, down(1), 505],
    // Too little.
    ['nothing of 0', percent(10), 0, undefined, up(2), 'amount_zero'],
    ['nothing of minus zero', percent(10), -0, undefined, up(2), 'amount_zero'],
    ['nothing of −5', percent(10), -5, undefined, up(2), 'amount_zero'],
    ['nothing per −500', each(10, 100), -500, undefined, up(2), 'amount_zero'],
    ['nothing of −5, prorated', prorated(10, 100), -5, undefined, up(2), 'amount_zero'],
    ['less than a unit rounded down', percent(10), 9, undefined, down(0), 'amount_zero'],
    ['less than a unit rounded up', percent(10), 1, undefined, up(0), 1],
    ['the smallest number there is, rounded up', percent(10), 5e-324, undefined, up(3), 1],
    ['flat 0.4 in whole points', flat(0.4), undefined, undefined, down(0), 'amount_zero'],
    // No number.
    ['text', percent(10), 'five hundred', undefined, whole, 'property_missing'],
    ['numeric text', percent(10), '500', undefined, whole, 'property_missing'],
    ['nothing', each(10, 100), undefined, undefined, whole, 'property_missing'],
    ['null', prorated(10, 100), null, undefined, whole, 'property_missing'],
    ['true', percent(10), true, undefined, whole, 'property_missing'],
    ['a list', percent(10), [500], undefined, whole, 'property_missing'],
    ['an object', percent(10), { valueOf: () => 500 }, undefined, whole, 'property_missing'],
    ['not a number', percent(10), Number.NaN, undefined, whole, 'property_missing'],
    ['an endless number', percent(10), Number.POSITIVE_INFINITY, 500, whole, 'property_missing'],
    ['1e308', percent(10), 1e308, 500, whole, 'property_missing'],
    ['−1e308', percent(10), -1e308, 500, whole, 'property_missing'],
    // Too much.
    ['0.1 % of 1e15, as much as there may be', percent(0.1), 1e15, undefined, down(3), 1e15],
    ['0.2 % of 1e15', percent(0.2), 1e15, undefined, down(0), 'property_missing'],
    ['0.2 % of 1e15 up to 500', percent(0.2), 1e15, 500, down(0), 500],
    ['more than a number can hold, capped', prorated(1e12, 5e-324), 1e15, 500, up(0), 500],
    ['more than a number can hold', each(1e12, 5e-324), 1e15, undefined, up(0), 'property_missing'],
    ['flat 1e12 with three decimals', flat(1e12), undefined, undefined, up(3), 1e15],
    // A cap that lies between two units is never exceeded.
    ['cap 12.55 with one decimal, rounded up', percent(100), 99, 12.55, up(1), 125],
    ['rounded up beyond the cap', percent(100), 12.51, 12.55, up(1), 125],
    ['cap 0.4 in whole points', percent(100), 99, 0.4, up(0), 'amount_zero'],
    ['the cap of a flat scheme counts for nothing', flat(100), undefined, 50, whole, 100],
  ])('%s', (_, scheme, property, cap, precision, expected) => {
    expect(award(scheme, { property, draw: never }, cap, precision)).toBe(expected)
  })

  test('of a flat scheme is the same again', () => {
    const scheme = flat(12.5)
    const again = () => award(scheme, { property: undefined, draw: never }, undefined, down(1))
    expect([again(), again()]).toEqual([125, 125])
  })
})

describe('a random award', () => {
  const drawing = (...numbers: number[]): Draw => {
    return (count) => {
      expect(count).toBe(numbers.length)
      return [...numbers]
    }
  }
  const last = 1 - 2 ** -53

  test.each<[string, Scheme, number[], Precision, number | NoAward]>([
    ['none, the lowest', random(1, 6), [0], whole, 1],
    ['none, the last of the lowest', random(1, 6), [0.1666], whole, 1],
    ['none, the second', random(1, 6), [0.1667], whole, 2],
    ['none, the highest', random(1, 6), [last], whole, 6],
    ['none, with decimals', random(0.5, 1.5), [0.5], down(1), 10],
    ['none, the most there is', random(0.001, 1e12), [last], down(3), 1e15],
    ['min takes the smallest', random(10, 100, 'min'), [0.9, 0.5, 0.1, 0.7], whole, 19],
    ['min, the lowest', random(10, 100, 'min'), [0, 0.5, 0.1, 0.7], whole, 10],
    ['max takes the largest', random(10, 100, 'max'), [0.1, 0.9, 0.5, 0.7], whole, 91],
    ['max, the highest', random(10, 100, 'max'), [0, 0, last, 0], whole, 100],
    ['avg takes the median', random(10, 100, 'avg'), [0.9, 0.1, 0.5, 0.6, 0.2, 0.95, 0.3], whole, 55],
    ['avg compares numbers', random(0, 1e6, 'avg'), [1e-7, 0.5, 0.02, 1e-6, 0.3, 0.6, 0.7], whole, 300_000],
    ['the ends lie inside the range', random(0.2, 1.9), [0.99], whole, 1],
    ['nothing lies between 0.2 and 0.8', random(0.2, 0.8), [], whole, 'amount_zero'],
    ['a range of one', random(5, 5, 'avg'), [0.9, 0.1, 0.5, 0.6, 0.2, 0.95, 0.3], whole, 5],
    ['rounding up changes nothing', random(1, 2), [0], up(0), 1],
  ])('%s', (_, scheme, numbers, precision, expected) => {
    const input = { property: 'none is read', draw: drawing(...numbers) }
    expect(award(scheme, input, undefined, precision)).toBe(expected)
  })

  test.each<[Scheme, number, boolean]>([
    [random(0.2, 0.8), 0, true],
    [random(0.2, 0.8), 1, false],
    [random(1.01, 1.09), 1, true],
    [random(1.01, 1.1), 1, false],
    [random(1, 1), 0, false],
    [flat(0.2), 0, false],
    [percent(10), 0, false],
  ])('whether %j with %i decimals is empty: %s', (scheme, decimals, expected) => {
    expect(rangeIsEmpty(scheme, decimals)).toBe(expected)
  })
})

test.each<[Scheme, boolean, string | undefined]>([
  [flat(100), false, 'nothing to cap'],
  [random(1, 2), false, 'max is the most'],
  [percent(10), true, undefined],
  [each(10, 100), true, undefined],
  [prorated(10, 100), true, undefined],
])('what goes with %j', (scheme, readsEvent, capRefused) => {
  expect(needsEvent(scheme)).toBe(readsEvent)
  expect(schemeFaults(scheme, undefined)).toEqual([])
  expect(schemeFaults(scheme, 500)).toEqual(
    capRefused === undefined ? [] : [{ path: 'maxPerReward', message: expect.stringContaining(capRefused) }],
  )
})

describe('whatever the numbers,', () => {
  /** A number of four decimals, two or none, and the same in ten-thousandths. */
  const decimal = (least: number, most: number) =>
    fc
      .tuple(fc.bigInt({ min: BigInt(least), max: BigInt(most) }), fc.constantFrom(1n, 100n, 10_000n))
      .map(([number, step]) => (number / step) * step || step)
      .map((exact) => ({ exact, number: Number(`${exact}e-4`) }))
  const amount = decimal(-10_000, 10_000_000_000)
  const positive = decimal(1, 10_000_000_000)
  const precisions = fc.record({
    decimals: fc.integer({ min: 0, max: 3 }),
    rounding: fc.constantFrom<Precision['rounding']>('up', 'down'),
  })

  /** The quotient of two whole numbers, rounded to a whole one; what is not more than 0 is no award. */
  function expectedUnits(of: bigint, by: bigint, rounding: Precision['rounding']): number | NoAward {
    if (of <= 0n) return 'amount_zero'
    const units = of / by + (rounding === 'up' && of % by > 0n ? 1n : 0n)
    return units > 0n ? Number(units) : 'amount_zero'
  }

  const given = (scheme: Scheme, property: number, precision: Precision, cap?: number) =>
    award(scheme, { property, draw: never }, cap, precision)

  test('a percentage is what whole-number arithmetic says', () => {
    fc.assert(
      fc.property(positive, amount, precisions, (rate, property, precision) => {
        const of = rate.exact * property.exact * 10n ** BigInt(precision.decimals)
        const expected = expectedUnits(of, 10n ** 10n, precision.rounding)
        expect(given(percent(rate.number), property.number, precision)).toBe(expected)
      }),
      { numRuns: 1_000 },
    )
  })

  test('and so is a proportion, prorated or not', () => {
    fc.assert(
      fc.property(positive, positive, amount, precisions, (value, per, property, precision) => {
        const scaled = value.exact * 10n ** BigInt(precision.decimals)
        const wholes = property.exact > 0n ? property.exact / per.exact : 0n
        const isHuge = (units: number | NoAward) =>
          typeof units === 'number' && units > 1e12 * 10 ** precision.decimals
        const bound = (units: number | NoAward) => (isHuge(units) ? 'property_missing' : units)
        expect(given(each(value.number, per.number), property.number, precision)).toBe(
          bound(expectedUnits(scaled * wholes, 10_000n, precision.rounding)),
        )
        expect(given(prorated(value.number, per.number), property.number, precision)).toBe(
          bound(expectedUnits(scaled * property.exact, per.exact * 10_000n, precision.rounding)),
        )
      }),
      { numRuns: 1_000 },
    )
  })

  test('an award is a safe whole number of units, more than 0 and never above its cap', () => {
    const schemes = fc.oneof(
      fc.record({
        kind: fc.constant('percentage' as const),
        percent: fc.double({ min: 1e-9, max: 1_000, noNaN: true }),
        of: fc.constant('Amount'),
      }),
      fc.record({
        kind: fc.constant('proportional' as const),
        value: fc.double({ min: 1e-9, max: 1e12, noNaN: true }),
        per: fc.double({ min: 1e-9, max: 1e12, noNaN: true }),
        of: fc.constant('Amount'),
        prorate: fc.boolean(),
      }),
    )
    const caps = fc.double({ min: 1e-3, max: 1e12, noNaN: true })
    fc.assert(
      fc.property(schemes, fc.double(), caps, precisions, (scheme, property, cap, precision) => {
        for (const most of [cap, undefined]) {
          const units = given(scheme, property, precision, most)
          if (typeof units === 'string') continue
          expect(Number.isSafeInteger(units)).toBe(true)
          expect(units).toBeGreaterThan(0)
          expect(units / 10 ** precision.decimals).toBeLessThanOrEqual(most ?? 1e12)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('a random award lies in its range, whatever is drawn', () => {
    const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    const numbers = fc.array(uniform, { minLength: 7, maxLength: 7 })
    const biases = fc.constantFrom('min' as const, 'avg' as const, 'max' as const, 'none' as const)
    const edge = fc.double({ min: 1e-3, max: 1e12, noNaN: true })
    fc.assert(
      fc.property(edge, edge, biases, numbers, precisions, (one, other, bias, drawn, precision) => {
        const scheme = random(Math.min(one, other), Math.max(one, other), bias)
        const draw: Draw = (count) => drawn.slice(0, count)
        const units = award(scheme, { property: undefined, draw }, undefined, precision)
        if (typeof units === 'string') {
          expect(rangeIsEmpty(scheme, precision.decimals)).toBe(true)
          return
        }
        expect(units / 10 ** precision.decimals).toBeGreaterThanOrEqual(Math.min(one, other))
        expect(units / 10 ** precision.decimals).toBeLessThanOrEqual(Math.max(one, other))
      }),
    )
  })
})
