import { beforeAll, describe, expect, test } from 'vitest'
import { setFaultHook } from '../../worker/platform/faults.ts'
import { call, campaign, clock, env, ok, send, wallet } from './boon.ts'
import { campaignNow, grantRows, lotRows, setUpAt, userAt } from './records.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))

const users = [env.USERS_0, (env as unknown as { USERS_1: D1Database }).USERS_1]

/** Does something while a table of a database cannot be found. */
async function without<T>(db: D1Database | undefined, table: string, work: () => Promise<T>): Promise<T> {
  await db?.prepare(`ALTER TABLE ${table} RENAME TO ${table}_away`).run()
  try {
    return await work()
  } finally {
    await db?.prepare(`ALTER TABLE ${table}_away RENAME TO ${table}`).run()
  }
}

const post = (events: unknown[]) => call('POST', '/v1/events', { events })

describe('a database that fails answers 503, and nothing is lost or doubled', () => {
  test.each(['events', 'users', 'grants', 'wallet_lots', 'wallet_entries'])(
    'the user database lacks %s',
    async (table) => {
      const purse = await wallet()
      const { id } = await campaign(`lacks ${table}`, purse.id, { limits: { perUser: { total: 1 } } })
      const event = { id: table, userId: `of ${table}`, name: `lacks ${table}` }
      const db = users[userAt(0, event.userId) === `${event.userId}0` ? 0 : 1]
      const userId = `${event.userId}0`
      const down = await without(db, table, () => post([{ ...event, userId }]))
      expect(down.status).toBe(503)
      expect(down.json.code).toBe('unavailable')
      expect(down.headers.get('retry-after')).toBe('1')
      expect((await send([{ ...event, userId }])).decisions).toMatchObject([{ outcome: 'granted' }])
      await clock('PT10S')
      expect(await lotRows(purse.id)).toHaveLength(1)
      expect(await grantRows(id)).toHaveLength(1)
      expect((await campaignNow(id)).stats.granted).toBe(1)
    },
  )

  test('the catalogue does not answer', async () => {
    const purse = await wallet()
    await campaign('catalogue', purse.id)
    const event = { id: 'c', userId: 'c', name: 'catalogue' }
    await send([{ ...event, id: 'before' }])
    expect((await without(env.DB, 'meta', () => post([event]))).status).toBe(503)
    expect((await send([event])).decisions).toMatchObject([{ outcome: 'granted' }])
    expect(await lotRows(purse.id)).toHaveLength(2)
  })

  test('one of two: the request fails, and sent again it is whole', async () => {
    const purse = await wallet()
    const { id } = await campaign('half', purse.id)
    const events = [0, 1].map((home) => ({ id: 'h', userId: userAt(home, 'half-'), name: 'half' }))
    expect((await without(users[1], 'wallet_lots', () => post(events))).status).toBe(503)
    expect((await send(events)).decisions).toMatchObject([{ outcome: 'granted' }, { outcome: 'granted' }])
    expect(await lotRows(purse.id)).toHaveLength(2)
    expect((await campaignNow(id)).stats.granted).toBe(2)
  })
})

test.each([0, 1])('database %i is down: the alarm still finishes what belongs to the other', async (home) => {
  const purse = await wallet()
  await campaign(`down ${home}`, purse.id)
  const events = [0, 1].map((at) => ({ userId: userAt(at, `down-${home}-`), name: `down ${home}` }))
  let left = 1
  setFaultHook((point) => {
    if (point === 'decided' && left-- > 0) throw new Error('killed')
  })
  expect((await post(events)).status).toBe(500)
  setFaultHook(undefined)
  await without(users[home], 'wallet_lots', () => clock('PT10S'))
  const other = events[1 - home]?.userId
  expect((await lotRows(purse.id)).map((lot) => lot.user_id)).toContain(other)
  await clock('PT10S')
  expect(await lotRows(purse.id)).toHaveLength(2)
})

test('a refusal is counted once, however often its request had to be sent', async () => {
  const purse = await wallet()
  const { id } = await campaign('once', purse.id, { limits: { perUser: { total: 1 } } })
  const events = ['a', 'b'].map((event) => ({ id: event, userId: userAt(0, 'once-'), name: 'once' }))
  for (let tries = 0; tries < 3; tries++) {
    expect((await without(users[0], 'wallet_lots', () => post(events))).status).toBe(503)
  }
  expect((await send(events)).decisions).toMatchObject([{ outcome: 'granted' }, { outcome: 'refused' }])
  expect((await campaignNow(id)).stats).toMatchObject({ granted: 1, refused: { user_limit_total: 1 } })
})

test('a late event whose request failed is counted as late once', async () => {
  const purse = await wallet()
  const { id } = await campaign('late', purse.id)
  const userId = userAt(0, 'late-')
  const events = [
    { id: 'now', userId, name: 'late' },
    { id: 'late', userId, name: 'late', timestamp: '2026-05-01T08:00:00Z' },
  ]
  expect((await without(users[0], 'wallet_lots', () => post(events))).status).toBe(503)
  await send(events)
  expect((await campaignNow(id)).stats).toMatchObject({ granted: 1, refused: { event_too_old: 1 } })
})

test('1,000 events that eight campaigns reward are more than one parameter of D1 holds, and all are written', async () => {
  const purse = await wallet()
  const names = Array.from({ length: 8 }, (_, n) => `Campaign number ${n} of the many, with a long name`)
  for (const name of names) await campaign('many', purse.id, { name })
  const events = Array.from({ length: 1_000 }, (_, n) => ({ userId: `many-${n % 500}`, name: 'many' }))
  const answer = await post(events)
  expect(answer.status).toBe(200)
  expect(answer.json.decisions).toHaveLength(8_000)
  const lots = await lotRows(purse.id)
  expect(lots).toHaveLength(8_000)
  expect(lots.every(({ entry }) => entry !== null)).toBe(true)
  expect(await ok('GET', '/v1/users/many-0/wallets')).toMatchObject([{ active: 160 }])
})
