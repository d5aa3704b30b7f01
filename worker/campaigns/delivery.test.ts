import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatInstant } from '../platform/calendar.ts'
import { type Delivery, deliveryFaults, deliveryOf, dueOf, lastDueOf, snapshotAt } from './delivery.ts'

const ms = (text: string) => Date.parse(text)
const shown = (due: number | 'skipped') => (due === 'skipped' ? due : formatInstant(due))
const utc = (text: string) => (text === 'skipped' ? text : formatInstant(ms(text)))

const DAY = 86_400_000
const NOW = ms('2027-03-01T00:00Z')
const accountZone = 'Europe/Berlin'

const account: Delivery = { deliver: 'account', startsMs: ms('2027-03-14T18:00Z') }
const userTime = (local: string, ifPast: 'skip' | 'nextDay' = 'skip'): Delivery => ({
  deliver: 'userTime',
  local,
  ifPast,
  accountZone,
})
const bestTime = (date: string, ifPast: 'skip' | 'nextDay' = 'skip', fallback = '18:30'): Delivery => ({
  deliver: 'bestTime',
  date,
  ifPast,
  fallback,
  accountZone,
})

describe('dueOf, in the time of each user', () => {
  // zone → 18:00 on the day on which clocks go forward in North America
  test.each([
    ['Pacific/Kiritimati', '2027-03-14T04:00Z'],
    ['Pacific/Chatham', '2027-03-14T04:15Z'],
    ['Pacific/Auckland', '2027-03-14T05:00Z'],
    ['Australia/Lord_Howe', '2027-03-14T07:00Z'],
    ['Asia/Tokyo', '2027-03-14T09:00Z'],
    ['Asia/Kathmandu', '2027-03-14T12:15Z'],
    ['Asia/Kolkata', '2027-03-14T12:30Z'],
    ['Africa/Casablanca', '2027-03-14T17:00Z'],
    ['Europe/London', '2027-03-14T18:00Z'],
    ['America/St_Johns', '2027-03-14T20:30Z'],
    ['America/New_York', '2027-03-14T22:00Z'],
    ['Pacific/Pago_Pago', '2027-03-15T05:00Z'],
    ['Etc/GMT+12', '2027-03-15T06:00Z'],
    // Whose zone is not known, or cannot be reckoned with, lives in that of the account.
    [null, '2027-03-14T17:00Z'],
    ['Mars/Olympus', '2027-03-14T17:00Z'],
    ['PST', '2027-03-14T17:00Z'],
  ])('%s', (timezone, expected) => {
    expect(shown(dueOf(userTime('2027-03-14T18:00'), { timezone }, NOW))).toBe(utc(expected))
  })

  // local time, zone, when the audience is taken → due with skip, due with nextDay
  test.each([
    ['2027-03-14T18:00', 'Asia/Kolkata', '2027-03-14T12:29Z', '2027-03-14T12:30Z', '2027-03-14T12:30Z'],
    // Taken at the very moment: it has not passed.
    ['2027-03-14T18:00', 'Asia/Kolkata', '2027-03-14T12:30Z', '2027-03-14T12:30Z', '2027-03-14T12:30Z'],
    ['2027-03-14T18:00', 'Asia/Kolkata', '2027-03-14T12:30:00.001Z', 'skipped', '2027-03-15T12:30Z'],
    ['2027-03-14T18:00', 'Asia/Kathmandu', '2027-03-15T12:15Z', 'skipped', '2027-03-15T12:15Z'],
    ['2027-03-14T18:00', 'Asia/Kathmandu', '2027-03-15T12:16Z', 'skipped', '2027-03-16T12:15Z'],
    // The hour from 2 to 3 is skipped today, but is there tomorrow; and the other way round.
    ['2027-03-14T02:30', 'America/New_York', '2027-03-14T07:30Z', '2027-03-14T07:30Z', '2027-03-14T07:30Z'],
    ['2027-03-14T02:30', 'America/New_York', '2027-03-14T07:31Z', 'skipped', '2027-03-15T06:30Z'],
    ['2027-03-13T02:30', 'America/New_York', '2027-03-13T08:00Z', 'skipped', '2027-03-14T07:30Z'],
    ['2027-03-13T18:00', 'America/New_York', '2027-03-14T00:00Z', 'skipped', '2027-03-14T22:00Z'],
    // The hour from 1 to 2 comes twice: the first one has passed, however long the second may last.
    ['2027-11-07T01:30', 'America/New_York', '2027-11-07T05:30Z', '2027-11-07T05:30Z', '2027-11-07T05:30Z'],
    ['2027-11-07T01:30', 'America/New_York', '2027-11-07T06:00Z', 'skipped', '2027-11-08T06:30Z'],
    ['2027-11-06T18:00', 'America/New_York', '2027-11-07T22:30Z', 'skipped', '2027-11-07T23:00Z'],
    ['2027-03-14T02:30', 'America/St_Johns', '2027-03-14T06:00Z', '2027-03-14T06:00Z', '2027-03-14T06:00Z'],
    ['2027-03-14T02:30', 'America/St_Johns', '2027-03-14T06:01Z', 'skipped', '2027-03-15T05:00Z'],
    // Clocks that move by half an hour.
    [
      '2027-10-03T02:15',
      'Australia/Lord_Howe',
      '2027-10-02T15:45Z',
      '2027-10-02T15:45Z',
      '2027-10-02T15:45Z',
    ],
    ['2027-10-03T02:15', 'Australia/Lord_Howe', '2027-10-02T15:46Z', 'skipped', '2027-10-03T15:15Z'],
    ['2027-04-04T01:45', 'Australia/Lord_Howe', '2027-04-03T15:00Z', 'skipped', '2027-04-04T15:15Z'],
    ['2027-09-25T18:00', 'Pacific/Auckland', '2027-09-25T06:01Z', 'skipped', '2027-09-26T05:00Z'],
    ['2027-03-27T18:00', 'Europe/London', '2027-03-27T19:00Z', 'skipped', '2027-03-28T17:00Z'],
    ['2027-02-06T18:00', 'Africa/Casablanca', '2027-02-06T18:00Z', 'skipped', '2027-02-07T18:00Z'],
    // Ends of months and years.
    ['2026-12-31T18:00', 'Pacific/Kiritimati', '2026-12-31T04:01Z', 'skipped', '2027-01-01T04:00Z'],
    ['2026-12-31T18:00', 'Pacific/Pago_Pago', '2027-01-01T05:01Z', 'skipped', '2027-01-02T05:00Z'],
    ['2028-02-28T18:00', 'UTC', '2028-02-28T18:01Z', 'skipped', '2028-02-29T18:00Z'],
    ['2027-02-28T18:00', 'UTC', '2027-02-28T18:01Z', 'skipped', '2027-03-01T18:00Z'],
    // A day that does not exist there.
    ['2011-12-29T10:00', 'Pacific/Apia', '2011-12-29T20:01Z', 'skipped', '2011-12-30T20:00Z'],
    // Taken long after: the first day that will do.
    ['2020-01-31T18:00', 'Europe/London', '2027-07-01T17:00Z', 'skipped', '2027-07-01T17:00Z'],
    ['2020-01-31T18:00', 'Europe/London', '2027-07-01T17:01Z', 'skipped', '2027-07-02T17:00Z'],
  ])('%s in %s, taken at %s', (local, timezone, taken, skip, nextDay) => {
    expect(shown(dueOf(userTime(local, 'skip'), { timezone }, ms(taken)))).toBe(utc(skip))
    expect(shown(dueOf(userTime(local, 'nextDay'), { timezone }, ms(taken)))).toBe(utc(nextDay))
  })
})

