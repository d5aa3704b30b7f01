import { beforeAll, expect, test } from 'vitest'
import { bestSlots, bestSlotsStatements, type SlotRow, slotRanges } from '../../worker/campaigns/bestTime.ts'
import { env, setUp } from './boon.ts'

beforeAll(setUp)

async function slotRows(ranges: Parameters<typeof bestSlotsStatements>[1]): Promise<SlotRow[]> {
  const answers = await env.USERS_0.batch<SlotRow>(bestSlotsStatements(env.USERS_0, ranges))
  return answers.flatMap(({ results }) => results)
}

const ms = (text: string) => Date.parse(text)
const HOUR = 3_600_000
const DAY = 24 * HOUR
const ACCOUNT_ZONE = 'America/St_Johns'

/** Records events of users by SQL, as fast as it goes. */
async function record(events: { userId: string; atMs: number }[]): Promise<void> {
  await env.USERS_0.prepare(
    `INSERT INTO events (seq, user_id, id, name, at_ms, properties)
     SELECT (SELECT coalesce(max(seq), 0) FROM events) + key + 1, value ->> 'userId', 'e' || key || '@' || (value ->> 'atMs'),
       'E', value ->> 'atMs', '{}' FROM json_each(?1)`,
  )
    .bind(JSON.stringify(events))
    .run()
}

/** Counts by slot in plain JavaScript, by the hour that the machine's own calendar shows. */
function counted(
  events: { userId: string; atMs: number }[],
  takenMs: number,
  zoneOf: (userId: string) => string,
) {
  const counts = new Map<string, number>()
  for (const { userId, atMs } of events) {
    if (atMs < takenMs - 180 * DAY || atMs >= takenMs) continue
    const clock = new Intl.DateTimeFormat('en', {
      timeZone: zoneOf(userId),
      hour: 'numeric',
      hourCycle: 'h23',
    })
    const key = `${userId} ${Math.floor(Number(clock.format(atMs)) / 2)}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

const zones = [
  'UTC',
  'Africa/Casablanca',
  'America/New_York',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Europe/London',
  'Pacific/Auckland',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  null,
]

test.each([
  ['over a change of clocks', '2027-06-01T12:34:56.789Z'],
  ['over the epoch', '1970-03-01T00:00:00.000Z'],
  ['long before it', '1954-07-01T23:59:59.999Z'],
])('SQL counts as a calendar does, %s', async (name, taken) => {
  const takenMs = ms(taken)
  const users = zones.map((timezone, index) => ({ id: `${name} ${index}`, timezone }))
  // A step that is no part of a day, so that every slot of every stretch has some; and the very edges.
  const events = users.flatMap(({ id }, index) => [
    ...Array.from({ length: 400 }, (_, n) => ({
      userId: id,
      atMs: takenMs + DAY - Math.floor(n * 11.37 * HOUR) - index * 1_234_567,
    })),
    ...[-180 * DAY - 1, -180 * DAY, -180 * DAY + 1, -1, 0, 1].map((ms) => ({
      userId: id,
      atMs: takenMs + ms,
    })),
  ])
  await record(events)
  const ranges = slotRanges(users, takenMs, ACCOUNT_ZONE)
  const results = await slotRows(ranges)
  const expected = counted(
    events,
    takenMs,
    (userId) => users.find(({ id }) => id === userId)?.timezone ?? ACCOUNT_ZONE,
  )
  expect(new Map(results.map(({ user_id, slot, n }) => [`${user_id} ${slot}`, n]))).toEqual(expected)
  expect(new Set(results.map(({ slot }) => slot))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]))
})

test('the same hour of the clock is the same slot on both sides of the change', async () => {
  // 19:59 in winter and 18:00 in summer are one slot; by UTC they would be three hours apart.
  const at = [
    ...['2027-03-11T00:59Z', '2027-03-12T00:59Z', '2027-03-15T22:00Z', '2027-03-16T22:00Z'],
    ...['2027-03-12T15:00Z', '2027-03-13T15:00Z', '2027-03-14T15:00Z'],
  ]
  await record(at.map((text) => ({ userId: 'both', atMs: ms(text) })))
  const users = [
    { id: 'both', timezone: 'America/New_York' },
    { id: 'nobody', timezone: 'America/New_York' },
  ]
  const ranges = slotRanges(users, ms('2027-04-01T00:00Z'), ACCOUNT_ZONE)
  const results = await slotRows(ranges)
  expect(bestSlots(results)).toEqual(new Map([['both', 9]]))
})

test('ids are taken as they are, and nobody makes no rows', async () => {
  const odd = ['7', '7.0', 'null', '"\\', 'ü😀', "o'neil"]
  const takenMs = ms('2030-01-01T12:00Z')
  await record(odd.map((userId) => ({ userId, atMs: takenMs - 1 })))
  const users = odd.map((id) => ({ id, timezone: null }))
  const results = await slotRows(slotRanges(users, takenMs, 'UTC'))
  expect(bestSlots(results)).toEqual(new Map(odd.map((id) => [id, 5])))
  expect(bestSlotsStatements(env.USERS_0, [])).toEqual([])
})

test('it reads the index by user and time, and no table', async () => {
  const plans: string[] = []
  const explained = {
    prepare: (query: string) => env.USERS_0.prepare(`EXPLAIN QUERY PLAN ${query}`),
  } as D1Database
  for (const statement of bestSlotsStatements(explained, [['u', 0, 1, 0]])) {
    const { results } = await statement.all<{ detail: string }>()
    plans.push(...results.map(({ detail }) => detail))
  }
  expect(plans).toContainEqual(
    expect.stringMatching(
      /SEARCH events USING COVERING INDEX events_by_time \(user_id=\? AND at_ms>\? AND at_ms<\?\)/,
    ),
  )
  expect(plans.filter((detail) => detail.startsWith('SCAN'))).toEqual([
    expect.stringContaining('VIRTUAL TABLE'),
  ])
})
