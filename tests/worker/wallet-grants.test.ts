import { beforeAll, describe, expect, test } from 'vitest'
import { now } from '../../worker/platform/clock.ts'
import { usersDb } from '../../worker/platform/databases.ts'
import { derivedId, newId } from '../../worker/platform/ids.ts'
import { creditGrantsStatements, type GrantedPoints } from '../../worker/wallets/grants.ts'
import { campaign, clock, env, ok, send, wallet } from './boon.ts'
import { setUpAt } from './records.ts'
import { audit, balance, entries, expectClean, moved } from './walletParts.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))

const MINUTE = 60_000

/** Ten points for a user, decided at a moment; for ever and at once, unless told otherwise. */
function granted(
  userId: string,
  walletId: string,
  atMs: number,
  more: Partial<GrantedPoints> = {},
): GrantedPoints {
  const grantId = newId('grt', atMs)
  return {
    entryId: derivedId('ent', grantId),
    userId,
    walletId,
    decimals: 0,
    units: 10,
    activatesMs: atMs,
    expiresMs: null,
    atMs,
    grantId,
    description: 'Campaign',
    ...more,
  }
}

async function write(points: GrantedPoints[]): Promise<void> {
  const db = usersDb(env, points[0]?.userId ?? '')
  await db.batch(creditGrantsStatements(db, points))
}

/** A user who is there already, with a wallet of their own. */
async function owner(userId: string): Promise<string> {
  await ok('PUT', `/v1/users/${userId}`, {})
  return (await wallet()).id
}

const told = async (userId: string, walletId: string) =>
  (await entries(userId, walletId)).map((one: { points: number; balance: number }) => [
    one.points,
    one.balance,
  ])

describe('points of several grants written at once', () => {
  test('tell balances that follow from each other, also of lots that begin and end in between', async () => {
    const id = await owner('mixed')
    await moved('credit', 'mixed', id, { points: 1 })
    const t = now()
    await clock('PT1H')
    const at = (minutes: number) => t + minutes * MINUTE
    const rows = [
      granted('mixed', id, at(5), { units: 100, activatesMs: at(15) }),
      granted('mixed', id, at(1), { units: 10, expiresMs: at(10) }),
      granted('mixed', id, at(20), { units: 1_000, activatesMs: at(50), expiresMs: at(70) }),
      granted('mixed', id, at(25), { units: 5 }),
      granted('mixed', id, at(30), { units: 10_000, expiresMs: at(31) }),
      granted('mixed', id, at(31), { units: 3, activatesMs: at(90) }),
      granted('mixed', id, at(55), { units: 7, activatesMs: at(60), expiresMs: at(56) }),
    ]
    await write(rows)
    const expected = [
      [7, 1_106],
      // What ended at 31 minutes did so before what came at 31 minutes.
      [3, 106],
      [10_000, 106],
      [10_000, 10_106],
      [5, 106],
      [1_000, 101],
      [10, 1],
      [100, 11],
      [10, 11],
      [1, 1],
    ]
    const shown = await entries('mixed', id)
    const plain = shown.filter(
      ({ points, kind }: { points: number; kind: string }) => points !== 7 || kind === 'credit',
    )
    expect(plain.map((one: { points: number; balance: number }) => [one.points, one.balance])).toEqual(
      expected,
    )
    await expectClean(id)
    await write(rows)
    expect(await entries('mixed', id)).toEqual(shown)
    expect(await audit(id)).toEqual({ users: 1, entries: 8, mismatches: [] })
  })

  test('of which some are there already count once', async () => {
    const id = await owner('some')
    const rows = Array.from({ length: 6 }, (_, n) => granted('some', id, now() - 6 + n))
    await write(rows.slice(0, 2))
    await write([...rows].reverse())
    await write(rows.slice(3))
    expect(await told('some', id)).toEqual([60, 50, 40, 30, 20, 10].map((left) => [10, left]))
    expect(await balance('some')).toMatchObject({ active: 60 })
    await expectClean(id)
  })

  test('of the same moment, of two users and two wallets', async () => {
    const [one, other] = [await owner('twin'), await owner('twin')]
    await ok('PUT', '/v1/users/twin2', {})
    const twin2 = usersDb(env, 'twin2') === usersDb(env, 'twin') ? 'twin2' : 'twin'
    const t = now()
    await write([
      granted('twin', one, t),
      granted('twin', other, t),
      granted(twin2, one, t),
      granted('twin', one, t),
      granted('twin', other, t),
      granted('twin', one, t),
    ])
    const left = (await told('twin', one)).map(([, after]: number[]) => after)
    expect(new Set(left).size).toBe(left.length)
    for (const id of [one, other]) await expectClean(id)
  })

  test('for a user who was erased meanwhile are not written', async () => {
    const id = await owner('there')
    const rows = [granted('there', id, now()), granted('there', id, now())]
    await ok('DELETE', '/v1/users/there')
    await write(rows)
    await write(rows.slice(1))
    expect(await audit(id)).toEqual({ users: 0, entries: 0, mismatches: [] })
  })

  test('thousands for one user at once, last ones first: more than one parameter holds, each at its own time', async () => {
    const id = await owner('huge')
    const t = now()
    await clock('PT1M')
    const rows = Array.from({ length: 5_000 }, (_, n) =>
      granted('huge', id, t + n, n % 3 === 0 ? { expiresMs: t + 6_000 } : {}),
    )
    await write(rows.reverse())
    const times = await usersDb(env, 'huge')
      .prepare(
        'SELECT count(DISTINCT at_ms) AS n, min(at_ms) AS first FROM wallet_entries WHERE wallet_id = ?1',
      )
      .bind(id)
      .first()
    expect(times).toEqual({ n: 5_000, first: t })
    expect(await balance('huge')).toMatchObject({ totals: { issued: 50_000, expired: 16_670 } })
    expect(await audit(id)).toEqual({ users: 1, entries: 5_000, mismatches: [] })
  })
})