// slot, zone, when the audience is taken → due with skip, due with nextDay
test.each<[number | undefined, string | null, string, string, string]>([
  [0, 'Asia/Kolkata', '2027-03-13T10:00Z', '2027-03-13T18:30Z', '2027-03-13T18:30Z'],
  [11, 'Asia/Kolkata', '2027-03-13T10:00Z', '2027-03-14T16:30Z', '2027-03-14T16:30Z'],
  [5, 'Asia/Kathmandu', '2027-03-13T10:00Z', '2027-03-14T04:15Z', '2027-03-14T04:15Z'],
  [0, 'Pacific/Kiritimati', '2027-03-13T10:00Z', '2027-03-13T10:00Z', '2027-03-13T10:00Z'],
  [11, 'Pacific/Pago_Pago', '2027-03-13T10:00Z', '2027-03-15T09:00Z', '2027-03-15T09:00Z'],
  // The slot begins in the skipped hour.
  [1, 'America/New_York', '2027-03-13T10:00Z', '2027-03-14T07:00Z', '2027-03-14T07:00Z'],
  [1, 'America/New_York', '2027-03-14T07:01Z', 'skipped', '2027-03-15T06:00Z'],
  [4, null, '2027-03-14T07:00Z', '2027-03-14T07:00Z', '2027-03-14T07:00Z'],
  [4, null, '2027-03-14T07:01Z', 'skipped', '2027-03-15T07:00Z'],
  // Without history.
  [undefined, 'Asia/Kolkata', '2027-03-13T10:00Z', '2027-03-14T13:00Z', '2027-03-14T13:00Z'],
  [undefined, 'Asia/Kolkata', '2027-03-14T13:01Z', 'skipped', '2027-03-15T13:00Z'],
  [undefined, 'Mars/Olympus', '2027-03-13T10:00Z', '2027-03-14T17:30Z', '2027-03-14T17:30Z'],
])('the best time of slot %s in %s, taken at %s', (slot, timezone, taken, skip, nextDay) => {
  const due = (ifPast: 'skip' | 'nextDay') =>
    shown(dueOf(bestTime('2027-03-14', ifPast), { timezone, slot }, ms(taken)))
  expect([due('skip'), due('nextDay')]).toEqual([utc(skip), utc(nextDay)])
})

