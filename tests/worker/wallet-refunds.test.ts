import { beforeAll, describe, expect, test } from 'vitest'
import { usersDb } from '../../worker/platform/databases.ts'
import { call, clock, env, inFlight, wallet } from './boon.ts'
import { expectProblem, rowCounts } from './problems.ts'
import { everywhere, setUpAt, userAt } from './records.ts'
import { balance, entries, expectClean, move, moved } from './walletParts.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))

/** What is left in the lots of a user, those that expire first at the front, those that never do at the end. */
async function left(userId: string): Promise<number[]> {
  const { results } = await usersDb(env, userId)
    .prepare('SELECT remaining FROM wallet_lots WHERE user_id = ?1 ORDER BY expires_ms IS NULL, expires_ms')
    .bind(userId)
    .all<{ remaining: number }>()
  return results.map((row) => row.remaining)
}

/** Lots of ten points that expire in ten days, in thirty, and never; and a debit of 25. */
async function spent(userId: string) {
  const { id } = await wallet()
  for (const expiry of [{ after: 'P30D' }, 'never', { after: 'P10D' }]) {
    await moved('credit', userId, id, { points: 10, expiry })
  }
  const debit = await moved('debit', userId, id, { points: 25, orderId: 'o1' })
  return { walletId: id, entryId: debit.id as string }
}

