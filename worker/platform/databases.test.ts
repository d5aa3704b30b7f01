import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Env } from '../env.ts'
import { byHome, homeOf, jsonParts, userDatabases } from './databases.ts'

describe('homeOf', () => {
  // It must never change: it is where the data is.
  test.each([
    ['u1', 2, 1],
    ['u2', 2, 0],
    ['customer@example.com', 4, 3],
    ['ユーザー', 3, 2],
    ['', 5, 4],
    ['anybody', 1, 0],
  ])('%j of %i stays at home in %i', (userId, count, home) => {
    expect(homeOf(userId, count)).toBe(home)
  })

  test.each([2, 3, 4, 7, 16])('ids that differ in their last characters spread evenly over %i', (count) => {
    for (const idAt of [
      (n: number) => `u${n}`,
      (n: number) => `${n}`,
      (n: number) => `user-${n}@shop.example`,
    ]) {
      const homes = new Array<number>(count).fill(0)
      for (let n = 0; n < 10_000; n++) {
        const home = homeOf(idAt(n), count)
        homes[home] = (homes[home] ?? 0) + 1
      }
      const fair = 10_000 / count
      for (const inHome of homes) expect(Math.abs(inHome - fair)).toBeLessThan(fair * 0.15)
    }
  })

  test('is always one of the databases, whatever the id', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 128 }),
        fc.integer({ min: 1, max: 100 }),
        (userId, count) => {
          const home = homeOf(userId, count)
          expect(Number.isInteger(home) && home >= 0 && home < count).toBe(true)
        },
      ),
    )
  })
})

test('the databases are those that are bound, in order, up to the first gap', () => {
  const env = { USERS_0: 'a', USERS_1: 'b', USERS_3: 'd' } as unknown as Env
  expect(userDatabases(env)).toEqual(['a', 'b'])
})

test('things go to the home of their user and keep their order', () => {
  const env = { USERS_0: 'a', USERS_1: 'b' } as unknown as Env
  const ids = Array.from({ length: 50 }, (_, n) => `u${n}`)
  const parts = byHome(env, ids, (id) => id)
  expect(parts.map(({ db }) => db)).toEqual(['a', 'b'])
  expect(parts.map(({ things }) => things)).toEqual(
    [0, 1].map((home) => ids.filter((id) => homeOf(id, 2) === home)),
  )
  const [first = ''] = ids.filter((id) => homeOf(id, 2) === 1)
  expect(byHome(env, [first], (id) => id)).toEqual([{ db: 'b', things: [first] }])
  expect(byHome(env, [], String)).toEqual([])
})

describe('jsonParts', () => {
  const MOST_BYTES = 2_000_000
  const bytes = (text: string) => new TextEncoder().encode(text).length
  const back = (parts: string[]) => parts.flatMap((part) => JSON.parse(part) as unknown[])

  test('no rows make no part, a few make one', () => {
    expect(jsonParts([])).toEqual([])
    expect(jsonParts([[1, 'a'], null, { b: [] }])).toEqual(['[[1,"a"],null,{"b":[]}]'])
  })

  test('many rows are as few parts as D1 takes, and none is lost', () => {
    const rows = Array.from({ length: 10_000 }, (_, n) => [n, 'x'.repeat(300)])
    const parts = jsonParts(rows)
    expect(back(parts)).toEqual(rows)
    expect(parts.length).toBeLessThan(8)
    for (const part of parts) expect(bytes(part)).toBeLessThanOrEqual(MOST_BYTES)
  })

  test('three bytes a character still fit', () => {
    const rows = Array.from({ length: 5_000 }, () => '語'.repeat(400))
    const parts = jsonParts(rows)
    expect(back(parts)).toHaveLength(5_000)
    for (const part of parts) expect(bytes(part)).toBeLessThanOrEqual(MOST_BYTES)
  })

  test('rows of every length keep their order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 500_000 }), { maxLength: 6 }), (lengths) => {
        const rows = lengths.map((length, index) => `${index}${'y'.repeat(length)}`)
        const parts = jsonParts(rows)
        expect(back(parts)).toEqual(rows)
        for (const part of parts) expect(bytes(part)).toBeLessThanOrEqual(MOST_BYTES)
      }),
      { numRuns: 20 },
    )
  })
})