test('in account time everybody is due at the start, however late the audience is taken', () => {
  expect(dueOf(account, { timezone: 'Asia/Kolkata', slot: 3 }, account.startsMs + DAY)).toBe(account.startsMs)
})

// delivery → when its audience is taken, when the last of them could be due
test.each<[string, Delivery, string, string]>([
  ['account', account, '2027-03-14T18:00Z', '2027-03-14T18:00Z'],
  ['userTime', userTime('2027-03-14T18:00'), '2027-03-14T04:00Z', '2027-03-15T06:00Z'],
  [
    'the next day is not counted',
    userTime('2026-12-31T23:00', 'nextDay'),
    '2026-12-31T09:00Z',
    '2027-01-01T11:00Z',
  ],
  ['bestTime', bestTime('2027-03-14'), '2027-03-13T10:00Z', '2027-03-15T10:00Z'],
  ['a late fallback', bestTime('2027-03-14', 'skip', '23:15'), '2027-03-13T10:00Z', '2027-03-15T11:15Z'],
  ['an early one', bestTime('2027-01-01', 'skip', '00:00'), '2026-12-31T10:00Z', '2027-01-02T10:00Z'],
])('snapshotAt and lastDueOf: %s', (_, delivery, taken, last) => {
  expect([shown(snapshotAt(delivery)), shown(lastDueOf(delivery))]).toEqual([utc(taken), utc(last)])
})

