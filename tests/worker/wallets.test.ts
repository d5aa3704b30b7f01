import { beforeAll, describe, expect, test } from 'vitest'
import { now } from '../../worker/platform/clock.ts'
import { call, campaign, clock, inFlight, ok, send, setUp, wallet } from './boon.ts'
import { expectProblem } from './problems.ts'
import { audit, balance, balances, entries, expectClean, move } from './walletParts.ts'

beforeAll(setUp)

test('a credit makes the user, an entry and a lot; a debit takes points and says what is left', async () => {
  const { id } = await wallet({ decimals: 2, name: 'Miles', pointsName: 'miles' })
  const made = await move('credit', 'new', id, { points: 12.34, orderId: 'o1', metadata: { why: 'refund' } })
  expect(made.status).toBe(201)
  expect(made.json).toMatchObject({
    id: expect.stringMatching(/^ent_/),
    kind: 'credit',
    walletId: id,
    points: 12.34,
    balance: 12.34,
    source: 'api',
    orderId: 'o1',
    metadata: { why: 'refund' },
  })
  expect(await ok('GET', '/v1/users/new')).toMatchObject({ id: 'new', lastSeenAt: null })
  expect((await move('debit', 'new', id, { points: 0.04 })).json).toMatchObject({
    points: 0.04,
    balance: 12.3,
  })
  expect(await balances('new')).toEqual([
    {
      walletId: id,
      name: 'Miles',
      pointsName: 'miles',
      active: 12.3,
      promised: 0,
      totals: { issued: 12.34, redeemed: 0.04, removed: 0, expired: 0 },
    },
  ])
  expect(await ok('PATCH', `/v1/wallets/${id}`, { name: 'Air' })).toMatchObject({ name: 'Air', decimals: 2 })
  expectProblem(await call('PATCH', `/v1/wallets/${id}`, { decimals: 0 }), 422, 'invalid', ['decimals'])
  expectProblem(await call('GET', '/v1/users/new/wallets/wal_x/entries'), 404, 'not_found')
})

