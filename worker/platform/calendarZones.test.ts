import { describe, expect, test } from 'vitest'
import {
  durationBefore,
  EARLIEST_ZONE,
  formatInstant,
  isDateText,
  isLocalTime,
  LATEST_ZONE,
  localTimeAt,
  offsetsBetween,
  zoneOr,
} from './calendar.ts'

const ms = (text: string) => Date.parse(text)
const HOUR = 3_600_000

// text → what it is: a local time, a date alone, or neither
test.each<[string, 'local' | 'date' | 'neither']>([
  ['2026-12-24T18:00', 'local'],
  ['2026-12-24T18:00:30', 'local'],
  ['2026-12-24T18:00:30.250', 'local'],
  ['2028-02-29T00:00', 'local'],
  ['2026-12-24', 'date'],
  ['2028-02-29', 'date'],
  ['2026-12-24T18:00Z', 'neither'],
  ['2026-12-24T18:00:00Z', 'neither'],
  ['2026-12-24T18:00:00+05:30', 'neither'],
  ['2026-02-29', 'neither'],
  ['2026-02-29T18:00', 'neither'],
  ['2026-12-24T24:00', 'neither'],
  ['2026-12-24 18:00', 'neither'],
  ['2026-12-24\n', 'neither'],
  ['18:00', 'neither'],
  ['now', 'neither'],
  ['', 'neither'],
])('%j is %s', (text, kind) => {
  expect([isLocalTime(text), isDateText(text)]).toEqual([kind === 'local', kind === 'date'])
  expect(localTimeAt(text, 'UTC') !== undefined).toBe(kind === 'local')
})

// local time, zone, days later → the moment
test.each([
  ['2026-12-24T18:00', 'Europe/Berlin', 0, '2026-12-24T17:00:00.000Z'],
  ['2026-12-24T18:00:30.250', 'Asia/Kolkata', 0, '2026-12-24T12:30:30.250Z'],
  ['2027-03-14T02:30', 'America/New_York', 0, '2027-03-14T07:30:00.000Z'],
  ['2027-11-07T01:30', 'America/New_York', 0, '2027-11-07T05:30:00.000Z'],
  ['2027-10-03T02:15', 'Australia/Lord_Howe', 0, '2027-10-02T15:45:00.000Z'],
  ['2027-04-04T01:45', 'Australia/Lord_Howe', 0, '2027-04-03T14:45:00.000Z'],
  // The day later is looked at by itself: it moves forward where the day before had no need to, and the other way round.
  ['2027-03-13T02:30', 'America/New_York', 1, '2027-03-14T07:30:00.000Z'],
  ['2027-03-14T02:30', 'America/New_York', 1, '2027-03-15T06:30:00.000Z'],
  ['2026-12-31T18:00', 'UTC', 1, '2027-01-01T18:00:00.000Z'],
  ['2028-02-28T18:00', 'UTC', 2, '2028-03-01T18:00:00.000Z'],
  // A day that does not exist there is the next one.
  ['2011-12-30T10:00', 'Pacific/Apia', 0, '2011-12-30T20:00:00.000Z'],
])('%s in %s, %i days later', (text, zone, daysLater, expected) => {
  for (const _ of ['worked out', 'remembered']) {
    expect(formatInstant(localTimeAt(text, zone, daysLater) ?? 0)).toBe(expected)
  }
})

test('nowhere on earth is it earlier or later than in two zones', () => {
  const at = (zone: string) => localTimeAt('2027-03-14T02:30', zone) ?? Number.NaN
  expect(formatInstant(at(EARLIEST_ZONE))).toBe('2027-03-13T12:30:00.000Z')
  expect(formatInstant(at(LATEST_ZONE))).toBe('2027-03-14T14:30:00.000Z')
  expect(at('Pacific/Kiritimati')).toBe(at(EARLIEST_ZONE))
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    expect(at(EARLIEST_ZONE) <= at(zone) && at(zone) <= at(LATEST_ZONE)).toBe(true)
  }
})

test.each([
  ['Asia/Kolkata', 'Asia/Kolkata'],
  ['asia/kolkata', 'asia/kolkata'],
  ['Etc/GMT-14', 'Etc/GMT-14'],
  [null, 'UTC'],
  ['Mars/Olympus', 'UTC'],
  ['+05:30', 'UTC'],
  // Intl may know these, Temporal does not.
  ['PST', 'UTC'],
  ['JST', 'UTC'],
])('the zone %j is %s', (zone, expected) => {
  for (const _ of ['worked out', 'remembered']) expect(zoneOr(zone, 'UTC')).toBe(expected)
  expect(localTimeAt('2026-12-24T18:00', zoneOr(zone, 'UTC'))).toBeTypeOf('number')
})

