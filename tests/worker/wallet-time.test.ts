import { beforeAll, describe, expect, test } from 'vitest'
import { now } from '../../worker/platform/clock.ts'
import { call, campaign, clock, ok, send, wallet } from './boon.ts'
import { expectProblem } from './problems.ts'
import { setUpAt, userAt } from './records.ts'
import { balance, entries, expectClean, moved } from './walletParts.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))

const HOUR = 3_600_000
const later = (ms: number) => new Date(now() + ms).toISOString()

describe('promised, active, expired: by time alone, to the millisecond', () => {
  /** Milliseconds after the credit; promised, active and expired points, and how many of ten a debit could take. */
  const borders: [number, number, number, number][] = [
    [0, 10, 0, 0],
    [HOUR - 1, 10, 0, 0],
    [HOUR, 0, 10, 0],
    [HOUR + 1, 0, 10, 0],
    [3 * HOUR - 1, 0, 10, 0],
    [3 * HOUR, 0, 0, 10],
    [3 * HOUR + 1, 0, 0, 10],
  ]
  const validity = { activation: { after: 'PT1H' }, expiry: { after: 'PT2H' } }

  test.each(['credit', 'adjust'] as const)('of a %s', async (verb) => {
    const { id } = await wallet()
    const startMs = now()
    await moved(verb, `b-${verb}`, id, { points: 10, ...validity })
    for (const [afterMs, promised, active, expired] of borders) {
      await clock(new Date(startMs + afterMs).toISOString())
      expect(await balance(`b-${verb}`), String(afterMs)).toMatchObject({
        promised,
        active,
        totals: { issued: 10, redeemed: 0, removed: 0, expired },
      })
      expect(await entries(`b-${verb}`, id)).toHaveLength(expired === 0 ? 1 : 2)
      await expectClean(id)
    }
  })

  test('of a campaign', async () => {
    const { id } = await wallet()
    const reward = { type: 'points', walletId: id, scheme: { kind: 'flat', value: 10 }, ...validity }
    await campaign('Borders', id, { reward })
    const startMs = now()
    await send([{ userId: 'b-campaign', name: 'Borders' }])
    for (const [afterMs, promised, active, expired] of borders) {
      await clock(new Date(startMs + afterMs).toISOString())
      expect(await balance('b-campaign'), String(afterMs)).toMatchObject({
        promised,
        active,
        totals: { expired },
      })
    }
    const [gone, credit] = await entries('b-campaign', id)
    expect(gone).toMatchObject({ kind: 'expire', points: 10, balance: 0, grantId: credit.grantId })
  })

  test('a debit, a refund and an adjustment see the same border', async () => {
    const { id } = await wallet()
    const startMs = now()
    const at = (ms: number) => clock(new Date(startMs + ms).toISOString())
    const path = (verb: string) => `/v1/users/edge/wallets/${id}/${verb}`
    const tries = async (verb: string, body: object) =>
      call(
        'POST',
        path(verb),
        { description: 'd', ...body },
        { headers: { 'idempotency-key': `${now()} ${verb}` } },
      )
    await moved('credit', 'edge', id, { points: 10, ...validity })
    await at(HOUR - 1)
    expectProblem(await tries('debit', { points: 1 }), 409, 'insufficient_balance')
    expectProblem(await tries('adjust', { points: -1 }), 409, 'insufficient_balance')
    await at(HOUR)
    const debit = await moved('debit', 'edge', id, { points: 4 })
    expect(debit.balance).toBe(6)
    await at(3 * HOUR - 1)
    expect(await moved('adjust', 'edge', id, { points: -1 })).toMatchObject({ balance: 5 })
    expect(await moved('refund', 'edge', id, { entryId: debit.id, points: 1 })).toMatchObject({ balance: 6 })
    await at(3 * HOUR)
    expectProblem(await tries('debit', { points: 1 }), 409, 'insufficient_balance')
    expectProblem(await tries('adjust', { points: -1 }), 409, 'insufficient_balance')
    expect(await moved('refund', 'edge', id, { entryId: debit.id, points: 1 })).toMatchObject({ balance: 0 })
    expect(await balance('edge')).toMatchObject({ totals: { redeemed: 2, removed: 1, expired: 7 } })
    const [refund, gone] = await entries('edge', id)
    expect(refund).toMatchObject({ kind: 'refund', at: new Date(now()).toISOString() })
    expect(gone).toMatchObject({ kind: 'expire', points: 7, at: new Date(now()).toISOString() })
    await expectClean(id)
  })
})

