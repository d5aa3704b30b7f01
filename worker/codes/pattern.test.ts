import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isCode, normalCode } from './normal.ts'
import {
  codeAt,
  digitsAt,
  draw,
  fits,
  type Pattern,
  type PatternInput,
  readPattern,
  space,
} from './pattern.ts'

function pattern(input: PatternInput): Pattern {
  const read = readPattern(input)
  if ('path' in read) throw new Error(read.message)
  return read
}

/** Bytes without end, each value as often as any other. */
function bytes(seed: number): (count: number) => Uint8Array {
  let state = seed
  return (count) =>
    Uint8Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state >>> 24
    })
}

describe('readPattern', () => {
  test.each<[PatternInput, Pattern]>([
    [{ length: 8 }, { length: 8, alphabet: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', prefix: '', suffix: '' }],
    [
      { length: 1, alphabet: 'numeric', prefix: 'Test' },
      { length: 1, alphabet: '0123456789', prefix: 'Test', suffix: '' },
    ],
    [
      { length: 2, alphabet: 'abü', suffix: ' X' },
      { length: 2, alphabet: 'abü', prefix: '', suffix: ' X' },
    ],
    [
      { length: 98, alphabet: 'x', prefix: 'P', suffix: 'S' },
      { length: 98, alphabet: 'x', prefix: 'P', suffix: 'S' },
    ],
  ])('reads %j', (input, expected) => {
    expect(readPattern(input)).toEqual(expected)
  })

  test.each<[PatternInput, string, string]>([
    [{ length: 0 }, 'length', 'whole number'],
    [{ length: 1.5 }, 'length', 'whole number'],
    [{ length: 101 }, 'length', 'at most 100'],
    [{ length: 98, prefix: 'ABC' }, 'length', 'at most 100'],
    [{ length: 5, alphabet: '' }, 'alphabet', '1 to 256'],
    [{ length: 5, alphabet: 'abcA' }, 'alphabet', '"a" and "A" are the same'],
    [{ length: 5, alphabet: 'xx' }, 'alphabet', '"x" and "x" are the same'],
    [{ length: 5, alphabet: '1１' }, 'alphabet', '"1" and "１" are the same'],
    [{ length: 5, alphabet: 'sß' }, 'alphabet', '"ß" cannot be drawn'],
    [{ length: 5, alphabet: 'a,b' }, 'alphabet', '"," cannot be drawn'],
    [{ length: 5, alphabet: 'a b' }, 'alphabet', '" " cannot be drawn'],
    [{ length: 5, alphabet: 'a\u0308' }, 'alphabet', 'cannot be drawn'],
    [{ length: 5, alphabet: 'a\ud800' }, 'alphabet', 'cannot be drawn'],
    [{ length: 5, prefix: ' A' }, 'prefix', 'begin'],
    [{ length: 5, prefix: 'A,' }, 'prefix', 'begin'],
    [{ length: 5, prefix: '´A' }, 'prefix', 'begin'],
    [{ length: 5, prefix: 'A\n' }, 'prefix', 'begin'],
    [{ length: 5, alphabet: '\u3160' }, 'alphabet', 'cannot be drawn'],
    [{ length: 5, suffix: 'A ' }, 'suffix', 'end'],
    [{ length: 5, suffix: '"' }, 'suffix', 'end'],
    [{ length: 5, suffix: '\u0308A' }, 'suffix', 'end'],
  ])('refuses %j', (input, path, message) => {
    expect(readPattern(input)).toEqual({ path, message: expect.stringContaining(message) })
  })
})

test('space', () => {
  expect(space(pattern({ length: 1, alphabet: '0123456789abcdef', prefix: 'BRNO-' }))).toBe(16)
  expect(space(pattern({ length: 1, alphabet: 'numeric', prefix: 'Test' }))).toBe(10)
  expect(space(pattern({ length: 8 }))).toBe(36 ** 8)
  expect(space(pattern({ length: 50 }))).toBe(Number.MAX_SAFE_INTEGER)
  expect(space(pattern({ length: 50, alphabet: 'x' }))).toBe(1)
})

test('counting through the numbers names every code once', () => {
  const small = pattern({ length: 2, alphabet: 'abc', prefix: 'P' })
  const codes = Array.from({ length: space(small) }, (_, number) => codeAt(small, digitsAt(small, number)))
  expect(codes).toEqual(['Paa', 'Pab', 'Pac', 'Pba', 'Pbb', 'Pbc', 'Pca', 'Pcb', 'Pcc'])
})

test('a place outside the alphabet is refused', () => {
  const two = pattern({ length: 2, alphabet: 'ab' })
  expect(() => codeAt(two, [0, 2])).toThrow(RangeError)
  expect(() => codeAt(two, [0])).toThrow(RangeError)
})

describe('draw', () => {
  test('throws away the bytes that would favour the first characters', () => {
    const drawn = [new Uint8Array([255, 250, 249, 0]), new Uint8Array([252, 7])]
    const asked: number[] = []
    const code = draw(pattern({ length: 3, alphabet: 'numeric' }), (count) => {
      asked.push(count)
      return drawn.shift()?.slice(0, count) ?? new Uint8Array([5])
    })
    // 3 asked: 255 and 250 are thrown away, 249 is a 9. 2 asked: 252 goes, 7 stays. 1 asked: 5.
    expect(code).toBe('975')
    expect(asked).toEqual([3, 2, 1])
  })

  test('favours no character', () => {
    const letters = pattern({ length: 90, alphabet: 'alphanumeric' })
    const random = bytes(7)
    const counts = new Map<string, number>()
    for (let round = 0; round < 1_000; round++) {
      for (const letter of draw(letters, random)) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    }
    // 2,500 of each are due, the deviation of such a count is 49; without rejection A–D would have 2,812.
    expect(counts.size).toBe(36)
    for (const count of counts.values()) expect(Math.abs(count - 2_500)).toBeLessThan(250)
  })
})

describe('fits', () => {
  const brno = { length: 3, alphabet: 'abc1', prefix: 'Brno-', suffix: '-Ü' }

  test.each([
    ['BRNO-AB1-Ü', true],
    ['BRNO-ABD-Ü', false],
    ['BRNO-AB-Ü', false],
    ['BRNO-ABCC-Ü', false],
    ['BRN-ABC-Ü', false],
    ['BRNO-ABC', false],
    ['BRNO-Ü', false],
    ['', false],
  ])('%j: %s', (code, expected) => {
    expect(fits(pattern(brno), normalCode(code))).toBe(expected)
  })

  test('a prefix and a suffix never share characters', () => {
    expect(fits(pattern({ length: 1, alphabet: 'a', prefix: 'aa', suffix: 'aa' }), 'AAA')).toBe(false)
  })

  test('whatever a pattern draws is a code, fits it, and is shown untouched', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 6 })
    const input = fc.record({
      length: fc.integer({ min: 1, max: 6 }),
      alphabet: text,
      prefix: text,
      suffix: text,
    })
    fc.assert(
      fc.property(input, fc.integer(), (asked, seed) => {
        const read = readPattern(asked)
        fc.pre(!('path' in read))
        const code = draw(read, bytes(seed))
        expect(isCode(code)).toBe(true)
        expect(fits(read, normalCode(code))).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('different draws are different codes', () => {
    const odd = pattern({ length: 3, alphabet: 'aäσı.ﬀ'.slice(0, 5), prefix: 'ﬁ ', suffix: 'ς' })
    const codes = Array.from({ length: space(odd) }, (_, number) =>
      normalCode(codeAt(odd, digitsAt(odd, number))),
    )
    expect(new Set(codes).size).toBe(125)
  })
})
