import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addDuration,
  durationMs,
  formatInstant,
  isZone,
  type Period,
  parseDuration,
  parseInstant,
  parseScheduleTime,
  periodAt,
} from './calendar.ts'

const ms = (text: string) => Date.parse(text)
const HOUR = 3_600_000

test.each([
  ['UTC', true],
  ['Asia/Kolkata', true],
  ['America/Argentina/Buenos_Aires', true],
  ['Etc/GMT+5', true],
  ['europe/berlin', true],
  ['+05:30', false],
  ['-0800', false],
  ['05:30', false],
  ['Z', false],
  ['', false],
  ['Mars/Olympus', false],
  [' UTC', false],
  ['Europe/Berlin\n', false],
  ['A'.repeat(10_000), false],
])('isZone %j is %s', (zone, expected) => {
  expect(isZone(zone)).toBe(expected)
  expect(isZone(zone)).toBe(expected)
})

describe('periodAt', () => {
  // period, zone, moment → first moment, first moment no more in it
  test.each<[Period, string, string, string, string]>([
    ['day', 'UTC', '2026-11-30T10:00:00Z', '2026-11-30T00:00:00Z', '2026-12-01T00:00:00Z'],
    ['day', 'Asia/Kolkata', '2026-07-06T18:29:59Z', '2026-07-05T18:30:00Z', '2026-07-06T18:30:00Z'],
    ['day', 'Asia/Kolkata', '2026-07-06T18:30:00Z', '2026-07-06T18:30:00Z', '2026-07-07T18:30:00Z'],
    // Clocks forward: 23 hours.
    ['day', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
    ['day', 'America/New_York', '2026-03-08T12:00:00Z', '2026-03-08T05:00:00Z', '2026-03-09T04:00:00Z'],
    ['day', 'Pacific/Auckland', '2026-09-26T18:00:00Z', '2026-09-26T12:00:00Z', '2026-09-27T11:00:00Z'],
    // Clocks back: 25 hours, both readings of the repeated hour in the same day.
    ['day', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
    ['day', 'Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
    ['day', 'America/New_York', '2026-11-01T12:00:00Z', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'],
    ['day', 'Pacific/Auckland', '2026-04-04T18:00:00Z', '2026-04-04T11:00:00Z', '2026-04-05T12:00:00Z'],
    // A day that starts at 01:00, and the 25-hour day that ends at the second midnight.
    ['day', 'America/Sao_Paulo', '2018-11-04T12:00:00Z', '2018-11-04T03:00:00Z', '2018-11-05T02:00:00Z'],
    ['day', 'America/Sao_Paulo', '2018-11-04T02:59:59Z', '2018-11-03T03:00:00Z', '2018-11-04T03:00:00Z'],
    ['day', 'America/Sao_Paulo', '2018-02-18T02:30:00Z', '2018-02-17T02:00:00Z', '2018-02-18T03:00:00Z'],
    // Fallen back over midnight to 23:01: the date shown is yesterday's, the day is the one that had begun.
    ['day', 'America/St_Johns', '2010-11-07T03:00:00Z', '2010-11-07T02:30:00Z', '2010-11-08T03:30:00Z'],
    // A day that does not exist there.
    ['day', 'Pacific/Apia', '2011-12-30T09:59:59Z', '2011-12-29T10:00:00Z', '2011-12-30T10:00:00Z'],
    ['week', 'UTC', '2026-11-29T23:59:59Z', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z'],
    ['week', 'UTC', '2026-11-30T00:00:00Z', '2026-11-30T00:00:00Z', '2026-12-07T00:00:00Z'],
    ['week', 'Asia/Kolkata', '2026-12-31T23:00:00Z', '2026-12-27T18:30:00Z', '2027-01-03T18:30:00Z'],
    ['week', 'Europe/Berlin', '2026-03-25T12:00:00Z', '2026-03-22T23:00:00Z', '2026-03-29T22:00:00Z'],
    ['month', 'UTC', '2028-02-29T23:59:59Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
    ['month', 'Europe/Berlin', '2026-03-01T00:00:00Z', '2026-02-28T23:00:00Z', '2026-03-31T22:00:00Z'],
    ['month', 'America/New_York', '2026-12-31T23:00:00Z', '2026-12-01T05:00:00Z', '2027-01-01T05:00:00Z'],
    ['month', 'Pacific/Auckland', '2026-12-31T12:00:00Z', '2026-12-31T11:00:00Z', '2027-01-31T11:00:00Z'],
  ])('%s in %s at %s', (period, zone, at, start, end) => {
    const span = periodAt(period, ms(at), zone)
    expect([formatInstant(span.startMs), formatInstant(span.endMs)]).toEqual([
      formatInstant(ms(start)),
      formatInstant(ms(end)),
    ])
  })

  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Pacific/Auckland',
    'America/Sao_Paulo',
    'America/St_Johns',
  ]

  test('every moment is in its period, and periods follow each other without gap or overlap', () => {
    const moment = fc.integer({ min: ms('1990-01-01T00:00:00Z'), max: ms('2040-01-01T00:00:00Z') })
    const period = fc.constantFrom<Period>('day', 'week', 'month')
    fc.assert(
      fc.property(period, fc.constantFrom(...zones), moment, (kind, zone, at) => {
        const span = periodAt(kind, at, zone)
        expect(span.startMs <= at && at < span.endMs).toBe(true)
        expect(periodAt(kind, span.endMs, zone).startMs).toBe(span.endMs)
        expect(periodAt(kind, span.startMs - 1, zone).endMs).toBe(span.startMs)
        expect(periodAt(kind, at, zone)).toEqual(span)
      }),
    )
  })

  test('a zone that is none is refused', () => {
    expect(() => periodAt('day', 0, 'Mars/Olympus')).toThrow(RangeError)
  })
})

describe('durations', () => {
  // text → milliseconds; null = a duration of no fixed length; undefined = refused
  test.each<[string, number | null | undefined]>([
    ['P7D', 168 * HOUR],
    ['P2W', 336 * HOUR],
    ['PT30M', HOUR / 2],
    ['PT48H', 48 * HOUR],
    ['PT1.5S', 1_500],
    ['PT0.5H', HOUR / 2],
    ['P1DT2H', 26 * HOUR],
    ['PT0S', 0],
    ['P1M', null],
    ['P1Y2M', null],
    ['P1000Y', null],
    ['P1001Y', undefined],
    ['PT99999999999H', undefined],
    ['PT9999999999999999999999999999S', undefined],
    ['P', undefined],
    ['PT', undefined],
    ['P1YT', undefined],
    ['7D', undefined],
    ['P7', undefined],
    ['-P1D', undefined],
    ['+P1D', undefined],
    ['P-1D', undefined],
    ['p7d', undefined],
    ['P1.5D', undefined],
    ['PT1,5S', undefined],
    ['PT0.0001S', undefined],
    ['PT1M1H', undefined],
    [' P7D', undefined],
    ['', undefined],
    ['one week', undefined],
  ])('%j', (text, expected) => {
    expect(parseDuration(text) === undefined).toBe(expected === undefined)
    expect(durationMs(text)).toBe(expected ?? undefined)
  })

  test.each([
    ['T8: to the end of February', '2026-01-31T12:00:00Z', 'P1M', 'UTC', '2026-02-28T12:00:00Z'],
    ['T8: in a leap year', '2028-01-31T12:00:00Z', 'P1M', 'UTC', '2028-02-29T12:00:00Z'],
    ['the day counts in the zone', '2026-01-30T20:00:00Z', 'P1M', 'Asia/Kolkata', '2026-02-27T20:00:00Z'],
    ['a leap day a year on', '2028-02-29T00:00:00Z', 'P1Y', 'UTC', '2029-02-28T00:00:00Z'],
    ['a day over the clocks forward', '2026-03-28T12:00:00Z', 'P1D', 'Europe/Berlin', '2026-03-29T11:00:00Z'],
    ['24 hours over the same', '2026-03-28T12:00:00Z', 'PT24H', 'Europe/Berlin', '2026-03-29T12:00:00Z'],
    ['a week over the clocks back', '2026-10-24T12:00:00Z', 'P1W', 'Europe/Berlin', '2026-10-31T13:00:00Z'],
    ['into a skipped hour', '2026-03-07T07:30:00Z', 'P1D', 'America/New_York', '2026-03-08T07:30:00Z'],
    ['days first, then hours', '2026-03-28T12:00:00Z', 'P1DT1H', 'Europe/Berlin', '2026-03-29T12:00:00Z'],
    ['fractions', '2026-03-28T12:00:00Z', 'PT1.5S', 'Europe/Berlin', '2026-03-28T12:00:01.500Z'],
  ])('addDuration: %s', (_, at, duration, zone, expected) => {
    expect(formatInstant(addDuration(ms(at), duration, zone))).toBe(formatInstant(ms(expected)))
  })

  test('addDuration throws on what is no duration', () => {
    expect(() => addDuration(0, '-P1D', 'UTC')).toThrow(RangeError)
  })
})

describe('parseInstant', () => {
  test.each([
    ['2026-11-30T10:00:00Z', '2026-11-30T10:00:00.000Z'],
    ['2026-11-30T10:00:00.5Z', '2026-11-30T10:00:00.500Z'],
    ['2026-11-30T10:00:00.123456789Z', '2026-11-30T10:00:00.123Z'],
    ['2026-11-30T10:00:00+05:30', '2026-11-30T04:30:00.000Z'],
    ['2026-11-30T23:00:00-08:00', '2026-12-01T07:00:00.000Z'],
    ['2026-11-30T10:00:00-00:00', '2026-11-30T10:00:00.000Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['0000-02-29T00:00:00Z', '0000-02-29T00:00:00.000Z'],
    ['0050-01-01T00:00:00Z', '0050-01-01T00:00:00.000Z'],
    ['2026-11-30T10:00:00', undefined],
    ['2026-11-30T10:00Z', undefined],
    ['2026-11-30', undefined],
    ['2026-02-30T00:00:00Z', undefined],
    ['2026-02-29T00:00:00Z', undefined],
    ['1900-02-29T00:00:00Z', undefined],
    ['2026-04-31T00:00:00Z', undefined],
    ['2026-13-01T00:00:00Z', undefined],
    ['2026-00-01T00:00:00Z', undefined],
    ['2026-01-00T00:00:00Z', undefined],
    ['2026-11-30T24:00:00Z', undefined],
    ['2026-11-30T10:60:00Z', undefined],
    ['2016-12-31T23:59:60Z', undefined],
    ['2026-11-30T10:00:00+24:00', undefined],
    ['2026-11-30T10:00:00+0530', undefined],
    ['2026-11-30T10:00:00+05', undefined],
    ['2026-11-30t10:00:00Z', undefined],
    ['2026-11-30T10:00:00z', undefined],
    ['2026-11-30 10:00:00Z', undefined],
    ['2026-11-30T10:00:00.Z', undefined],
    ['2026-11-30T10:00:00Z[Europe/Berlin]', undefined],
    ['2026-11-30T10:00:00Z\n', undefined],
    ['20261130T100000Z', undefined],
    ['+002026-11-30T10:00:00Z', undefined],
    ['٢٠٢٦-11-30T10:00:00Z', undefined],
    ['1796032800000', undefined],
    ['', undefined],
  ])('%j', (text, expected) => {
    const parsed = parseInstant(text)
    expect(parsed === undefined ? undefined : formatInstant(parsed)).toBe(expected)
  })

  test('reads back every time that is answered', () => {
    const moment = fc.integer({ min: ms('0000-01-01T00:00:00Z'), max: ms('9999-12-31T23:59:59.999Z') })
    fc.assert(fc.property(moment, (at) => parseInstant(formatInstant(at)) === at))
  })
})

test.each<[string, string, 'start' | 'end', string | undefined]>([
  // T1 and T4: a date ends with its last moment in the zone; the end is exclusive.
  ['2026-07-06', 'Asia/Kolkata', 'end', '2026-07-06T18:30:00.000Z'],
  ['2021-07-01', 'Asia/Kolkata', 'start', '2021-06-30T18:30:00.000Z'],
  ['2021-07-01', 'Asia/Kolkata', 'end', '2021-07-01T18:30:00.000Z'],
  ['2026-12-31', 'UTC', 'end', '2027-01-01T00:00:00.000Z'],
  ['2018-11-04', 'America/Sao_Paulo', 'start', '2018-11-04T03:00:00.000Z'],
  ['2018-11-03', 'America/Sao_Paulo', 'end', '2018-11-04T03:00:00.000Z'],
  ['2026-12-24T18:00', 'Europe/Berlin', 'start', '2026-12-24T17:00:00.000Z'],
  ['2026-12-24T18:00', 'Europe/Berlin', 'end', '2026-12-24T17:00:00.000Z'],
  ['2026-12-24T18:00:30.250', 'Asia/Kolkata', 'start', '2026-12-24T12:30:30.250Z'],
  // The hour from 2 to 3 is skipped: half past two is half past three.
  ['2026-03-29T02:30', 'Europe/Berlin', 'start', '2026-03-29T01:30:00.000Z'],
  // The hour from 2 to 3 comes twice: it is the first.
  ['2026-10-25T02:30', 'Europe/Berlin', 'start', '2026-10-25T00:30:00.000Z'],
  ['2026-12-24T18:00:00+05:30', 'Europe/Berlin', 'start', '2026-12-24T12:30:00.000Z'],
  ['2026-12-24T18:00:00Z', 'Europe/Berlin', 'end', '2026-12-24T18:00:00.000Z'],
  ['2026-12-24T18:00Z', 'UTC', 'start', undefined],
  ['2026-12-24T24:00', 'UTC', 'end', undefined],
  ['2026-12-24T18:00:60', 'UTC', 'end', undefined],
  ['2026-12-24T18', 'UTC', 'start', undefined],
  ['2026-02-30', 'UTC', 'start', undefined],
  ['2026-02-30T10:00', 'UTC', 'start', undefined],
  ['2026-1-1', 'UTC', 'start', undefined],
  ['2026-W10', 'UTC', 'start', undefined],
  ['now', 'UTC', 'start', undefined],
])('parseScheduleTime %j in %s as %s', (text, zone, edge, expected) => {
  const parsed = parseScheduleTime(text, zone, edge)
  expect(parsed === undefined ? undefined : formatInstant(parsed)).toBe(expected)
})
