import { beforeAll, describe, expect, test } from 'vitest'
import { clock, ok, send, wallet } from './boon.ts'
import { campaignNow, listedGrants } from './records.ts'
import { addUsers, flat, group, progressOf, setUpQuiet, startRun } from './runParts.ts'

beforeAll(async () => {
  await setUpQuiet('2026-12-01T00:00:00Z')
  await ok('PATCH', '/v1/settings', { timezone: 'Europe/Berlin' })
})
let walletId = ''
beforeAll(async () => {
  walletId = (await wallet()).id
})

const run = (name: string, schedule: object) => startRun({ ...flat(walletId), ...group(name), schedule })

/** When each user was granted, to the minute; by the last part of the user's id. */
async function times(id: string): Promise<Record<string, string>> {
  const grants = await listedGrants(id)
  // Newest first, and each at a moment of its own due time.
  expect(grants.map(({ at }) => at)).toEqual(
    grants
      .map(({ at }) => at)
      .sort()
      .reverse(),
  )
  return Object.fromEntries(
    grants.map(({ userId, at }) => [userId.replace(/^[^ ]* /, ''), at.replace(/:00\.000Z$/, 'Z')]),
  )
}

const zones: [string | null, string, string][] = [
  ['Pacific/Kiritimati', '04:00', '04:00'],
  ['Pacific/Chatham', '04:15', '04:15'],
  ['Pacific/Auckland', '05:00', '05:00'],
  ['Australia/Lord_Howe', '07:00', '07:00'],
  ['Asia/Tokyo', '09:00', '09:00'],
  ['Asia/Kathmandu', '12:15', '12:15'],
  ['Asia/Kolkata', '12:30', '12:30'],
  // The account's, which moves its clocks on 28 March.
  [null, '17:00', '16:00'],
  ['Europe/London', '18:00', '17:00'],
  ['America/St_Johns', '20:30', '20:30'],
  ['America/Sao_Paulo', '21:00', '21:00'],
  // Moves its clocks on 14 March.
  ['America/New_York', '22:00', '22:00'],
  ['Etc/GMT+12', 'next 06:00', 'next 06:00'],
]

/** When each zone reaches 18:00 on a day of March 2027. */
const sixOn = (day: number, column: 1 | 2) =>
  Object.fromEntries(
    zones.map((row) => {
      const [time = '', isNext] = row[column].split(' ').reverse()
      return [String(row[0]), `2027-03-${day + (isNext === undefined ? 0 : 1)}T${time}Z`]
    }),
  )

describe('18:00 of each user, in thirteen zones', () => {
  beforeAll(async () => {
    const ids = zones.map(([zone]) => `zone ${zone}`)
    await addUsers(ids, { group: 'zones', zoneOf: (place) => zones[place]?.[0] ?? null })
    await clock('2027-03-10T00:00:00Z')
  })

  test('published before: everybody on the day, whatever would become of those who are late', async () => {
    const ids: string[] = []
    for (const ifPast of ['skip', 'nextDay', undefined]) {
      const schedule = { start: '2027-03-14T18:00', deliver: 'userTime', ifPast }
      const { id, status, startsAt } = await run('zones', schedule)
      // Before the first zone on earth is due.
      expect({ status, startsAt }).toEqual({ status: 'scheduled', startsAt: '2027-03-14T04:00:00.000Z' })
      ids.push(id)
    }
    await clock('2027-03-14T12:20:00Z')
    const progress = { total: 13, processed: 6, granted: 6, refused: 0 }
    expect((await campaignNow(ids[0] ?? '')).stats.run).toEqual(progress)
    // Who moves after the audience was taken keeps their time.
    await ok('PUT', '/v1/users/zone%20Asia%2FKolkata', { timezone: 'America/New_York' })
    await clock('2027-03-16T00:00:00Z')
    await ok('PUT', '/v1/users/zone%20Asia%2FKolkata', { timezone: 'Asia/Kolkata' })
    for (const id of ids) {
      expect(await times(id)).toEqual(sixOn(14, 1))
      expect(await progressOf(id)).toMatchObject({ total: 13, granted: 13 })
    }
  })

  test('published when the hour has passed in some: they are skipped, or served at that hour of the next day', async () => {
    await clock('2027-03-28T12:20:00Z')
    const schedule = { start: '2027-03-28T18:00', timezone: 'Asia/Tokyo', deliver: 'userTime' }
    const skipping = await run('zones', { ...schedule, ifPast: 'skip' })
    const waiting = await run('zones', { ...schedule, ifPast: 'nextDay' })
    const unsaid = await run('zones', schedule)
    expect(skipping.status).toBe('running')
    await clock('2027-03-31T00:00:00Z')
    const six = sixOn(28, 2)
    const passed = Object.keys(six).filter((zone) => (six[zone] ?? '') < '2027-03-28T12:20Z')
    expect(passed).toHaveLength(6)
    const inTime = Object.fromEntries(Object.entries(six).filter(([zone]) => !passed.includes(zone)))
    const nextDay = sixOn(29, 2)
    for (const { id } of [skipping, unsaid]) {
      expect(await times(id)).toEqual(inTime)
      expect(await progressOf(id)).toMatchObject({ granted: 7, reasons: { outside_window: 6 } })
    }
    expect(await times(waiting.id)).toEqual({
      ...inTime,
      ...Object.fromEntries(passed.map((zone) => [zone, nextDay[zone]])),
    })
    expect(await progressOf(waiting.id)).toMatchObject({ granted: 13, reasons: {} })
  })

  test('everybody’s hour but the last zone’s has passed: it is still publishable', async () => {
    await clock('2027-04-01T05:59:00Z')
    const { id } = await run('zones', { start: '2027-03-31T18:00', deliver: 'userTime' })
    await clock('2027-04-01T12:00:00Z')
    expect(await times(id)).toEqual({ 'Etc/GMT+12': '2027-04-01T06:00Z' })
    expect(await campaignNow(id)).toMatchObject({ status: 'completed' })
  })

  test('the end of a month: the next day is the first of the next', async () => {
    await clock('2027-04-30T13:00:00Z')
    const { id } = await run('zones', { start: '2027-04-30T18:00', deliver: 'userTime', ifPast: 'nextDay' })
    await clock('2027-05-02T12:00:00Z')
    expect(await times(id)).toMatchObject({
      'Asia/Kolkata': '2027-05-01T12:30Z',
      'Europe/London': '2027-04-30T17:00Z',
      'Etc/GMT+12': '2027-05-01T06:00Z',
    })
  })

  test('a pause over somebody’s hour: they are served when it ends, the others at their hour', async () => {
    await clock('2027-05-10T00:00:00Z')
    const { id } = await run('zones', { start: '2027-05-10T18:00', deliver: 'userTime' })
    await clock('2027-05-10T12:00:00Z')
    await ok('POST', `/v1/campaigns/${id}/pause`)
    await clock('2027-05-10T16:30:00Z')
    await ok('POST', `/v1/campaigns/${id}/resume`)
    await clock('2027-05-12T00:00:00Z')
    expect(await times(id)).toMatchObject({
      'Asia/Tokyo': '2027-05-10T09:00Z',
      'Asia/Kathmandu': '2027-05-10T16:30Z',
      'Asia/Kolkata': '2027-05-10T16:30Z',
      'Europe/London': '2027-05-10T17:00Z',
    })
  })
})