describe('an idempotency key', () => {
  test('is needed, counts once, answers again, and is for one body only', async () => {
    const { id } = await wallet()
    for (const kind of ['credit', 'debit']) {
      const answer = await call('POST', `/v1/users/k/wallets/${id}/${kind}`, { points: 1, description: 'd' })
      expectProblem(answer, 422, 'invalid', ['Idempotency-Key'])
    }
    expectProblem(await move('credit', 'k', id, { points: 1 }, 'k'.repeat(129)), 422, 'invalid')
    const first = await move('credit', 'k', id, { points: 5 }, 'once')
    const again = await move('credit', 'k', id, { points: 5 }, 'once')
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    expect(again).toMatchObject({ status: 201, json: first.json })
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expectProblem(await move('credit', 'k', id, { points: 6 }, 'once'), 409, 'idempotency_conflict')
    expectProblem(await move('debit', 'k', id, { points: 5 }, 'once'), 409, 'idempotency_conflict')
    const other = await wallet()
    expectProblem(await move('credit', 'k', other.id, { points: 5 }, 'once'), 409, 'idempotency_conflict')
    expect(await move('credit', 'someone else', id, { points: 5 }, 'once')).toMatchObject({ status: 201 })
    expect(await balance('k')).toMatchObject({ active: 5 })
    expect(await entries('k', id)).toHaveLength(1)
  })

  test('sent twenty times at once counts once', async () => {
    const { id } = await wallet()
    await move('credit', 'race', id, { points: 10 })
    const all = await Promise.all(
      Array.from({ length: 20 }, () => move('debit', 'race', id, { points: 7 }, 'same')),
    )
    expect(new Set(all.map(({ status, json }) => `${status} ${json.id}`)).size).toBe(1)
    expect(all.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(19)
    expect(await balance('race')).toMatchObject({ active: 3 })
  })

  test('answers as it did, although the points would have expired by now', async () => {
    const { id } = await wallet()
    const body = { points: 5, expiry: { at: new Date(now() + 60_000).toISOString() } }
    const first = await move('credit', 'late', id, body, 'soon')
    expect(first.status).toBe(201)
    await clock('PT2M')
    expect(await move('credit', 'late', id, body, 'soon')).toMatchObject({ status: 201, json: first.json })
    expectProblem(await move('credit', 'late', id, body, 'other'), 422, 'invalid', ['expiry.at'])
    const never = {
      points: 5,
      activation: { after: 'P2D' },
      expiry: { at: new Date(now() + 86_400_000).toISOString() },
    }
    expectProblem(await move('credit', 'late', id, never), 422, 'invalid', ['expiry.at'])
  })
})

describe('a debit', () => {
  test('beyond the active balance is refused with the balance; promised and expired points do not count', async () => {
    const { id } = await wallet()
    expectProblem(await move('debit', 'd', id, { points: 1 }), 409, 'insufficient_balance')
    expect(await call('GET', '/v1/users/d')).toMatchObject({ status: 404 })
    await move('credit', 'd', id, { points: 5 })
    await move('credit', 'd', id, { points: 50, activation: { after: 'PT1H' } })
    await move('credit', 'd', id, { points: 7, expiry: { after: 'PT30M' } })
    expect(await balance('d')).toMatchObject({ active: 12, promised: 50, expiringNext: { points: 7 } })
    const refused = await move('debit', 'd', id, { points: 13 }, 'big')
    expectProblem(refused, 409, 'insufficient_balance')
    expect(refused.json.balance).toBe(12)
    await clock('PT31M')
    expect(await balance('d')).toMatchObject({ active: 5, promised: 50, totals: { expired: 7, issued: 62 } })
    expect((await move('debit', 'd', id, { points: 6 })).json).toMatchObject({ balance: 5 })
    await clock('PT30M')
    expect(await balance('d')).toMatchObject({ active: 55, promised: 0 })
    // A refusal is no answer to keep: the same key may be tried again once there is enough.
    expect(await move('debit', 'd', id, { points: 13 }, 'big')).toMatchObject({
      status: 201,
      json: { balance: 42 },
    })
    const kinds = (await entries('d', id)).map((entry: { kind: string }) => entry.kind)
    expect(kinds).toEqual(['debit', 'expire', 'credit', 'credit', 'credit'])
    await expectClean(id)
  })

  test('takes what expires first, then what never does', async () => {
    const { id } = await wallet()
    await move('credit', 'f', id, { points: 10 })
    await move('credit', 'f', id, { points: 10, expiry: { after: 'P30D' } })
    await move('credit', 'f', id, { points: 10, expiry: { after: 'P10D' } })
    await move('debit', 'f', id, { points: 15 })
    expect(await balance('f')).toMatchObject({ active: 15, expiringNext: { points: 5 } })
    await clock('P11D')
    expect(await balance('f')).toMatchObject({ active: 15, totals: { expired: 0 } })
    await clock('P20D')
    expect(await balance('f')).toMatchObject({
      active: 10,
      totals: { issued: 30, redeemed: 15, expired: 5, removed: 0 },
    })
    expect(await balance('f')).not.toHaveProperty('expiringNext')
  })

  test('of 1, two hundred at once on a balance of 100: a hundred succeed, and every entry tells its balance', async () => {
    const { id } = await wallet()
    for (const points of [60, 40])
      await move('credit', 'storm', id, { points, expiry: { after: `P${points}D` } })
    const all = await inFlight(
      32,
      Array.from({ length: 200 }, () => () => move('debit', 'storm', id, { points: 1 })),
    )
    const done = all.filter(({ status }) => status === 201)
    expect(done).toHaveLength(100)
    for (const refused of all.filter(({ status }) => status !== 201)) {
      expectProblem(refused, 409, 'insufficient_balance')
    }
    const left = done.map(({ json }) => json.balance).sort((one, other) => one - other)
    expect(left).toEqual(Array.from({ length: 100 }, (_, n) => n))
    expect(await balance('storm')).toMatchObject({ active: 0, totals: { issued: 100, redeemed: 100 } })
    // All of it can be worked out again from the entries alone, and from the lots alone.
    expect(await audit(id)).toEqual({ users: 1, entries: 102, mismatches: [] })
  })

  test('of more decimals than the wallet has is refused, as is nothing and less', async () => {
    const { id } = await wallet({ decimals: 1 })
    await move('credit', 'x', id, { points: 0.3 })
    for (const points of [0.25, 0, -1, 1e300, 1e12 + 1]) {
      expectProblem(await move('debit', 'x', id, { points }), 422, 'invalid', ['points'])
    }
    for (const left of [0.2, 0.1, 0]) {
      expect((await move('debit', 'x', id, { points: 0.1 })).json).toMatchObject({
        points: 0.1,
        balance: left,
      })
    }
  })
})

test('the entries of a wallet are paged, newest first, and of that wallet only', async () => {
  const [one, other] = [await wallet(), await wallet()]
  for (let n = 1; n <= 5; n++) {
    await move('credit', 'p', one.id, { points: n })
    await move('credit', 'p', other.id, { points: 100 })
    await clock('PT1S')
  }
  const first = await ok('GET', `/v1/users/p/wallets/${one.id}/entries?limit=3`)
  const second = await ok('GET', `/v1/users/p/wallets/${one.id}/entries?limit=3&cursor=${first.nextCursor}`)
  const points = [...first.data, ...second.data].map((entry: { points: number }) => entry.points)
  expect(points).toEqual([5, 4, 3, 2, 1])
  expect(second.nextCursor).toBeNull()
  expect(await entries('nobody', one.id)).toEqual([])
})

test.each([
  ['up', 12.34, 12.4],
  ['down', 12.78, 12.7],
])('M10: a wallet of one decimal that rounds %s takes %d for %d', async (rounding, value, given) => {
  const { id } = await wallet({ decimals: 1, rounding })
  await campaign(`M10 ${rounding}`, id, {
    reward: { type: 'points', walletId: id, scheme: { kind: 'flat', value } },
  })
  const { decisions } = await send([{ userId: `m10 ${rounding}`, name: `M10 ${rounding}` }])
  expect(decisions).toMatchObject([{ outcome: 'granted', grant: { value: given } }])
  expect(await balance(`m10 ${rounding}`)).toMatchObject({ active: given, totals: { issued: given } })
})

test('points of a campaign that would only begin after their end are never promised', async () => {
  const { id } = await wallet()
  const reward = {
    type: 'points',
    walletId: id,
    scheme: { kind: 'flat', value: 5 },
    activation: { after: 'P30D' },
    expiry: { at: new Date(now() + 86_400_000).toISOString() },
  }
  await campaign('Vain', id, { reward })
  await send([{ userId: 'vain', name: 'Vain' }])
  await clock('P2D')
  expect(await balance('vain')).toMatchObject({ active: 0, promised: 0, totals: { issued: 5, expired: 5 } })
})

test('T8: a month after 31 January is the last day of February, in a leap year the 29th', async () => {
  const { id } = await wallet({ expiry: { after: 'P1M' } })
  await clock('2028-01-31T10:00:00Z')
  await move('credit', 'leap', id, { points: 5 })
  expect(await balance('leap')).toMatchObject({
    expiringNext: { at: expect.stringContaining('2028-02-29T10:00') },
  })
  await clock('2028-02-29T09:59:59Z')
  expect(await balance('leap')).toMatchObject({ active: 5 })
  await clock('2028-02-29T10:01:00Z')
  expect(await balance('leap')).toMatchObject({ active: 0, totals: { expired: 5 } })
})