describe('schedules', () => {
  const schedule = (more: object) => ({ start: '2027-03-14T18:00', end: 'never', ...more })

  // what is written → what is refused
  test.each<[object, string[]]>([
    [{}, []],
    [{ deliver: 'account' }, []],
    [{ deliver: 'account', start: 'now' }, []],
    [{ deliver: 'account', start: '2027-03-14T18:00:00+05:30' }, []],
    [{ ifPast: 'skip' }, ['schedule.ifPast']],
    [{ deliver: 'account', ifPast: 'nextDay', fallback: '10:00' }, ['schedule.ifPast', 'schedule.fallback']],
    [{ deliver: 'userTime' }, []],
    [{ deliver: 'userTime', ifPast: 'nextDay', timezone: 'UTC' }, []],
    [{ deliver: 'userTime', fallback: '18:00' }, ['schedule.fallback']],
    [{ deliver: 'userTime', start: 'now' }, ['schedule.start']],
    [{ deliver: 'userTime', start: '2027-03-14' }, ['schedule.start']],
    [{ deliver: 'userTime', start: '2027-02-29T18:00' }, ['schedule.start']],
    [{ deliver: 'userTime', start: '2027-03-14T18:00:00Z' }, ['schedule.start']],
    [{ deliver: 'userTime', start: '2027-03-14T18:00:00+05:30' }, ['schedule.start']],
    [{ deliver: 'bestTime', start: '2027-03-14', ifPast: 'nextDay', fallback: '10:00' }, []],
    [{ deliver: 'bestTime' }, ['schedule.start']],
    [{ deliver: 'bestTime', start: 'now' }, ['schedule.start']],
    [{ deliver: 'bestTime', start: '2027-02-29' }, ['schedule.start']],
  ])('%j', (more, paths) => {
    expect(deliveryFaults(schedule(more)).map(({ path }) => path)).toEqual(paths)
    const delivery = deliveryOf(schedule(more), 'Asia/Kolkata', accountZone, NOW)
    expect(Array.isArray(delivery) ? delivery.map(({ path }) => path) : []).toEqual(paths)
  })

  // what is written → how it delivers
  test.each<[object, Delivery]>([
    [{}, { deliver: 'account', startsMs: ms('2027-03-14T12:30Z') }],
    [{ start: 'now' }, { deliver: 'account', startsMs: NOW }],
    [{ start: '2027-03-14' }, { deliver: 'account', startsMs: ms('2027-03-13T18:30Z') }],
    [{ start: '2027-03-14T18:00:00Z' }, account],
    [{ deliver: 'userTime' }, userTime('2027-03-14T18:00', 'skip')],
    [{ deliver: 'userTime', ifPast: 'nextDay' }, userTime('2027-03-14T18:00', 'nextDay')],
    [{ deliver: 'bestTime', start: '2027-03-14' }, bestTime('2027-03-14', 'skip', '18:00')],
    [
      { deliver: 'bestTime', start: '2027-03-14', ifPast: 'nextDay', fallback: '09:05' },
      bestTime('2027-03-14', 'nextDay', '09:05'),
    ],
  ])('%j is read', (more, delivery) => {
    expect(deliveryOf(schedule(more), 'Asia/Kolkata', accountZone, NOW)).toEqual(delivery)
  })

  test.each([
    ['soon', 'never', ['schedule.start']],
    ['2027-03-14T18:00', '2027-03-14T18:00', ['schedule.end']],
  ])('account time from %s to %s is refused as for live campaigns', (start, end, paths) => {
    const delivery = deliveryOf({ start, end }, 'UTC', accountZone, NOW)
    expect(Array.isArray(delivery) && delivery.map(({ path }) => path)).toEqual(paths)
  })
})