describe('a refund', () => {
  test('goes back to the very lots, what was spent last first, until all is back', async () => {
    const { walletId, entryId } = await spent('back')
    expect(await left('back')).toEqual([0, 0, 5])
    const first = await moved('refund', 'back', walletId, {
      entryId,
      points: 7,
      orderId: 'o1',
      metadata: { why: 'returned' },
    })
    expect(first).toMatchObject({
      id: expect.stringMatching(/^ent_/),
      kind: 'refund',
      points: 7,
      balance: 12,
      source: 'api',
      refundOf: entryId,
      orderId: 'o1',
      description: `Refund of ${entryId}`,
      metadata: { why: 'returned' },
    })
    expect(await left('back')).toEqual([0, 2, 10])
    expect(
      await moved('refund', 'back', walletId, { entryId, points: 9, description: 'more' }),
    ).toMatchObject({
      points: 9,
      balance: 21,
      description: 'more',
      orderId: null,
    })
    expect(await left('back')).toEqual([1, 10, 10])
    const over = await move('refund', 'back', walletId, { entryId, points: 10 })
    expectProblem(over, 409, 'refund_exceeds_debit')
    expect(over.json.refundable).toBe(9)
    expect(await moved('refund', 'back', walletId, { entryId })).toMatchObject({ points: 9, balance: 30 })
    expect(await left('back')).toEqual([10, 10, 10])
    for (const points of [undefined, 1]) {
      const none = await move('refund', 'back', walletId, { entryId, points })
      expectProblem(none, 409, 'refund_exceeds_debit')
      expect(none.json.refundable).toBe(0)
    }
    expect(await balance('back')).toMatchObject({ active: 30, totals: { issued: 30, redeemed: 0 } })
    const shown = await entries('back', walletId)
    expect(shown.filter((entry: { kind: string }) => entry.kind === 'refund')).toHaveLength(3)
    for (const entry of shown) expect(entry.refundOf).toBe(entry.kind === 'refund' ? entryId : null)
    await expectClean(walletId)
  })

  test('of points that were refunded and spent again knows one debit from the other', async () => {
    const { walletId, entryId } = await spent('again')
    await moved('refund', 'again', walletId, { entryId, points: 10 })
    const second = await moved('debit', 'again', walletId, { points: 15 })
    expectProblem(
      await move('refund', 'again', walletId, { entryId, points: 16 }),
      409,
      'refund_exceeds_debit',
    )
    expect(await moved('refund', 'again', walletId, { entryId, points: 15 })).toMatchObject({ balance: 15 })
    expect(await moved('refund', 'again', walletId, { entryId: second.id })).toMatchObject({
      points: 15,
      balance: 30,
    })
    expect(await left('again')).toEqual([10, 10, 10])
    await expectClean(walletId)
  })

  test('to a lot that has expired meanwhile is expired at once; the rest counts', async () => {
    const { walletId, entryId } = await spent('late')
    await clock('P11D')
    expect(await balance('late')).toMatchObject({ active: 5, totals: { expired: 0, redeemed: 25 } })
    // Five that never expire and ten of thirty days are still good; ten of ten days are over.
    expect(await moved('refund', 'late', walletId, { entryId })).toMatchObject({ points: 25, balance: 20 })
    expect(await balance('late')).toMatchObject({
      active: 20,
      totals: { issued: 30, redeemed: 0, expired: 10 },
    })
    const [refund, gone, ...rest] = await entries('late', walletId)
    expect([refund.kind, gone.kind]).toEqual(['refund', 'expire'])
    expect(gone).toMatchObject({ points: 10, balance: 5, at: '2026-05-11T12:00:00.000Z', source: 'time' })
    expect(rest).toHaveLength(4)
    await expectClean(walletId)
  })

  test('is of a debit of this user and wallet, and of nothing else', async () => {
    const { walletId, entryId } = await spent('own')
    const other = await spent('other')
    const credit = await moved('credit', 'own', walletId, { points: 1 })
    const adjusted = await moved('adjust', 'own', walletId, { points: -1 })
    const refund = await moved('refund', 'own', walletId, { entryId, points: 1 })
    const soon = await moved('credit', 'own', walletId, { points: 3, expiry: { after: 'PT1M' } })
    const before = await rowCounts()
    for (const unknown of ['ent_x', other.entryId, 'exp_x', "'--", soon.id.replace('ent', 'exp')]) {
      expectProblem(await move('refund', 'own', walletId, { entryId: unknown }), 404, 'not_found')
    }
    expectProblem(await move('refund', 'own', other.walletId, { entryId }), 404, 'not_found')
    expectProblem(await move('refund', 'other', walletId, { entryId }), 404, 'not_found')
    expectProblem(await move('refund', 'nobody', walletId, { entryId }), 404, 'not_found')
    await clock('PT2M')
    const [gone] = (await entries('own', walletId)).filter(({ kind }: { kind: string }) => kind === 'expire')
    for (const { id } of [credit, adjusted, refund, gone]) {
      expectProblem(await move('refund', 'own', walletId, { entryId: id }), 422, 'invalid', ['entryId'])
    }
    expect(await rowCounts()).toEqual(before)
    for (const each of [walletId, other.walletId]) await expectClean(each)
  })

  test('without sense is refused and changes nothing', async () => {
    const { walletId, entryId } = await spent('sense')
    const before = await rowCounts()
    const path = `/v1/users/sense/wallets/${walletId}/refund`
    expectProblem(await call('POST', path, { entryId }), 422, 'invalid', ['Idempotency-Key'])
    for (const points of [0, -1, 0.5, 1e300, 1e12 + 1, '5', null, [5], true]) {
      expectProblem(await move('refund', 'sense', walletId, { entryId, points }), 422, 'invalid', ['points'])
    }
    for (const text of ['NaN', 'Infinity', '1e999', '-0', '5e-324']) {
      const answer = await call('POST', path, `{"entryId":"${entryId}","points":${text}}`, {
        headers: { 'idempotency-key': `sense ${text}` },
      })
      expect([400, 422], answer.text).toContain(answer.status)
    }
    for (const wrong of [undefined, '', 5, null, 'x'.repeat(129), '\u0000']) {
      expectProblem(await move('refund', 'sense', walletId, { entryId: wrong }), 422, 'invalid', ['entryId'])
    }
    for (const [field, value] of [
      ['description', 'x'.repeat(501)],
      ['description', ''],
      ['orderId', 'x'.repeat(129)],
      ['metadata', { key: 5 }],
      ['metadata', { key: 'x'.repeat(1_001) }],
      ['expiry', 'never'],
      ['lines', []],
    ] as const) {
      const answer = await move('refund', 'sense', walletId, { entryId, [field]: value })
      expectProblem(answer, 422, 'invalid', field === 'metadata' ? ['metadata.key'] : [field])
    }
    expectProblem(await move('refund', 'sense', 'wal_x', { entryId }), 404, 'not_found')
    expectProblem(
      await move('refund', 'sense', walletId, { entryId, points: 26 }),
      409,
      'refund_exceeds_debit',
    )
    expect(await rowCounts()).toEqual(before)
    expect(await left('sense')).toEqual([0, 0, 5])
  })

  test('of a wallet with decimals is exact', async () => {
    const { id } = await wallet({ decimals: 3 })
    await moved('credit', 'exact', id, { points: 0.3 })
    const { id: entryId } = await moved('debit', 'exact', id, { points: 0.3 })
    for (const left of [0.2, 0.1, 0]) {
      const { points, balance: after } = await moved('refund', 'exact', id, { entryId, points: 0.1 })
      expect([points, after]).toEqual([0.1, (3 - left * 10) / 10])
      const over = await move('refund', 'exact', id, { entryId, points: left + 0.001 })
      expect(over.json.refundable).toBe(left)
    }
  })
})

