import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldText } from './text.ts'

test.each([
  ['shoes', 'SHOES'],
  ['straße', 'STRASSE'],
  ['STRAẞE', 'strasse'],
  ['dankefür', 'DANKEFU\u0308R'],
  ['ΟΔΟΣ', 'οδος'],
  ['οδοσ', 'οδος'],
  ['3 \u212a', '3 k'],
  ['ДОМ', 'дом'],
])('%j and %j are one text', (one, other) => {
  expect(foldText(one)).toBe(foldText(other))
})

test('a beginning stays a beginning, final sigma or not', () => {
  expect(foldText('ΟΔΟΣΑ').startsWith(foldText('οδος'))).toBe(true)
})

test('folding does not depend on the case or composition it starts from, and is final', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const folded = foldText(text)
      expect(foldText(folded)).toBe(folded)
      expect(foldText(text.toLowerCase())).toBe(folded)
      expect(foldText(text.toUpperCase())).toBe(folded)
      expect(foldText(text.normalize('NFD'))).toBe(folded)
    }),
    { numRuns: 500 },
  )
})
