import { expect, test } from 'vitest'
import { bestSlots, type SlotRow, slotRanges } from './bestTime.ts'

const ms = (text: string) => Date.parse(text)
const HOUR = 3_600_000
const DAY = 24 * HOUR
const TAKEN = ms('2027-06-01T12:34:56.789Z')
const FROM = ms('2026-12-03T12:34:56.789Z')

// zone → where its stretches begin, and their offset in hours
test.each<[string | null, [number, number][]]>([
  ['UTC', [[FROM, 0]]],
  ['Asia/Kolkata', [[FROM, 5.5]]],
  ['Asia/Kathmandu', [[FROM, 5.75]]],
  ['Pacific/Kiritimati', [[FROM, 14]]],
  ['Pacific/Pago_Pago', [[FROM, -11]]],
  [
    'America/New_York',
    [
      [FROM, -5],
      [ms('2027-03-14T07:00Z'), -4],
    ],
  ],
  [
    'America/St_Johns',
    [
      [FROM, -3.5],
      [ms('2027-03-14T05:30Z'), -2.5],
    ],
  ],
  [
    'Australia/Lord_Howe',
    [
      [FROM, 11],
      [ms('2027-04-03T15:00Z'), 10.5],
    ],
  ],
  [
    'Pacific/Auckland',
    [
      [FROM, 13],
      [ms('2027-04-03T14:00Z'), 12],
    ],
  ],
  [
    'Africa/Casablanca',
    [
      [FROM, 1],
      [ms('2027-02-07T02:00Z'), 0],
      [ms('2027-03-14T02:00Z'), 1],
    ],
  ],
  // Whose zone is not known, or cannot be reckoned with, lives in that of the account.
  [
    null,
    [
      [FROM, 0],
      [ms('2027-03-28T01:00Z'), 1],
    ],
  ],
  [
    'Mars/Olympus',
    [
      [FROM, 0],
      [ms('2027-03-28T01:00Z'), 1],
    ],
  ],
  [
    'PST',
    [
      [FROM, 0],
      [ms('2027-03-28T01:00Z'), 1],
    ],
  ],
])('the last 180 days in %s', (timezone, expected) => {
  const ranges = slotRanges([{ id: 'u', timezone }], TAKEN, 'Europe/London')
  expect(ranges).toEqual(
    expected.map(([fromMs, hours], index) => ['u', fromMs, expected[index + 1]?.[0] ?? TAKEN, hours * HOUR]),
  )
})

test('180 days are exact, and every user has them in the order given', () => {
  expect(TAKEN - FROM).toBe(180 * DAY)
  const users = [
    { id: 'b', timezone: 'America/New_York' },
    { id: 'a', timezone: null },
  ]
  expect(slotRanges(users, TAKEN, 'UTC').map(([id]) => id)).toEqual(['b', 'b', 'a'])
  expect(slotRanges([], TAKEN, 'UTC')).toEqual([])
})

// rows (user slot n) → best slots
test.each([
  ['', {}],
  ['u 4 1', { u: 4 }],
  ['u 0 1, u 11 2', { u: 11 }],
  ['u 0 2, u 11 1', { u: 0 }],
  ['u 9 2, u 3 2, u 5 2', { u: 3 }],
  ['u 3 2, u 9 2', { u: 3 }],
  ['u 9 2, v 0 1, u 3 3, v 1 10', { u: 3, v: 1 }],
])('%j', (text, expected) => {
  const rows = text
    .split(', ')
    .filter((row) => row !== '')
    .map((row): SlotRow => {
      const [user = '', slot, n] = row.split(' ')
      return { user_id: user, slot: Number(slot), n: Number(n) }
    })
  expect(Object.fromEntries(bestSlots(rows))).toEqual(expected)
})
