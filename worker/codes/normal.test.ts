import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isCode, lengthOf, normalCode, trimCode } from './normal.ts'

test.each([
  ['C1: case', 'CODE40', 'code40'],
  ['C2: case beyond ASCII', 'dankefür100', 'DANKEFÜR100'],
  ['C2: a decomposed letter', 'dankefür100', 'DANKEFU\u0308R100'],
  ['C4: a hyphen', 'TI-P19K4KLH2X', 'ti-p19k4klh2x'],
  ['full width', 'CODE40', 'ｃｏｄｅ４０'],
  ['a ligature', 'FIX', 'ﬁx'],
  ['sharp s', 'STRASSE5', 'straße5'],
  ['blanks around it', 'CODE40', ' \t code40\u00a0\u3000\n'],
  ['a byte-order mark and a zero-width space', 'CODE40', '\ufeffcode40\u200b'],
  ['blanks inside stay', 'SUMMER SALE', 'summer sale'],
  ['final sigma', 'ΟΔΟΣ', 'οδος'],
])('one code: %s', (_, one, other) => {
  expect(normalCode(other)).toBe(normalCode(one))
})

test.each([
  ['CODE40', 'CODE4O'],
  ['SUMMER SALE', 'SUMMERSALE'],
  ['A-B', 'A_B'],
  ['A', 'Ä'],
])('two codes: %s and %s', (one, other) => {
  expect(normalCode(one)).not.toBe(normalCode(other))
})

test('a code is shown as it was written', () => {
  expect(trimCode('  Danke für ')).toBe('Danke für')
  expect(trimCode('\u200b\u200bTi-5\ufeff')).toBe('Ti-5')
  expect(trimCode(' \u{e0001} ')).toBe('')
})

test('normalising is final, and blanks around a code never matter', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const normal = normalCode(text)
      expect(normalCode(normal)).toBe(normal)
      expect(normalCode(` \u3000${text}\r\n`)).toBe(normal)
      expect(normalCode(text.toLowerCase())).toBe(normal)
    }),
    { numRuns: 2_000 },
  )
})

test('a line of blanks takes no longer than it should', () => {
  expect(trimCode(`a${' '.repeat(200_000)}b`).length).toBe(200_002)
})

test.each([
  ['A', true],
  ['x'.repeat(100), true],
  ['🎁'.repeat(100), true],
  [`  ${'x'.repeat(100)}  `, true],
  ['SUMMER SALE', true],
  ["L'ÉTÉ", true],
  ['', false],
  ['   ', false],
  ['\u200b', false],
  ['x'.repeat(101), false],
  ['🎁'.repeat(101), false],
  ['A,B', false],
  ['A，B', false],
  ['A;B', false],
  ['A"B', false],
  ['A\nB', false],
  ['A\tB', false],
  ['A\u0000B', false],
  ['A\u2028B', false],
  ['A\ud800B', false],
])('isCode %j is %s', (text, expected) => {
  expect(isCode(text)).toBe(expected)
})

test('length is counted in characters', () => {
  expect(['', 'abc', 'ü', '🎁🎁'].map(lengthOf)).toEqual([0, 3, 1, 2])
})
