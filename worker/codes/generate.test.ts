import { describe, expect, test } from 'vitest'
import { freshCodes } from './generate.ts'
import { normalCode } from './normal.ts'
import { type Pattern, readPattern } from './pattern.ts'

function pattern(input: Parameters<typeof readPattern>[0]): Pattern {
  const read = readPattern(input)
  if ('message' in read) throw new Error(read.message)
  return read
}
const none = () => new Map<string, unknown>()
/** A series that has these codes. */
const having = (codes: string[]) => (keys: string[]) => {
  const own = new Set(codes.map(normalCode))
  return new Map(keys.filter((key) => own.has(key)).map((key) => [key, 1]))
}

describe('a small pattern', () => {
  const small = pattern({ length: 1, alphabet: '0123456789abcdef', prefix: 'brno-' })

  test('gives every code once, then none', () => {
    const first = freshCodes(small, 8, none)
    const second = freshCodes(small, 8, having(first))
    expect(new Set([...first, ...second]).size).toBe(16)
    expect([...first, ...second].every((code) => /^brno-[0-9a-f]$/.test(code))).toBe(true)
    expect(freshCodes(small, 8, having([...first, ...second]))).toEqual([])
  })

  test('gives what is left when more is asked for, whatever the case it is known in', () => {
    expect(freshCodes(small, 100, none)).toHaveLength(16)
    const all = freshCodes(small, 16, none)
    expect(freshCodes(small, 5, having(all.slice(1).map((code) => code.toUpperCase())))).toEqual(
      all.slice(0, 1),
    )
  })

  test('gives each free code equally often', () => {
    const counts = new Map<string, number>()
    for (let round = 0; round < 3_200; round++) {
      for (const code of freshCodes(small, 1, none)) counts.set(code, (counts.get(code) ?? 0) + 1)
    }
    // Two hundred each are expected; a fair draw is off by six standard deviations once in a hundred million times.
    expect(counts.size).toBe(16)
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(6 * Math.sqrt(200))
  })
})

test('a large pattern gives as many as asked for, all different and all its own', () => {
  const large = pattern({ length: 6, alphabet: 'alphanumeric', prefix: 'X-', suffix: '-Y' })
  const codes = freshCodes(large, 10_000, none)
  expect(new Set(codes.map(normalCode)).size).toBe(10_000)
  expect(codes.every((code) => /^X-[A-Z0-9]{6}-Y$/.test(code))).toBe(true)
})