describe('at once', () => {
  test('a key counts once, answers again, and is for one body only', async () => {
    const { walletId, entryId } = await spent('key')
    const all = await Promise.all(
      Array.from({ length: 20 }, () => move('refund', 'key', walletId, { entryId, points: 7 }, 'same')),
    )
    expect(new Set(all.map(({ status, json }) => `${status} ${json.id} ${json.balance}`)).size).toBe(1)
    expect(all.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(19)
    expect(await balance('key')).toMatchObject({ active: 12, totals: { redeemed: 18 } })
    const others = [{ entryId, points: 8 }, { entryId }, { entryId: 'ent_x', points: 7 }]
    for (const body of others) {
      expectProblem(await move('refund', 'key', walletId, body, 'same'), 409, 'idempotency_conflict')
    }
    expectProblem(await move('debit', 'key', walletId, { points: 7 }, 'same'), 409, 'idempotency_conflict')
    // All is back meanwhile: the first answer still stands. A refusal is none to keep.
    expectProblem(
      await move('refund', 'key', walletId, { entryId, points: 19 }, 'kept'),
      409,
      'refund_exceeds_debit',
    )
    await moved('refund', 'key', walletId, { entryId })
    const again = await move('refund', 'key', walletId, { entryId, points: 7 }, 'same')
    expect(again).toMatchObject({ status: 201, json: all[0]?.json })
    await moved('debit', 'key', walletId, { points: 30 }, 'kept')
  })

  test.each([
    ['two halves', 2, 12.5, 2],
    ['three halves', 3, 12.5, 2],
    ['thirty that race for the last points', 30, 1, 25],
    ['two of all', 2, undefined, 1],
  ])('%s', async (name, count, points, succeed) => {
    const userId = `race ${name}`
    const { id } = await wallet({ decimals: 1 })
    for (const expiry of [{ after: 'P30D' }, 'never', { after: 'P10D' }]) {
      await moved('credit', userId, id, { points: 10, expiry })
    }
    const { id: entryId } = await moved('debit', userId, id, { points: 25 })
    const all = await Promise.all(
      Array.from({ length: count }, () => move('refund', userId, id, { entryId, points })),
    )
    expect(all.filter(({ status }) => status === 201)).toHaveLength(succeed)
    for (const refused of all.filter(({ status }) => status !== 201)) {
      expectProblem(refused, 409, 'refund_exceeds_debit')
      expect(refused.json.refundable).toBe(0)
    }
    expect(await balance(userId)).toMatchObject({ active: 30, totals: { redeemed: 0 } })
    expect(await left(userId)).toEqual([100, 100, 100])
    await expectClean(id)
  })

  test.each([0, 1])(
    'debits, refunds and adjustments in a storm: no point lost, none made (database %i)',
    async (home) => {
      const userId = userAt(home, 'storm-')
      const { id } = await wallet()
      for (const points of [60, 40])
        await moved('credit', userId, id, { points, expiry: { after: `P${points}D` } })
      const debits: string[] = []
      for (let n = 0; n < 20; n++) debits.push((await moved('debit', userId, id, { points: 3 })).id)
      const jobs = Array.from({ length: 240 }, (_, n) => () => {
        if (n % 4 === 0) return move('refund', userId, id, { entryId: debits[n % 20], points: (n % 3) + 1 })
        if (n % 12 === 1) return move('adjust', userId, id, { points: n % 24 === 1 ? 2 : -2 })
        return move('debit', userId, id, { points: (n % 5) + 1 })
      })
      const all = await inFlight(32, jobs)
      const kinds = new Set(all.map(({ json }) => json.code ?? json.kind))
      expect(kinds).toEqual(
        new Set(['refund', 'adjust', 'debit', 'insufficient_balance', 'refund_exceeds_debit']),
      )
      const sum = (kind: string) =>
        all.reduce((points, { json }) => points + (json.kind === kind ? json.points : 0), 0)
      const held = await balance(userId)
      expect(held.active).toBe(100 - 60 + sum('refund') + sum('adjust') - sum('debit'))
      expect(held.active).toBeGreaterThanOrEqual(0)
      expect(held.totals.redeemed).toBe(60 + sum('debit') - sum('refund'))
      const below = await everywhere('SELECT 1 FROM wallet_lots WHERE remaining < 0 OR remaining > units')
      expect(below).toEqual([])
      await expectClean(id)
    },
  )
})
