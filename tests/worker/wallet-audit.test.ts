import { beforeAll, describe, expect, test } from 'vitest'
import { userDatabases, usersDb } from '../../worker/platform/databases.ts'
import { call, clock, env, wallet } from './boon.ts'
import { expectProblem } from './problems.ts'
import { setUpAt, userAt } from './records.ts'
import { audit, expectClean, moved } from './walletParts.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))

let count = 0
/** A user with every kind of entry in a wallet, all of which adds up; the ids of what a test tampers with. */
async function purse() {
  const userId = `p${count++}`
  const { id: walletId } = await wallet()
  const credit = await moved('credit', userId, walletId, { points: 10, expiry: { after: 'P30D' } })
  await clock('PT1S')
  await moved('credit', userId, walletId, { points: 20, activation: { after: 'PT1M' } })
  const debit = await moved('debit', userId, walletId, { points: 6 })
  await clock('PT2M')
  const refund = await moved('refund', userId, walletId, { entryId: debit.id, points: 2 })
  await clock('PT1S')
  const removed = await moved('adjust', userId, walletId, { points: -8 })
  await clock('PT1S')
  const added = await moved('adjust', userId, walletId, { points: 5 })
  await clock('P31D')
  await moved('refund', userId, walletId, { entryId: debit.id, points: 1 })
  // Somebody else, whom nobody touches; in the other database where the ids fall so.
  await moved('credit', `other ${userId}`, walletId, { points: 1 })
  const run = (sql: string) => {
    const text = sql
      .replaceAll('CREDIT', credit.id)
      .replaceAll('DEBIT', debit.id)
      .replaceAll('REFUND', refund.id)
      .replaceAll('REMOVED', removed.id)
      .replaceAll('ADDED', added.id)
    return usersDb(env, userId).prepare(text).run()
  }
  return { userId, walletId, run }
}

test('a wallet in which everything adds up, in both databases, and one in which nothing is', async () => {
  const { walletId, userId } = await purse()
  for (const home of [0, 1]) await moved('credit', userAt(home, 'clean-'), walletId, { points: 3 })
  await moved('credit', userId, (await wallet()).id, { points: 3 })
  expect(await audit(walletId)).toEqual({ users: 4, entries: 10, mismatches: [] })
  expect(await audit((await wallet()).id)).toEqual({ users: 0, entries: 0, mismatches: [] })
  expectProblem(await call('GET', '/v1/wallets/wal_x/audit'), 404, 'not_found')
})

