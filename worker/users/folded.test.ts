import { expect, test } from 'vitest'
import { foldedCopy } from './folded.ts'

test.each([[{}], [{ a: 'Plain', b: [1, true, null, { c: '~' }] }], [{ straße: 'only a name' }]])(
  'nothing need be kept of %j',
  (value) => {
    expect(foldedCopy(value)).toBeNull()
  },
)

test.each([
  [{ a: 'Straße' }, { a: 'STRASSE' }],
  [
    { a: 'x', b: { c: ['é', 2, null] } },
    { a: 'x', b: { c: ['É', 2, null] } },
  ],
  [{ Größe: 'u\u0308' }, { Größe: 'Ü' }],
])('%j is kept as %j', (value, kept) => {
  expect(foldedCopy(value)).toEqual(kept)
})

test('a name that objects inherit is a name like any other', () => {
  const value = JSON.parse('{"__proto__":{"x":"ä"}}')
  expect(JSON.stringify(foldedCopy(value))).toBe('{"__proto__":{"x":"Ä"}}')
})