describe('whatever the zone, time and moment', () => {
  const zones = [
    'Africa/Casablanca',
    'America/New_York',
    'America/Sao_Paulo',
    'America/St_Johns',
    'Asia/Kathmandu',
    'Asia/Kolkata',
    'Australia/Lord_Howe',
    'Europe/London',
    'Pacific/Apia',
    'Pacific/Auckland',
    'Pacific/Kiritimati',
    'Pacific/Pago_Pago',
  ]
  const clocks = new Map(
    zones.map((timeZone) => [
      timeZone,
      new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' }),
    ]),
  )
  /** What a clock on a wall there shows, by the machine's own reckoning. */
  const wallClock = (atMs: number, zone: string) => clocks.get(zone)?.format(atMs).replace(' ', 'T') ?? ''

  const zone = fc.constantFrom(...zones)
  // Half of the moments are near a change of clocks somewhere.
  const changes = ['2027-03-14', '2027-04-04', '2027-10-03', '2027-11-07', '2011-12-30', '2010-11-07'].map(
    (day) => ms(`${day}T00:00Z`),
  )
  const minute = fc
    .oneof(
      fc.integer({ min: ms('2000-01-01T00:00Z') / 60_000, max: ms('2037-01-01T00:00Z') / 60_000 }),
      fc
        .tuple(fc.constantFrom(...changes), fc.integer({ min: -1_500, max: 1_500 }))
        .map(([at, minutes]) => at / 60_000 + minutes),
    )
    .map((minutes) => minutes * 60_000)
  const local = minute.map((at) => formatInstant(at).slice(0, 16))
  const late = fc.integer({ min: -3 * DAY, max: 3 * DAY })
  const runs = { numRuns: 2_000 }

  test('the clock shows the time asked for, for the first time, or never shows it', () => {
    fc.assert(
      fc.property(local, zone, (asked, timezone) => {
        const due = Number(dueOf(userTime(asked), { timezone }, ms('1990-01-01T00:00Z')))
        // Offsets are whole quarters of an hour in these years.
        const nominal = ms(`${asked}Z`)
        const showing = Array.from({ length: 28 * 4 }, (_, n) => nominal + (n - 14 * 4) * 900_000).filter(
          (at) => wallClock(at, timezone) === asked,
        )
        if (showing.length > 0) expect(due).toBe(showing[0])
        else expect(wallClock(due, timezone) > asked).toBe(true)
      }),
      runs,
    )
  })

  test('everybody is due between the snapshot and the last moment', () => {
    const slot = fc.option(fc.integer({ min: 0, max: 11 }), { nil: undefined })
    fc.assert(
      fc.property(local, zone, slot, (asked, timezone, best) => {
        for (const delivery of [userTime(asked), bestTime(asked.slice(0, 10), 'skip', asked.slice(11))]) {
          const taken = snapshotAt(delivery)
          const due = Number(dueOf(delivery, { timezone, slot: best }, taken))
          expect(taken <= due && due <= lastDueOf(delivery)).toBe(true)
        }
      }),
      runs,
    )
  })

  test('who is not skipped is due at the same moment either way, and who is has the next day', () => {
    fc.assert(
      fc.property(local, zone, late, (asked, timezone, lateMs) => {
        const onTime = Number(dueOf(userTime(asked), { timezone }, ms('1990-01-01T00:00Z')))
        const taken = onTime + lateMs
        const skip = dueOf(userTime(asked, 'skip'), { timezone }, taken)
        const nextDay = Number(dueOf(userTime(asked, 'nextDay'), { timezone }, taken))
        expect(skip).toBe(lateMs > 0 ? 'skipped' : onTime)
        expect(nextDay >= taken).toBe(true)
        if (lateMs <= 0) expect(nextDay).toBe(onTime)
        else expect(nextDay - taken < 2 * DAY).toBe(true)
      }),
      runs,
    )
  })

  test('the next day is the first that will do', () => {
    fc.assert(
      fc.property(local, zone, late, (asked, timezone, lateMs) => {
        const taken = ms(`${asked}Z`) + lateMs
        const expected = [0, 1, 2, 3, 4, 5, 6]
          .map((days) => formatInstant(ms(`${asked}Z`) + days * DAY).slice(0, 16))
          .map((day) => Number(dueOf(userTime(day), { timezone }, ms('1990-01-01T00:00Z'))))
          .find((due) => due >= taken)
        expect(dueOf(userTime(asked, 'nextDay'), { timezone }, taken)).toBe(expected)
      }),
      runs,
    )
  })
})