describe('the best time of each user', () => {
  const zoneOf: Record<string, string> = {
    morning: 'Asia/Kolkata',
    night: 'America/New_York',
    tie: 'UTC',
    first: 'Pacific/Kiritimati',
    old: 'Asia/Kathmandu',
  }
  // Who → when they were active, by UTC.
  const activity: [string, string[]][] = [
    ['morning', ['2027-06-01T03:00Z', '2027-06-05T04:29Z', '2027-06-01T09:00Z']],
    // 22:15 and 23:45 in winter, 23:15 in summer; and twice at another time.
    [
      'night',
      [
        '2027-02-02T03:15Z',
        '2027-02-03T04:45Z',
        '2027-05-02T03:15Z',
        '2027-05-01T16:00Z',
        '2027-05-02T16:00Z',
      ],
    ],
    ['tie', ['2027-06-01T20:00Z', '2027-06-02T06:30Z']],
    ['first', ['2027-05-31T10:30Z']],
    // More than 180 days before.
    ['old', ['2026-12-01T09:00Z']],
  ]
  beforeAll(async () => {
    const ids = [...Object.keys(zoneOf), 'none']
    await addUsers(
      ids.map((name) => `best ${name}`),
      {
        group: 'best',
        zoneOf: (place) => zoneOf[ids[place] ?? ''] ?? null,
      },
    )
    const seen = activity.flatMap(([name, at]) =>
      at.map((time) => ({ userId: `best ${name}`, name: 'Seen', timestamp: time.replace('Z', ':00Z') })),
    )
    await clock('2027-06-06T00:00:00Z')
    await send(seen)
  })

  test('the two hours of the day in which they did most; the fallback without history; the earlier of equals', async () => {
    const { id, startsAt } = await run('best', {
      start: '2027-06-10',
      deliver: 'bestTime',
      fallback: '09:30',
    })
    expect(startsAt).toBe('2027-06-09T10:00:00.000Z')
    await clock('2027-06-12T00:00:00Z')
    expect(await times(id)).toEqual({
      first: '2027-06-09T10:00Z',
      morning: '2027-06-10T02:30Z',
      old: '2027-06-10T03:45Z',
      tie: '2027-06-10T06:00Z',
      none: '2027-06-10T07:30Z',
      night: '2027-06-11T02:00Z',
    })
    expect(await campaignNow(id)).toMatchObject({ status: 'completed' })
  })

  test('published in the middle of the last day of a month: skipped, or at that time of the next day', async () => {
    await clock('2027-06-30T07:00:00Z')
    const schedule = { start: '2027-06-30', deliver: 'bestTime' }
    const skipping = await run('best', schedule)
    const waiting = await run('best', { ...schedule, ifPast: 'nextDay' })
    await clock('2027-07-03T00:00:00Z')
    const inTime = { old: '2027-06-30T12:15Z', none: '2027-06-30T16:00Z', night: '2027-07-01T02:00Z' }
    expect(await times(skipping.id)).toEqual(inTime)
    expect(await progressOf(skipping.id)).toMatchObject({ reasons: { outside_window: 3 } })
    const late = { first: '2027-06-30T10:00Z', morning: '2027-07-01T02:30Z', tie: '2027-07-01T06:00Z' }
    expect(await times(waiting.id)).toEqual({ ...inTime, ...late })
  })
})
