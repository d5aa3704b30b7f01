import { evictAllDurableObjects } from 'cloudflare:test'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { call, campaign, clock, inFlight, ok, setUp, wallet } from './boon.ts'
import { at, HOUR, trayOf } from './couponParts.ts'
import { expectProblem, rowCounts } from './problems.ts'
import { userAt } from './records.ts'
import {
  assign,
  assigned,
  codes,
  codesOf,
  listNow,
  tally,
  verb,
  voucherEvents,
  voucherList,
  voucherRows,
} from './voucherParts.ts'

beforeAll(setUp)

describe('a code by API', () => {
  test('makes the user, the holding and the event, and says what it is', async () => {
    const list = await voucherList(['PM500FF'], {
      description: 'Winter Sale',
      expiresAt: '2098-03-31T23:59:59Z',
    })
    const { status, json } = await assign(list.id, 'fresh')
    expect(status).toBe(201)
    expect(json).toEqual({
      holdingId: expect.stringMatching(/^hld_/),
      type: 'voucher',
      voucherListId: list.id,
      code: 'PM500FF',
      grantId: null,
      campaignId: null,
      redeemableFrom: json.at,
      expiresAt: '2098-03-31T23:59:59.000Z',
      at: expect.stringMatching(/Z$/),
    })
    expect(await ok('GET', '/v1/users/fresh')).toMatchObject({ id: 'fresh' })
    expect((await ok('GET', '/v1/users/fresh/holdings')).data).toEqual([json])
    const events = await voucherEvents('fresh')
    expect(events).toEqual([
      {
        id: json.holdingId.replace('hld', 'evt'),
        at_ms: Date.parse(json.at),
        properties: {
          'CT Source': 'Promo Module',
          campaignId: null,
          eventTimestamp: Math.floor(Date.parse(json.at) / 1_000),
          listDescription: 'Winter Sale',
          listExpiry: '2098-03-31T23:59:59Z',
          listTag: list.tag,
          partner: 'Puma',
          source: 'API',
          voucherCode: 'PM500FF',
          voucherListId: list.id,
        },
      },
    ])
    const { data } = await ok('GET', '/v1/users/fresh/timeline')
    expect(data).toMatchObject([{ type: 'event', name: 'CT Partner Voucher Rewarded', id: events[0]?.id }])
    expect(await listNow(list.id)).toMatchObject({ assigned: 1, stock: { total: 1, available: 0 } })
  })

  test('a user may have several, each its own', async () => {
    const { id } = await voucherList(codes(3, 'SEVERAL'))
    const given = []
    for (let n = 0; n < 3; n++) given.push((await assigned(id, 'several')).code)
    expect(given).toEqual(codes(3, 'SEVERAL'))
    expect((await voucherRows(id)).map(({ code }) => code).sort()).toEqual(given)
  })

  test.each<[unknown, string]>([
    [{}, 'userId'],
    [{ userId: '' }, 'userId'],
    [{ userId: 5 }, 'userId'],
    [{ userId: 'u'.repeat(129) }, 'userId'],
    [{ userId: 'a\u0000b' }, 'userId'],
    [{ userId: 'u', code: 'MINE' }, 'code'],
    [{ userId: 'u', campaignId: 'cmp_1' }, 'campaignId'],
  ])('for %j is refused, and nothing is given', async (body, path) => {
    const { id } = await voucherList(['BAD'])
    const before = await rowCounts()
    expectProblem(await call('POST', `/v1/voucher-lists/${id}/assign`, body), 422, 'invalid', [path])
    expect(await rowCounts()).toEqual(before)
    expect((await listNow(id)).stock.available).toBe(1)
  })

  test('of a list that gives none is refused with the reason, and nobody is made', async () => {
    const empty = await voucherList()
    const paused = await voucherList(['P'])
    await verb(paused.id, 'pause')
    const archived = await voucherList(['A'])
    await verb(archived.id, 'archive')
    const before = await rowCounts()
    expectProblem(await assign(empty.id, 'nobody'), 409, 'out_of_stock')
    expectProblem(await assign(paused.id, 'nobody'), 409, 'list_not_active')
    expectProblem(await assign(archived.id, 'nobody'), 409, 'list_not_active')
    expect(await rowCounts()).toEqual(before)
    expectProblem(await call('GET', '/v1/users/nobody'), 404, 'not_found')
  })
})