describe('points that expired', () => {
  test('are entries at the moment they did, with the balance that was left, whenever one looks', async () => {
    const { id } = await wallet({ decimals: 1 })
    const first = await moved('credit', 'e', id, { points: 10.5, expiry: { after: 'PT1H' } })
    await moved('credit', 'e', id, { points: 20, expiry: { after: 'PT2H' } })
    await moved('credit', 'e', id, { points: 30, activation: { after: 'PT1H' } })
    await moved('debit', 'e', id, { points: 4 })
    const startMs = now()
    await clock('PT90M')
    await moved('debit', 'e', id, { points: 25 })
    await clock('P1D')
    const shown = await entries('e', id)
    const told: [string, number, number][] = shown.map(
      (one: { kind: string; points: number; balance: number }) => [one.kind, one.points, one.balance],
    )
    // Of the second lot nothing was left when it ended.
    expect(told.filter(([kind]) => kind !== 'credit')).toEqual([
      ['debit', 25, 25],
      ['expire', 6.5, 50],
      ['debit', 4, 26.5],
    ])
    const [gone] = shown.filter(({ kind }: { kind: string }) => kind === 'expire')
    expect(gone).toEqual({
      id: first.id.replace('ent', 'exp'),
      kind: 'expire',
      walletId: id,
      points: 6.5,
      balance: 50,
      at: new Date(startMs + HOUR).toISOString(),
      source: 'time',
      grantId: null,
      refundOf: null,
      orderId: null,
      description: 'Expired',
      metadata: null,
    })
    await clock('P10D')
    expect(await entries('e', id)).toEqual(shown)
    await expectClean(id)
  })

  test('of several lots at one moment leave the same balance, and nobody else’s show', async () => {
    const { id } = await wallet()
    const at = later(HOUR)
    for (const points of [1, 2]) await moved('credit', 'many', id, { points, expiry: { at } })
    await moved('credit', 'many', id, { points: 4 })
    await moved('credit', 'else', id, { points: 8, expiry: { at } })
    await clock('PT1H')
    const gone = (await entries('many', id)).slice(0, 2)
    expect(gone).toMatchObject([
      { kind: 'expire', balance: 4, at },
      { kind: 'expire', balance: 4, at },
    ])
    expect(gone.map(({ points }: { points: number }) => points).sort()).toEqual([1, 2])
    expect(await entries('many', id)).toHaveLength(5)
  })
})

test.each([0, 1])(
  'entries of both sorts are paged in one order, newest first (database %i)',
  async (home) => {
    const { id } = await wallet()
    const userId = userAt(home, 'page-')
    const startMs = now()
    for (let n = 1; n <= 6; n++) {
      await moved('credit', userId, id, {
        points: n,
        expiry: { at: new Date(startMs + n * 10_000).toISOString() },
      })
      // Some in the same millisecond as others, and some in that in which something expires.
      if (n % 2 === 0) await clock('PT10S')
    }
    await clock('PT1M')
    for (const points of [7, 8, 9]) await moved('credit', userId, id, { points })
    const whole = await entries(userId, id)
    expect(whole).toHaveLength(15)
    const rank = ({ at, kind, id }: Record<string, string>) => `${at} ${kind === 'expire' ? 0 : 1} ${id}`
    expect(whole.map(rank)).toEqual(whole.map(rank).sort().reverse())
    for (const limit of [1, 2, 4, 15, 14]) {
      const paged: unknown[] = []
      let cursor = ''
      do {
        const page = await ok('GET', `/v1/users/${userId}/wallets/${id}/entries?limit=${limit}${cursor}`)
        paged.push(...page.data)
        cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
        // What comes meanwhile is newer than all pages that follow.
        await clock('PT1S')
        if (limit === 14) await moved('credit', userId, id, { points: 1 })
      } while (cursor !== '')
      expect(paged, String(limit)).toEqual(whole)
    }
    const path = `/v1/users/${userId}/wallets/${id}/entries`
    for (const text of ['after:wal_1', 'after:5', 'after:x ent_1', 'after:1e3 ent_1', 'after:1 %00']) {
      expectProblem(await call('GET', `${path}?cursor=${btoa(text)}`), 422, 'invalid', ['cursor'])
    }
  },
)