describe('a row that was tampered with is found', () => {
  test.each<[string, string, RegExp]>([
    [
      'a lot has a point more',
      `UPDATE wallet_lots SET remaining = remaining + 1 WHERE id = 'CREDIT'`,
      /left; worked out/,
    ],
    [
      'a lot is below nothing',
      `UPDATE wallet_lots SET remaining = -1 WHERE id = 'ADDED'`,
      /left; worked out/,
    ],
    [
      'a lot holds more than it had',
      `UPDATE wallet_lots SET remaining = 11 WHERE id = 'CREDIT'`,
      /left; worked out/,
    ],
    [
      'a lot was larger',
      `UPDATE wallet_lots SET units = 11, remaining = remaining + 1 WHERE id = 'CREDIT'`,
      /its entry 10/,
    ],
    ['a lot is gone', `DELETE FROM wallet_lots WHERE id = 'ADDED'`, /has no units, its entry 5/],
    [
      'a lot is somebody’s whose it was not',
      `UPDATE wallet_lots SET wallet_id = 'wal_x' WHERE id = 'ADDED'`,
      /has no units/,
    ],
    [
      'a lot ended earlier',
      `UPDATE wallet_lots SET expires_ms = activates_ms + 1 WHERE id = 'CREDIT'`,
      /tells a balance/,
    ],
    [
      'a lot began later',
      `UPDATE wallet_lots SET activates_ms = activates_ms + 500 WHERE id = 'CREDIT'`,
      /tells a balance/,
    ],
    ['a credit is gone', `DELETE FROM wallet_entries WHERE id = 'CREDIT'`, /its entry none/],
    ['a credit was larger', `UPDATE wallet_entries SET units = 11 WHERE id = 'CREDIT'`, /entries add up/],
    [
      'a debit is gone',
      `DELETE FROM wallet_entries WHERE id = 'DEBIT'`,
      /an entry ent_\w+ that is not there/,
    ],
    [
      'a debit took more',
      `UPDATE wallet_entries SET units = 7 WHERE id = 'DEBIT'`,
      /debit ent_\w+ takes 7 units; of lots: 6/,
    ],
    [
      'a refund gave more',
      `UPDATE wallet_entries SET units = 3 WHERE id = 'REFUND'`,
      /refund ent_\w+ takes -3/,
    ],
    [
      'a refund was of nothing',
      `UPDATE wallet_entries SET refund_of = 'ent_x' WHERE id = 'REFUND'`,
      /more went back/,
    ],
    [
      'a refund was of a credit',
      `UPDATE wallet_entries SET refund_of = 'CREDIT' WHERE id = 'REFUND'`,
      /more went back/,
    ],
    [
      'an adjustment took less',
      `UPDATE wallet_entries SET units = -7 WHERE id = 'REMOVED'`,
      /adjust ent_\w+ takes 7/,
    ],
    [
      'an adjustment was none',
      `UPDATE wallet_entries SET kind = 'credit' WHERE id = 'REMOVED'`,
      /takes 0 units; of lots: 8/,
    ],
    ['a use is gone', `DELETE FROM wallet_uses WHERE entry_id = 'DEBIT'`, /takes 6 units; of lots: 0/],
    ['a use was larger', `UPDATE wallet_uses SET units = 7 WHERE entry_id = 'DEBIT'`, /of lots: 7/],
    [
      'a use was of another lot',
      `UPDATE wallet_uses SET lot_id = 'ADDED' WHERE entry_id = 'DEBIT'`,
      /left; worked out/,
    ],
    [
      'a use was of a lot that is not there',
      `UPDATE wallet_uses SET lot_id = 'ent_x' WHERE entry_id = 'DEBIT'`,
      /of lots: 0/,
    ],
    [
      'more went back than was taken',
      `UPDATE wallet_uses SET units = -9 WHERE entry_id = 'REFUND'`,
      /more went back to lot ent_\w+ than debit/,
    ],
    [
      'something used a lot that is nothing',
      `INSERT INTO wallet_uses (entry_id, lot_id, user_id, units) SELECT 'ent_x', id, user_id, 1 FROM wallet_lots
       WHERE id = 'CREDIT'`,
      /an entry ent_x that is not there/,
    ],
    [
      'a balance of before',
      `UPDATE wallet_entries SET balance = balance + 1 WHERE id = 'REMOVED'`,
      /tells a balance of/,
    ],
    [
      'a balance where several are of one moment',
      `UPDATE wallet_entries SET balance = balance + 1 WHERE id = 'DEBIT'`,
      /balance|follow/,
    ],
    [
      'an entry was earlier',
      `UPDATE wallet_entries SET at_ms = at_ms - 60000 WHERE id = 'ADDED'`,
      /tells a balance of/,
    ],
  ])('%s', async (_, sql, message) => {
    const { userId, walletId, run } = await purse()
    await expectClean(walletId)
    expect((await run(sql)).meta.changes).toBeGreaterThan(0)
    const { mismatches } = await audit(walletId)
    const messages = mismatches.map((one: { message: string }) => one.message)
    expect(messages.join('\n')).toMatch(message)
    expect(new Set(mismatches.map((one: { userId: string }) => one.userId))).toEqual(new Set([userId]))
  })

  test('also where all that is left agrees: entry, use and lot were changed alike', async () => {
    const { userId, walletId, run } = await purse()
    await run(`UPDATE wallet_entries SET units = -7 WHERE id = 'REMOVED'`)
    await run(`UPDATE wallet_uses SET units = units - 1 WHERE entry_id = 'REMOVED' AND lot_id = 'CREDIT'`)
    await run(`UPDATE wallet_lots SET remaining = remaining + 1 WHERE id = 'CREDIT'`)
    const { mismatches } = await audit(walletId)
    expect(mismatches.length).toBeGreaterThan(0)
    for (const one of mismatches) {
      expect(one).toMatchObject({ userId, message: expect.stringContaining('tells a balance of') })
    }
  })

  test('balances that were swapped among entries of the same moment', async () => {
    const { id } = await wallet()
    for (const points of [1, 2, 4]) await moved('credit', 'swap', id, { points })
    await expectClean(id)
    const db = usersDb(env, 'swap')
    const set = (before: number, after: number) =>
      db
        .prepare(`UPDATE wallet_entries SET balance = ?1 WHERE user_id = 'swap' AND balance = ?2`)
        .bind(after, before)
        .run()
    await set(3, 5)
    const { mismatches } = await audit(id)
    expect(mismatches).toMatchObject([
      { userId: 'swap', message: expect.stringContaining('follow from each other') },
    ])
    await set(5, 3)
    await expectClean(id)
  })
})