test('64 users at once at 40 codes: exactly 40 are given, all different, 24 are out_of_stock', async () => {
  const { id } = await voucherList(codes(40, 'RUSH'))
  const users = Array.from({ length: 64 }, (_, n) => `rush-${n}`)
  const answers = await inFlight(
    64,
    users.map((userId) => () => assign(id, userId)),
  )
  expect(tally(answers.map(({ json }) => json.code?.replace(/-\d+/, '') ?? ''))).toEqual({
    RUSH: 40,
    out_of_stock: 24,
  })
  const given = answers.flatMap(({ status, json }) => (status === 201 ? [json.code] : []))
  expect(given.sort()).toEqual(codes(40, 'RUSH'))
  const rows = await voucherRows(id)
  expect(rows.map(({ code }) => code).sort()).toEqual(given)
  answers.forEach(({ status, json }, index) => {
    const own = rows.filter((row) => row.user_id === users[index])
    expect(own.map(({ code }) => code)).toEqual(status === 201 ? [json.code] : [])
  })
  const held = await codesOf(id, '&status=assigned')
  expect(held.map(({ code, userId }) => `${code} ${userId}`).sort()).toEqual(
    rows.map((row) => `${row.code} ${row.user_id}`).sort(),
  )
  expect(await listNow(id)).toMatchObject({ assigned: 40, stock: { total: 40, available: 0 } })
})

describe('an idempotency key', () => {
  test('twenty times at once is one code', async () => {
    const { id } = await voucherList(codes(30, 'KEY'))
    const answers = await inFlight(
      20,
      Array.from({ length: 20 }, () => () => assign(id, 'keyed', 'once')),
    )
    for (const answer of answers) expect(answer).toMatchObject({ status: 201, json: answers[0]?.json })
    const replayed = answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')
    expect(replayed).toHaveLength(19)
    expect(await voucherRows(id)).toHaveLength(1)
    expect(await listNow(id)).toMatchObject({ assigned: 1, stock: { available: 29 } })
    expect(await voucherEvents('keyed')).toHaveLength(1)
  })

  test('answers the same again, also after an eviction, a change, a pause, and when nothing is left', async () => {
    const { id } = await voucherList(['ONLY'], { expiresAt: at(HOUR) })
    const first = await assign(id, 'again', 'k')
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    await ok('PATCH', `/v1/voucher-lists/${id}`, { description: 'changed', expiresAt: at(2 * HOUR) })
    await verb(id, 'pause')
    await evictAllDurableObjects()
    const again = await assign(id, 'again', 'k')
    expect(again).toMatchObject({ status: 201, json: first.json })
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    await clock('PT3H')
    expect((await assign(id, 'again', 'k')).json).toEqual(first.json)
    expectProblem(await assign(id, 'again', 'another'), 409, 'list_expired')
  })

  test('is for one body and one list', async () => {
    const [one, other] = [await voucherList(codes(5, 'ONE')), await voucherList(codes(5, 'OTHER'))]
    const first = await assign(one.id, 'b1', 'shared')
    expectProblem(await assign(one.id, 'b2', 'shared'), 409, 'idempotency_conflict')
    expect((await assign(other.id, 'b1', 'shared')).json.code).toBe('OTHER-00000')
    expect((await assign(one.id, 'b1', 'shared')).json).toEqual(first.json)
    expect(await voucherRows(one.id)).toHaveLength(1)
  })

  test('with two bodies at once goes to one of them', async () => {
    const { id } = await voucherList(codes(20, 'BODIES'))
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => assign(id, `body-${n % 2}`, 'both')),
    )
    expect(tally(answers.map(({ status, json }) => (status === 201 ? 'given' : json.code)))).toEqual({
      given: 5,
      idempotency_conflict: 5,
    })
    expect(await voucherRows(id)).toHaveLength(1)
  })

  test('that was refused is free: asked again when there are codes, it gives one', async () => {
    const { id } = await voucherList()
    expectProblem(await assign(id, 'patient', 'wait'), 409, 'out_of_stock')
    await verb(id, 'pause')
    expectProblem(await assign(id, 'patient', 'wait'), 409, 'list_not_active')
    await verb(id, 'resume')
    const upload = await call('POST', `/v1/voucher-lists/${id}/codes`, 'AT LAST', {
      headers: { 'content-type': 'text/csv' },
    })
    await vi.waitFor(async () => expect((await listNow(id)).stock.total).toBe(1))
    expect(upload.status).toBe(202)
    const given = await assign(id, 'patient', 'wait')
    expect(given).toMatchObject({ status: 201, json: { code: 'AT LAST' } })
    expect(given.headers.get('idempotent-replayed')).toBeNull()
  })

  test('is kept for a day', async () => {
    const { id } = await voucherList(codes(5, 'DAY'), { expiresAt: at(30 * 24 * HOUR) })
    const first = await assign(id, 'daily', 'day')
    await clock('PT23H59M')
    expect((await assign(id, 'daily', 'day')).json).toEqual(first.json)
    await clock('P3D')
    // Whoever comes next makes the pool forget the keys of long ago.
    await assigned(id, 'next')
    const later = await assign(id, 'daily', 'day')
    expect(later.headers.get('idempotent-replayed')).toBeNull()
    expect(later.json.code).toBe('DAY-00002')
  })

  test('of 129 characters, or with a line break in it, is refused', async () => {
    const { id } = await voucherList(['X'])
    expectProblem(await assign(id, 'u', 'k'.repeat(129)), 422, 'invalid', ['Idempotency-Key'])
    expectProblem(await assign(id, 'u', 'ü'), 422, 'invalid', ['Idempotency-Key'])
    expect((await listNow(id)).stock.available).toBe(1)
  })
})

