import { describe, expect, test } from 'vitest'
import { isZone, timeReader } from './times.ts'

describe('times in a file', () => {
  test.each([
    ['19970101', 'UTC', '1997-01-01T12:00:00.000Z'],
    ['2019-10-01', 'UTC', '2019-10-01T12:00:00.000Z'],
    ['2019-10-01', 'Asia/Kolkata', '2019-10-01T06:30:00.000Z'],
    ['2019-10-01 00:00:00 UTC', 'Asia/Kolkata', '2019-10-01T00:00:00.000Z'],
    ['2019-10-01 00:00:01', 'UTC', '2019-10-01T00:00:01.000Z'],
    ['2019-10-01T00:00', 'America/New_York', '2019-10-01T04:00:00.000Z'],
    ['2019-10-01T00:00:00.1239Z', 'UTC', '2019-10-01T00:00:00.123Z'],
    ['2019-10-01T00:00:00+05:30', 'UTC', '2019-09-30T18:30:00.000Z'],
    ['2019-10-01T00:00:00-0130', 'UTC', '2019-10-01T01:30:00.000Z'],
    ['1569888000', 'UTC', '2019-10-01T00:00:00.000Z'],
    ['1569888000.5', 'UTC', '2019-10-01T00:00:00.500Z'],
    ['1569888000123', 'UTC', '2019-10-01T00:00:00.123Z'],
    ['852076800', 'UTC', '1997-01-01T00:00:00.000Z'],
    ['2024-02-29', 'UTC', '2024-02-29T12:00:00.000Z'],
    // Skipped and repeated by a clock change: later, and the first of the two.
    ['2026-03-29 02:30:00', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ['2026-10-25 02:30:00', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
  ])('%s in %s is %s', (text, zone, expected) => {
    expect(timeReader(zone)(text)).toBe(expected)
  })

  test.each([
    '',
    'yesterday',
    '2019-02-30',
    '20190230',
    '2019-13-01',
    '2019-10-01 24:00:00',
    '01/02/2019',
    '12345',
  ])('cannot read "%s"', (text) => {
    expect(timeReader('UTC')(text)).toBeUndefined()
  })

  test('remembers only the last text', () => {
    const read = timeReader('UTC')
    expect([read('20190101'), read('20190102'), read('20190101')]).toEqual([
      '2019-01-01T12:00:00.000Z',
      '2019-01-02T12:00:00.000Z',
      '2019-01-01T12:00:00.000Z',
    ])
  })

  test('knows zones', () => {
    expect([isZone('Asia/Kolkata'), isZone('UTC'), isZone('Mars/Olympus')]).toEqual([true, true, false])
  })
})
