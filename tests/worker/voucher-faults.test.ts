import { evictAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { now, setClock } from '../../worker/platform/clock.ts'
import { type FaultPoint, setFaultHook } from '../../worker/platform/faults.ts'
import { voucherPool } from '../../worker/vouchers/store.ts'
import { call, campaign, clock, env, inFlight, ok, wallet } from './boon.ts'
import { HOUR } from './couponParts.ts'
import { setUpAt, userAt } from './records.ts'
import {
  assign,
  codes,
  codesOf,
  listNow,
  tally,
  verb,
  voucherEvents,
  voucherList,
  voucherRows,
} from './voucherParts.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))
afterEach(() => setFaultHook(undefined))

const points: FaultPoint[] = ['voucher taken', 'voucher written']
let scenes = 0

/** Lets the program die at a point, so many times. */
function dieAt(point: FaultPoint, times = Number.POSITIVE_INFINITY) {
  let left = times
  setFaultHook((reached) => {
    if (reached === point && left-- > 0) throw new Error(`killed at ${point}`)
  })
}

const alarmOf = (id: string) =>
  runInDurableObject(voucherPool(env, id), (_, state) => state.storage.getAlarm())
const openIn = (id: string) =>
  runInDurableObject(
    voucherPool(env, id),
    (_, state) =>
      state.storage.sql.exec<{ n: number }>('SELECT count(*) AS n FROM assignments WHERE settled = 0').one()
        .n,
  )

/** A list of three codes and a user of each database. */
async function scene() {
  const list = await voucherList(codes(3, `S${++scenes}`))
  return { id: list.id, users: [userAt(0, `zero-${scenes}-`), userAt(1, `one-${scenes}-`)] as const }
}

/** Each of these users has one code, and everything agrees on it. */
async function expectOnce(id: string, users: readonly string[]) {
  const rows = await voucherRows(id)
  expect(rows.map(({ user_id }) => user_id).sort()).toEqual([...users].sort())
  expect(new Set(rows.map(({ code }) => code)).size).toBe(users.length)
  const held = await codesOf(id, '&status=assigned')
  expect(held.map(({ code, userId }) => `${code} ${userId}`).sort()).toEqual(
    rows.map((row) => `${row.code} ${row.user_id}`).sort(),
  )
  expect(await listNow(id)).toMatchObject({
    assigned: users.length,
    stock: { total: 3, available: 3 - users.length },
  })
  for (const user of users) expect(await voucherEvents(user)).toHaveLength(1)
  expect(await openIn(id)).toBe(0)
}

describe.each(points)('a death when it is %s', (point) => {
  test('the alarm alone finishes it once, and whoever asks again learns of it', async () => {
    const { id, users } = await scene()
    dieAt(point)
    const deaths = await Promise.all(users.map((user) => assign(id, user, `key of ${user}`)))
    expect(deaths.map(({ status }) => status)).toEqual([500, 500])
    setFaultHook(undefined)
    await evictAllDurableObjects()
    expect(await openIn(id)).toBe(2)
    setClock(now() + 10_000)
    expect(await runDurableObjectAlarm(voucherPool(env, id))).toBe(true)
    await expectOnce(id, users)
    for (const user of users) {
      const again = await assign(id, user, `key of ${user}`)
      expect(again.status).toBe(201)
      expect(again.headers.get('idempotent-replayed')).toBe('true')
      expect((await ok('GET', `/v1/users/${user}/holdings`)).data).toEqual([again.json])
    }
    await expectOnce(id, users)
  })

  test('whoever asks again finishes it once, and the alarm adds nothing', async () => {
    const { id, users } = await scene()
    dieAt(point, 1)
    const [user] = users
    expect((await assign(id, user, 'k')).status).toBe(500)
    const again = await assign(id, user, 'k')
    expect(again.status).toBe(201)
    await expectOnce(id, [user])
    await clock('PT10S')
    await expectOnce(id, [user])
    expect((await assign(id, user, 'k')).json).toEqual(again.json)
  })

  test('again and again, with evictions: one code', async () => {
    const { id, users } = await scene()
    const [user] = users
    dieAt(point, 3)
    for (let tries = 1; ; tries++) {
      const { status } = await assign(id, user, 'stubborn')
      await evictAllDurableObjects()
      if (status === 201) break
      expect(tries).toBeLessThan(10)
    }
    await clock('PT10S')
    await expectOnce(id, [user])
  })

  test('without a key, what was decided is given, and asking again is asking for another', async () => {
    const { id, users } = await scene()
    const [user] = users
    dieAt(point, 1)
    expect((await assign(id, user)).status).toBe(500)
    expect((await assign(id, user)).status).toBe(201)
    await clock('PT10S')
    expect((await voucherRows(id)).map(({ user_id }) => user_id)).toEqual([user, user])
    expect(await openIn(id)).toBe(0)
  })

  test('what was decided is given although the list was paused, and has expired, meanwhile', async () => {
    const { id, users } = await scene()
    dieAt(point)
    for (const user of users) expect((await assign(id, user, user)).status).toBe(500)
    setFaultHook(undefined)
    await verb(id, 'pause')
    await clock('PT10S')
    await expectOnce(id, users)
  })

  test('a user who is erased before the alarm comes is not made again, and is not remembered', async () => {
    const { id, users } = await scene()
    dieAt(point)
    for (const user of users) expect((await assign(id, user, user)).status).toBe(500)
    setFaultHook(undefined)
    expect((await call('DELETE', `/v1/users/${users[0]}`)).status).toBe(204)
    await clock('PT10S')
    expect((await voucherRows(id)).map(({ user_id }) => user_id)).toEqual([users[1]])
    expect((await call('GET', `/v1/users/${users[0]}`)).status).toBe(404)
    const names = (await codesOf(id, '&status=assigned')).map(({ userId }) => userId)
    expect(names).toContain(users[1])
    expect(names).not.toContain(users[0])
    expect(names).toHaveLength(2)
    expect(await openIn(id)).toBe(0)
  })

  test('campaigns hear of what the alarm has written', async () => {
    const { id, users } = await scene()
    const purse = await wallet()
    await campaign('CT Partner Voucher Rewarded', purse.id, {
      trigger: {
        event: 'CT Partner Voucher Rewarded',
        where: [{ property: 'voucherListId', op: 'eq', value: id }],
      },
    })
    dieAt(point)
    for (const user of users) expect((await assign(id, user)).status).toBe(500)
    setFaultHook(undefined)
    await clock('PT10S')
    await vi.waitFor(
      async () => {
        for (const user of users) {
          const wallets = await ok('GET', `/v1/users/${user}/wallets`)
          expect(wallets).toContainEqual(expect.objectContaining({ walletId: purse.id, active: 10 }))
        }
      },
      { timeout: 20_000, interval: 50 },
    )
  })
})

test('many at once while it dies now and then: one code a key, and none is lost', async () => {
  const { id } = await voucherList(codes(60, 'CHAOS'))
  const users = Array.from({ length: 40 }, (_, n) => `chaos-${n}`)
  let turn = 0
  setFaultHook((reached) => {
    if (points.includes(reached) && ++turn % 3 === 0) throw new Error('killed')
  })
  await inFlight(
    16,
    users.map((user) => async () => {
      for (let tries = 0; tries < 40; tries++) {
        if ((await assign(id, user, `key of ${user}`)).status === 201) return
      }
      throw new Error('It never got through')
    }),
  )
  setFaultHook(undefined)
  await clock('PT10S')
  const rows = await voucherRows(id)
  expect(tally(rows.map(({ user_id }) => user_id))).toEqual(
    Object.fromEntries(users.map((user) => [user, 1])),
  )
  expect(await listNow(id)).toMatchObject({ assigned: 40, stock: { available: 20 } })
  expect(await openIn(id)).toBe(0)
})

describe('a database that does not answer', () => {
  const second = (env as unknown as { USERS_1: D1Database }).USERS_1
  const away = async <T>(db: D1Database, table: string, work: () => Promise<T>): Promise<T> => {
    await db.prepare(`ALTER TABLE ${table} RENAME TO ${table}_away`).run()
    try {
      return await work()
    } finally {
      await db.prepare(`ALTER TABLE ${table}_away RENAME TO ${table}`).run()
    }
  }

  test.each(['users', 'holdings'])(
    'of users, lacking %s: who lives there waits, the others do not, and all is well later',
    async (table) => {
      const { id, users } = await scene()
      const [here, there] = users
      const answers = await away(second, table, () =>
        Promise.all([assign(id, here, 'here'), assign(id, there, 'there')]),
      )
      expect(answers[0]).toMatchObject({ status: 201 })
      expect(answers[1]).toMatchObject({ status: 503, json: { code: 'unavailable' } })
      expect((await assign(id, there, 'there')).status).toBe(201)
      await clock('PT10S')
      await expectOnce(id, users)
    },
  )

  test('the alarm tries again until it does, and holds up no other', async () => {
    const { id, users } = await scene()
    dieAt('voucher taken')
    for (const user of users) expect((await assign(id, user)).status).toBe(500)
    setFaultHook(undefined)
    await away(second, 'holdings', async () => {
      setClock(now() + 10_000)
      await evictAllDurableObjects()
      await runDurableObjectAlarm(voucherPool(env, id))
      expect((await voucherRowsOf(env.USERS_0, id)).length).toBe(1)
      expect(await openIn(id)).toBe(1)
      expect(await alarmOf(id)).not.toBeNull()
    })
    await clock('PT10M')
    await expectOnce(id, users)
  })

  test('the catalogue: what the pool decided holds, and the catalogue is told later', async () => {
    const { id, users } = await scene()
    await away(env.DB, 'voucher_lists', async () => {
      await voucherPool(env, id).apply('pause')
      expect((await voucherPool(env, id).stats()).status).toBe('paused')
    })
    expect((await assign(id, users[0])).json).toMatchObject({ code: 'list_not_active' })
    await clock('PT10M')
    const row = await env.DB.prepare('SELECT status FROM voucher_lists WHERE id = ?1').bind(id).first()
    expect(row).toEqual({ status: 'paused' })
  })
})

const voucherRowsOf = async (db: D1Database, id: string) =>
  (await db.prepare('SELECT id FROM holdings WHERE source_id = ?1').bind(id).all()).results

test('an alarm that is late changes nothing: the list is over at its time, whoever asks first', async () => {
  const { id } = await voucherList(['LATE'], { expiresAt: new Date(now() + HOUR).toISOString() })
  // The clock moves, and the alarms do not go off.
  setClock(now() + HOUR)
  expect((await assign(id, 'late')).json).toMatchObject({ code: 'list_expired' })
  expect(await listNow(id)).toMatchObject({ status: 'expired', stock: { available: 1 } })
  await evictAllDurableObjects()
  await runDurableObjectAlarm(voucherPool(env, id))
  const row = await env.DB.prepare('SELECT status FROM voucher_lists WHERE id = ?1').bind(id).first()
  expect(row).toEqual({ status: 'expired' })
})