describe('offsetsBetween', () => {
  // zone, from, up to → the moments at which a stretch begins, and its offset in hours
  test.each<[string, string, string, [string, number][]]>([
    ['UTC', '2027-01-01T00:00Z', '2027-12-31T00:00Z', [['2027-01-01T00:00Z', 0]]],
    ['Asia/Kathmandu', '2027-01-01T12:34Z', '2027-07-01T00:00Z', [['2027-01-01T12:34Z', 5.75]]],
    [
      'America/New_York',
      '2027-03-01T00:00Z',
      '2027-11-30T00:00Z',
      [
        ['2027-03-01T00:00Z', -5],
        ['2027-03-14T07:00Z', -4],
        ['2027-11-07T06:00Z', -5],
      ],
    ],
    [
      'Australia/Lord_Howe',
      '2027-04-03T00:00Z',
      '2027-10-31T00:00Z',
      [
        ['2027-04-03T00:00Z', 11],
        ['2027-04-03T15:00Z', 10.5],
        ['2027-10-02T15:30Z', 11],
      ],
    ],
    // Back to winter time for Ramadan.
    [
      'Africa/Casablanca',
      '2027-02-01T00:00Z',
      '2027-03-31T00:00Z',
      [
        ['2027-02-01T00:00Z', 1],
        ['2027-02-07T02:00Z', 0],
        ['2027-03-14T02:00Z', 1],
      ],
    ],
    // The change itself begins a stretch and is not in the one before, whatever is remembered of the day.
    ['Europe/London', '2027-03-28T00:00Z', '2027-03-28T01:00Z', [['2027-03-28T00:00Z', 0]]],
    ['Europe/London', '2027-03-28T01:00Z', '2027-03-28T02:00Z', [['2027-03-28T01:00Z', 1]]],
    ['Europe/London', '2027-03-26T23:00Z', '2027-03-28T00:59Z', [['2027-03-26T23:00Z', 0]]],
    ['Europe/London', '2027-03-26T23:00Z', '2027-03-28T01:00Z', [['2027-03-26T23:00Z', 0]]],
    ['Europe/London', '2027-03-28T01:00Z', '2027-03-31T00:00Z', [['2027-03-28T01:00Z', 1]]],
    [
      'Europe/London',
      '1954-04-11T01:00Z',
      '1954-04-11T04:00Z',
      [
        ['1954-04-11T01:00Z', 0],
        ['1954-04-11T02:00Z', 1],
      ],
    ],
    ['Europe/London', '2027-03-28T01:00Z', '2027-03-28T01:00Z', []],
  ])('%s from %s to %s', (zone, from, to, expected) => {
    const spans = offsetsBetween(ms(from), ms(to), zone)
    expect(spans.map(({ fromMs, offsetMs }) => [fromMs, offsetMs / HOUR])).toEqual(
      expected.map(([at, hours]) => [ms(at), hours]),
    )
    expect(spans.map(({ toMs }) => toMs)).toEqual(
      expected.map((_, index) => ms(expected[index + 1]?.[0] ?? to)),
    )
  })
})

// moment, zone, duration → the moment that long before
test.each([
  ['to the end of February', '2027-03-31T12:00Z', 'UTC', 'P1M', '2027-02-28T12:00Z'],
  ['in a leap year', '2028-03-31T12:00Z', 'UTC', 'P1M', '2028-02-29T12:00Z'],
  ['a leap day a year back', '2028-02-29T12:00Z', 'UTC', 'P1Y', '2027-02-28T12:00Z'],
  ['over the turn of the year', '2027-01-31T12:00Z', 'UTC', 'P2M', '2026-11-30T12:00Z'],
  ['the day counts in the zone', '2027-03-30T20:00Z', 'Asia/Kolkata', 'P1M', '2027-02-27T20:00Z'],
  ['a month over the clocks', '2027-04-01T12:00Z', 'Europe/Berlin', 'P1M', '2027-03-01T13:00Z'],
  ['a day over the clocks is 24 hours', '2027-03-28T12:00Z', 'Europe/Berlin', 'P1D', '2027-03-27T12:00Z'],
  ['and a week seven of them', '2027-03-28T12:00Z', 'Europe/Berlin', 'P1W', '2027-03-21T12:00Z'],
  ['into a skipped hour', '2027-04-14T06:30Z', 'America/New_York', 'P1M', '2027-03-14T07:30Z'],
  ['months first, then days', '2027-03-31T12:00Z', 'UTC', 'P1M1D', '2027-02-27T12:00Z'],
  ['and those are exact', '2027-04-28T12:00Z', 'Europe/Berlin', 'P1M1D', '2027-03-27T12:00Z'],
  ['hours and fractions', '2027-03-31T12:00Z', 'UTC', 'PT1H0.5S', '2027-03-31T10:59:59.5Z'],
  ['nothing', '2027-03-31T12:00Z', 'UTC', 'PT0S', '2027-03-31T12:00Z'],
  ['further than anybody was there', '2027-03-31T12:00Z', 'UTC', 'P1000Y', '1027-03-31T12:00Z'],
])('durationBefore: %s', (_, at, zone, duration, expected) => {
  expect(formatInstant(durationBefore(ms(at), duration, zone))).toBe(formatInstant(ms(expected)))
})

test('durationBefore throws on what is no duration', () => {
  expect(() => durationBefore(0, '1 month', 'UTC')).toThrow(RangeError)
})