describe('a grant that is fulfilled late', () => {
  test('comes after what was done before it, and counts from when it was meant to', async () => {
    const id = await owner('late')
    await moved('credit', 'late', id, { points: 5 })
    const decidedMs = now()
    await clock('PT10M')
    await moved('debit', 'late', id, { points: 2 })
    const lastMs = now()
    await clock('PT10M')
    await write([granted('late', id, decidedMs, { expiresMs: decidedMs + 30 * MINUTE })])
    const credit = (await entries('late', id)).find(({ points }: { points: number }) => points === 10)
    expect(credit).toMatchObject({ points: 10, balance: 13, at: new Date(lastMs).toISOString() })
    expect(await balance('late')).toMatchObject({ active: 13, expiringNext: { points: 10 } })
    await expectClean(id)
    // One that was over before anything of it was written.
    await write([granted('late', id, decidedMs, { units: 7, expiresMs: decidedMs + MINUTE })])
    expect(await balance('late')).toMatchObject({ active: 13, totals: { issued: 22, expired: 7 } })
    await moved('debit', 'late', id, { points: 13 })
    await expectClean(id)
  })

  test('of another wallet leaves this one as it is', async () => {
    const [one, other] = [await owner('pair'), await owner('pair')]
    await moved('credit', 'pair', one, { points: 5 })
    const decidedMs = now()
    await clock('PT1M')
    await moved('debit', 'pair', one, { points: 2 })
    await write([granted('pair', other, decidedMs), granted('pair', other, decidedMs)])
    expect(await told('pair', one)).toEqual([
      [2, 3],
      [5, 5],
    ])
    for (const id of [one, other]) await expectClean(id)
  })
})

test('metadata of a grant is kept with its entry; none is null', async () => {
  const id = await owner('meta')
  const t = now()
  await write([
    granted('meta', id, t - 3, { metadata: { promoType: 'festival', orderId: 'O-7', n: 5 } }),
    granted('meta', id, t - 2, { metadata: {} }),
    granted('meta', id, t - 1, { metadata: undefined }),
    granted('meta', id, t),
  ])
  const shown = await entries('meta', id)
  expect(shown.map(({ metadata }: { metadata: unknown }) => metadata)).toEqual([
    null,
    null,
    null,
    { promoType: 'festival', orderId: 'O-7', n: 5 },
  ])
  await write([granted('meta', id, t + 1, { metadata: { alone: 'yes' } })])
  expect((await entries('meta', id))[0].metadata).toEqual({ alone: 'yes' })
})

test('five campaigns that grant for the same events, at once with what moves points by API', async () => {
  const { id } = await wallet()
  for (let n = 0; n < 5; n++) await campaign('Together', id)
  const sends = Array.from({ length: 12 }, (_, n) =>
    send(Array.from({ length: 4 }, (_, m) => ({ id: `t${n}-${m}`, userId: `t${m % 2}`, name: 'Together' }))),
  )
  const moves = Array.from({ length: 24 }, (_, n) =>
    moved(n % 3 === 0 ? 'adjust' : 'credit', `t${n % 2}`, id, { points: 1 }),
  )
  await Promise.all([...sends, ...moves])
  expect((await balance('t0')).active + (await balance('t1')).active).toBe(12 * 4 * 5 * 10 + 24)
  expect(await audit(id)).toEqual({ users: 2, entries: 12 * 4 * 5 + 24, mismatches: [] })
})
