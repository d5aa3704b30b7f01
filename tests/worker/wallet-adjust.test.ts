import { beforeAll, describe, expect, test } from 'vitest'
import { call, clock, ok, wallet } from './boon.ts'
import { expectProblem, rowCounts } from './problems.ts'
import { setUpAt } from './records.ts'
import { balance, entries, expectClean, move, moved } from './walletParts.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))

describe('an adjustment', () => {
  test('adds a lot, and makes the user where there is none', async () => {
    const { id } = await wallet({ expiry: { after: 'P1D' } })
    expect(
      await moved('adjust', 'added', id, { points: 7, orderId: 'o', metadata: { by: 'me' } }),
    ).toMatchObject({
      kind: 'adjust',
      points: 7,
      balance: 7,
      source: 'api',
      orderId: 'o',
      description: 'd',
      metadata: { by: 'me' },
      refundOf: null,
    })
    expect(await ok('GET', '/v1/users/added')).toMatchObject({ id: 'added' })
    const more = { points: 5, activation: { after: 'PT1H' }, expiry: 'never' }
    expect(await moved('adjust', 'added', id, more)).toMatchObject({ points: 5, balance: 7 })
    expect(await balance('added')).toMatchObject({
      active: 7,
      promised: 5,
      expiringNext: { points: 7, at: '2026-05-02T12:00:00.000Z' },
      totals: { issued: 12, removed: 0 },
    })
    await clock('P1D')
    expect(await balance('added')).toMatchObject({
      active: 5,
      promised: 0,
      totals: { issued: 12, expired: 7 },
    })
    await expectClean(id)
  })

  test('with a minus takes away what expires first, and never more than is active', async () => {
    const { id } = await wallet({ decimals: 1 })
    await moved('credit', 'removed', id, { points: 10 })
    await moved('credit', 'removed', id, { points: 10, expiry: { after: 'P1D' } })
    await moved('credit', 'removed', id, { points: 50, activation: { after: 'P1D' } })
    const refused = await move('adjust', 'removed', id, { points: -20.1 }, 'again')
    expectProblem(refused, 409, 'insufficient_balance')
    expect(refused.json.balance).toBe(20)
    expect(await moved('adjust', 'removed', id, { points: -10.5 })).toMatchObject({
      kind: 'adjust',
      points: -10.5,
      balance: 9.5,
    })
    expect(await balance('removed')).toMatchObject({
      active: 9.5,
      promised: 50,
      totals: { issued: 70, redeemed: 0, removed: 10.5, expired: 0 },
    })
    expect(await balance('removed')).not.toHaveProperty('expiringNext')
    await clock('P1D')
    expect(await moved('adjust', 'removed', id, { points: -20.1 }, 'again')).toMatchObject({ balance: 39.4 })
    expect(await balance('removed')).toMatchObject({ totals: { removed: 30.6, expired: 0 } })
    await expectClean(id)
  })

  test('counts once for a key, also sent twenty times at once, and for one body only', async () => {
    const { id } = await wallet()
    expectProblem(
      await call('POST', `/v1/users/once/wallets/${id}/adjust`, { points: 1, description: 'd' }),
      422,
      'invalid',
      ['Idempotency-Key'],
    )
    for (const points of [9, -4]) {
      const all = await Promise.all(
        Array.from({ length: 20 }, () => move('adjust', 'once', id, { points }, `of ${points}`)),
      )
      expect(new Set(all.map(({ status, json }) => `${status} ${json.id} ${json.balance}`)).size).toBe(1)
      expect(all.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(19)
      expectProblem(
        await move('adjust', 'once', id, { points: -points }, `of ${points}`),
        409,
        'idempotency_conflict',
      )
    }
    expectProblem(await move('credit', 'once', id, { points: 9 }, 'of 9'), 409, 'idempotency_conflict')
    expect(await balance('once')).toMatchObject({ active: 5, totals: { issued: 9, removed: 4 } })
    expect(await entries('once', id)).toHaveLength(2)
  })

  test('thirty at once for the last points: as many as there are', async () => {
    const { id } = await wallet()
    for (const points of [5, 6]) await moved('credit', 'last', id, { points })
    const all = await Promise.all(
      Array.from({ length: 30 }, () => move('adjust', 'last', id, { points: -1 })),
    )
    expect(all.filter(({ status }) => status === 201)).toHaveLength(11)
    expect(await balance('last')).toMatchObject({ active: 0, totals: { removed: 11 } })
    await expectClean(id)
  })

  test('without sense is refused and changes nothing', async () => {
    const { id } = await wallet({ decimals: 1 })
    await moved('credit', 'sense', id, { points: 5 })
    const before = await rowCounts()
    for (const points of [0, 0.25, -0.25, 1e300, -1e300, 1e12 + 1, -1e12 - 1, '5', null, undefined, [5]]) {
      expectProblem(await move('adjust', 'sense', id, { points }), 422, 'invalid', ['points'])
    }
    const path = `/v1/users/sense/wallets/${id}/adjust`
    for (const text of ['NaN', '-Infinity', '-1e999', '-0', '-5e-324']) {
      const answer = await call('POST', path, `{"points":${text},"description":"d"}`, {
        headers: { 'idempotency-key': `sense ${text}` },
      })
      expect([400, 422], answer.text).toContain(answer.status)
    }
    const wrong = [
      [{ points: -1, expiry: 'never' }, 'expiry'],
      [{ points: -1, activation: 'immediate' }, 'activation'],
      [{ points: 1, expiry: { at: '2026-05-01T12:00:00Z' } }, 'expiry.at'],
      [{ points: 1, expiry: { after: 'PT0S' } }, 'expiry'],
      [{ points: 1, expiry: 'tomorrow' }, 'expiry'],
      [{ points: 1, activation: { after: 5 } }, 'activation'],
      [{ points: 1, description: undefined }, 'description'],
      [{ points: 1, description: 'x'.repeat(501) }, 'description'],
      [{ points: 1, description: 'two\nlines' }, 'description'],
      [{ points: 1, entryId: 'ent_1' }, 'entryId'],
      [{ points: 1, kind: 'credit' }, 'kind'],
    ] as const
    for (const [body, path] of wrong) {
      const answer = await move('adjust', 'sense', id, body)
      expectProblem(answer, 422, 'invalid')
      expect(answer.json.issues[0].path, answer.text).toMatch(new RegExp(`^${path}`))
    }
    for (const key of ['', 'k'.repeat(129)]) {
      expectProblem(await move('adjust', 'sense', id, { points: 1 }, key), 422, 'invalid', [
        'Idempotency-Key',
      ])
    }
    expectProblem(await move('adjust', 'sense', 'wal_x', { points: 1 }), 404, 'not_found')
    expectProblem(await move('adjust', 'nobody', id, { points: -1 }), 409, 'insufficient_balance')
    expect(await rowCounts()).toEqual(before)
    expect(await balance('sense')).toMatchObject({ active: 5 })
  })
})

describe('debits and credits without sense', () => {
  test.each(['debit', 'credit'] as const)('%s: clear refusals, nothing changed', async (verb) => {
    const { id } = await wallet({ decimals: 2 })
    await moved('credit', `plain ${verb}`, id, { points: 5 })
    const before = await rowCounts()
    for (const points of [0, -1, 0.001, 1e300, '5', null, undefined, {}, true]) {
      expectProblem(await move(verb, `plain ${verb}`, id, { points }), 422, 'invalid', ['points'])
    }
    for (const [field, value] of [
      ['description', 'x'.repeat(100_000)],
      ['description', 5],
      ['orderId', ''],
      ['metadata', 'text'],
      ['entryId', 'ent_1'],
      ['source', 'campaign'],
      ['balance', 5],
    ] as const) {
      const answer = await move(verb, `plain ${verb}`, id, { points: 1, [field]: value })
      expectProblem(answer, 422, 'invalid', [field])
    }
    expectProblem(
      await move(verb, `plain ${verb}`, id, { points: 1, description: 'x'.repeat(1_100_000) }),
      413,
      'too_large',
    )
    expect(await rowCounts()).toEqual(before)
  })
})
