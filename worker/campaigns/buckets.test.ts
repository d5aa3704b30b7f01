import { expect, test } from 'vitest'
import { bucketsOf } from './buckets.ts'

const slot = (at: string, granted = 1, units = 10, refused = 0) => ({
  atMs: Date.parse(at),
  granted,
  units,
  refused,
})

// zone, bucket, quarters of an hour → the stretches that they fall into
test.each<[string, 'hour' | 'day', string[], string[]]>([
  [
    'UTC',
    'hour',
    ['2026-03-01T10:00Z', '2026-03-01T10:45Z', '2026-03-01T11:00Z'],
    ['2026-03-01T10:00Z', '2026-03-01T11:00Z'],
  ],
  [
    'UTC',
    'day',
    ['2026-03-01T00:00Z', '2026-03-01T23:45Z', '2026-03-03T00:00Z'],
    ['2026-03-01T00:00Z', '2026-03-03T00:00Z'],
  ],
  [
    'Asia/Kolkata',
    'hour',
    ['2026-03-01T10:15Z', '2026-03-01T10:30Z'],
    ['2026-03-01T09:30Z', '2026-03-01T10:30Z'],
  ],
  [
    'Asia/Kathmandu',
    'hour',
    ['2026-03-01T10:00Z', '2026-03-01T10:15Z'],
    ['2026-03-01T09:15Z', '2026-03-01T10:15Z'],
  ],
  [
    'Asia/Kathmandu',
    'day',
    ['2026-03-01T18:00Z', '2026-03-01T18:15Z'],
    ['2026-02-28T18:15Z', '2026-03-01T18:15Z'],
  ],
  // The hour that Berlin skips and the one it repeats: hours are as long as hours are, days are not.
  [
    'Europe/Berlin',
    'hour',
    ['2026-03-29T00:45Z', '2026-03-29T01:00Z'],
    ['2026-03-29T00:00Z', '2026-03-29T01:00Z'],
  ],
  [
    'Europe/Berlin',
    'hour',
    ['2026-10-25T00:15Z', '2026-10-25T01:15Z'],
    ['2026-10-25T00:00Z', '2026-10-25T01:00Z'],
  ],
  [
    'Europe/Berlin',
    'day',
    ['2026-03-28T23:00Z', '2026-03-29T21:45Z', '2026-03-29T22:00Z'],
    ['2026-03-28T23:00Z', '2026-03-29T22:00Z'],
  ],
  [
    'Europe/Berlin',
    'day',
    ['2026-10-24T22:00Z', '2026-10-25T22:45Z', '2026-10-25T23:00Z'],
    ['2026-10-24T22:00Z', '2026-10-25T23:00Z'],
  ],
])('%s by %s: %j', (zone, bucket, at, expected) => {
  const buckets = bucketsOf(
    at.map((time) => slot(time)),
    bucket,
    zone,
    0,
  )
  expect(buckets.map((one) => Date.parse(one.at))).toEqual(expected.map((time) => Date.parse(time)))
  expect(buckets.reduce((sum, { granted }) => sum + granted, 0)).toBe(at.length)
})

test('sums what falls together, and shows the purse’s decimals', () => {
  const slots = [slot('2026-03-01T10:00Z', 2, 125, 1), slot('2026-03-01T10:30Z', 1, 5, 4)]
  expect(bucketsOf(slots, 'hour', 'UTC', 2)).toEqual([
    { at: '2026-03-01T10:00:00.000Z', granted: 3, value: 1.3, refused: 5 },
  ])
  expect(bucketsOf([], 'day', 'UTC', 0)).toEqual([])
})