test('campaigns hear of what is assigned, once, also when it is asked for again', async () => {
  const { id } = await voucherList(codes(3, 'HEARD'))
  const purse = await wallet()
  await campaign('CT Partner Voucher Rewarded', purse.id, {
    trigger: {
      event: 'CT Partner Voucher Rewarded',
      where: [
        { property: 'source', op: 'eq', value: 'API' },
        { property: 'voucherListId', op: 'eq', value: id },
      ],
    },
  })
  for (let n = 0; n < 3; n++) await assign(id, 'heard', 'same')
  const active = async () =>
    (await ok('GET', '/v1/users/heard/wallets')).find(
      (one: { walletId: string }) => one.walletId === purse.id,
    )?.active
  await vi.waitFor(async () => expect(await active()).toBe(10), { timeout: 20_000, interval: 50 })
  await assigned(id, 'heard')
  await vi.waitFor(async () => expect(await active()).toBe(20), { timeout: 20_000, interval: 50 })
})

describe('a user who is erased', () => {
  test('is gone from the holdings, the tray and the pool; their codes stay given', async () => {
    const { id } = await voucherList(codes(3, 'ERASE'))
    await assign(id, 'erased', 'e1')
    await assigned(id, 'stays')
    expect((await call('DELETE', '/v1/users/erased')).status).toBe(204)
    expect((await ok('GET', '/v1/users/erased/holdings')).data).toEqual([])
    expect(await voucherEvents('erased')).toEqual([])
    const held = await codesOf(id, '&status=assigned')
    expect(held.map(({ code, userId }) => `${code} ${userId?.replace(/-.*/, '')}`)).toEqual([
      'ERASE-00000 erased',
      'ERASE-00001 stays',
    ])
    expect(held[0]?.userId).toMatch(/^erased-/)
    expect(await listNow(id)).toMatchObject({ assigned: 2, stock: { total: 3, available: 1 } })
    // The key of somebody who is no more stands for nothing.
    const again = await assign(id, 'erased', 'e1')
    expect(again.json.code).toBe('ERASE-00002')
    expect(again.headers.get('idempotent-replayed')).toBeNull()
  })
})

describe('the tray', () => {
  test('shows vouchers newest first, with what they are, whatever becomes of their list', async () => {
    const puma = await voucherList(codes(2, 'TRAY'), {
      name: 'Sale',
      description: 'd',
      expiresAt: at(24 * HOUR),
    })
    const other = await voucherList(['OTHER'], { name: 'Other', expiresAt: at(48 * HOUR) })
    const user = userAt(1, 'tray-')
    const held = []
    for (const id of [puma.id, other.id, puma.id]) {
      held.push(await assigned(id, user))
      await clock('PT1S')
    }
    const { vouchers } = await trayOf(user)
    expect(vouchers.map((one: { code: string }) => one.code)).toEqual(['TRAY-00001', 'OTHER', 'TRAY-00000'])
    expect(vouchers[0]).toEqual({
      voucherListId: puma.id,
      holdingId: held[2].holdingId,
      code: 'TRAY-00001',
      name: 'Sale',
      description: 'd',
      partner: 'Puma',
      expiresAt: held[2].expiresAt,
      state: 'usable',
    })
    await verb(puma.id, 'archive')
    expect((await trayOf(user)).vouchers).toEqual(vouchers)
    await clock('PT24H')
    const states = async () =>
      (await trayOf(user)).vouchers.map((one: { code: string; state: string }) => `${one.code} ${one.state}`)
    expect(await states()).toEqual(['OTHER usable', 'TRAY-00001 expired', 'TRAY-00000 expired'])
    await clock('P30D')
    expect(await states()).toEqual(['OTHER expired'])
    await clock('P1D')
    expect(await states()).toEqual([])
    expect((await ok('GET', `/v1/users/${user}/holdings`)).data).toHaveLength(3)
  })
})