test('of many faults the first hundred by user are told', async () => {
  const { id } = await wallet()
  const users = Array.from({ length: 130 }, (_, n) => `f${String(n).padStart(3, '0')}`)
  await Promise.all(users.map((userId) => moved('credit', userId, id, { points: 1 })))
  for (const db of userDatabases(env)) {
    await db.prepare(`UPDATE wallet_entries SET balance = 5 WHERE wallet_id = ?1`).bind(id).run()
  }
  const { mismatches, ...counts } = await audit(id)
  expect(counts).toEqual({ users: 130, entries: 130 })
  expect(mismatches.map((one: { userId: string }) => one.userId)).toEqual(users.slice(0, 100))
})

test('more than is looked at in one go: every user once, and the last one as well as the first', async () => {
  const { id } = await wallet()
  // 6,000 users of two entries each, one of 11,000, and some of another wallet in between.
  const sizes = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)`
  const userOf = `iif(i < 12000, format('u%05d', i / 2), 'u03000 huge')`
  const [db] = userDatabases(env)
  if (db === undefined) throw new Error('There is no user database')
  const insert = async (table: string, columns: string, values: string) =>
    db
      .prepare(
        `INSERT INTO ${table} (id, user_id, wallet_id, ${columns}) ${sizes}
         SELECT format('ent_%026d', i), ${userOf}, iif(i % 5 = 4 AND i < 12000, 'wal_other', ?1), ${values} FROM n`,
      )
      .bind(id, 22_999)
      .run()
  await insert('wallet_lots', 'units, remaining, activates_ms', '1, 1, i')
  await insert(
    'wallet_entries',
    'kind, units, balance, decimals, at_ms, source, description',
    `'credit', 1, sum(1) OVER (PARTITION BY ${userOf}, i % 5 = 4 AND i < 12000 ORDER BY i), 0, i, 'campaign', 'd'`,
  )
  const { results } = await db
    .prepare(
      'SELECT user_id, count(*) AS n FROM wallet_entries WHERE wallet_id = ?1 GROUP BY user_id ORDER BY user_id',
    )
    .bind(id)
    .all<{ user_id: string; n: number }>()
  const whole = { users: results.length, entries: results.reduce((sum, row) => sum + row.n, 0) }
  expect(whole.entries).toBe(20_600)
  expect(await audit(id)).toEqual({ ...whole, mismatches: [] })
  const touched = [results[0]?.user_id, 'u03000 huge', results.at(-1)?.user_id]
  for (const userId of touched) {
    await db
      .prepare(`UPDATE wallet_lots SET remaining = 0 WHERE user_id = ?1 AND wallet_id = ?2 AND id = (
        SELECT max(id) FROM wallet_lots WHERE user_id = ?1 AND wallet_id = ?2)`)
      .bind(userId, id)
      .run()
  }
  const { mismatches, ...counts } = await audit(id)
  expect(counts).toEqual(whole)
  expect([...new Set(mismatches.map((one: { userId: string }) => one.userId))]).toEqual(touched)
})
