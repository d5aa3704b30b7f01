import { expect, test } from 'vitest'
import { windowOf, windowPassed } from './schedule.ts'

const ms = (text: string) => Date.parse(text)
const NOW = ms('2026-07-01T12:00:00Z')

// start, end, zone → from, until (null: no end)
test.each<[string, string, string, string, string | null]>([
  ['now', 'never', 'UTC', '2026-07-01T12:00:00Z', null],
  // T1 and T4: dates are whole days of the zone.
  ['now', '2026-07-06', 'Asia/Kolkata', '2026-07-01T12:00:00Z', '2026-07-06T18:30:00Z'],
  ['2021-07-01', '2021-07-01', 'Asia/Kolkata', '2021-06-30T18:30:00Z', '2021-07-01T18:30:00Z'],
  ['2026-03-29', '2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
  ['2026-12-24T18:00', '2026-12-24T20:00:30', 'Asia/Kolkata', '2026-12-24T12:30:00Z', '2026-12-24T14:30:30Z'],
  ['2026-12-24T18:00:00+02:00', 'never', 'Asia/Kolkata', '2026-12-24T16:00:00Z', null],
  // An hour that the clock skips moves forward; of one that it repeats, the first is meant.
  ['2026-03-29T02:30', 'never', 'Europe/Berlin', '2026-03-29T01:30:00Z', null],
  ['2026-10-25T02:30', 'never', 'Europe/Berlin', '2026-10-25T00:30:00Z', null],
  ['2028-02-29', '2028-02-29', 'UTC', '2028-02-29T00:00:00Z', '2028-03-01T00:00:00Z'],
])('%s to %s in %s', (start, end, zone, from, until) => {
  expect(windowOf({ start, end }, zone, NOW, 'schedule')).toEqual({
    startsMs: ms(from),
    endsMs: until === null ? null : ms(until),
  })
})

// start, end → the paths that are refused
test.each<[string, string, string[]]>([
  ['soon', 'never', ['schedule.start']],
  ['now', 'later', ['schedule.end']],
  ['never', 'now', ['schedule.start', 'schedule.end']],
  ['2026-02-29', 'never', ['schedule.start']],
  ['', '', ['schedule.start', 'schedule.end']],
  ['2026-07-02', '2026-07-01', ['schedule.end']],
  ['2026-07-02T10:00', '2026-07-02T10:00', ['schedule.end']],
  ['24:00', 'never', ['schedule.start']],
])('%j to %j is refused', (start, end, paths) => {
  const issues = windowOf({ start, end }, 'UTC', NOW, 'schedule')
  expect(Array.isArray(issues) && issues.map(({ path }) => path)).toEqual(paths)
})

test.each<[string, number, number | null, string[]]>([
  ['now', NOW, null, []],
  ['now', NOW - 5, null, []],
  ['2026-07-01T12:00:00Z', NOW, null, []],
  ['2026-07-01T11:59:59.999Z', NOW - 1, null, ['schedule.start']],
  ['now', NOW, NOW, ['schedule.end']],
  ['now', NOW, NOW + 1, []],
  ['2026-06-01', NOW - 9, NOW - 1, ['schedule.start', 'schedule.end']],
])('published now: start %s at %i, end %s → %j', (start, startsMs, endsMs, paths) => {
  const issues = windowPassed({ start }, { startsMs, endsMs }, NOW, 'schedule')
  expect(issues.map(({ path }) => path)).toEqual(paths)
})
