import { beforeAll, describe, expect, test } from 'vitest'
import { call, clock, env, ok } from './boon.ts'
import { at, HOUR } from './couponParts.ts'
import { expectProblem, rowCounts } from './problems.ts'
import { setUpAt } from './records.ts'
import {
  assign,
  assigned,
  codes,
  codesOf,
  listBody,
  listNow,
  partner,
  topUp,
  upload,
  verb,
  voucherEvents,
  voucherList,
} from './voucherParts.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))

const create = (body: object) => call('POST', '/v1/voucher-lists', body)
const patch = (id: string, body: object) => call('PATCH', `/v1/voucher-lists/${id}`, body)

describe('partners', () => {
  test('are made, found, listed newest first, and renamed', async () => {
    const made = await partner('Adidas')
    expect(made).toEqual({
      id: expect.stringMatching(/^prt_/),
      name: 'Adidas',
      createdBy: 'key_s',
      createdAt: '2026-05-01T12:00:00.000Z',
    })
    await clock('PT1S')
    const other = await partner('Nike')
    expect(await ok('GET', `/v1/partners/${made.id}`)).toEqual(made)
    const first = await ok('GET', '/v1/partners?limit=1')
    const second = await ok('GET', `/v1/partners?limit=1&cursor=${first.nextCursor}`)
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual([other.id, made.id])
    expect((await ok('GET', '/v1/partners?q=ADID')).data).toEqual([made])
    const renamed = { ...made, name: 'Adidas AG' }
    expect(await ok('PATCH', `/v1/partners/${made.id}`, { name: 'Adidas AG' })).toEqual(renamed)
    expect(await ok('GET', `/v1/partners/${made.id}`)).toEqual(renamed)
    expectProblem(await call('GET', '/v1/partners/prt_x'), 404, 'not_found')
    expectProblem(await call('PATCH', '/v1/partners/prt_x', { name: 'x' }), 404, 'not_found')
    expectProblem(await call('POST', '/v1/partners', { name: '' }), 422, 'invalid', ['name'])
  })

  test('a new name is that of all their lists, and of what is given from then on', async () => {
    const { id } = await partner('Before')
    const list = await ok('POST', '/v1/voucher-lists', listBody(id))
    await topUp(list.id, 'R-1\nR-2')
    await assigned(list.id, 'early')
    await ok('PATCH', `/v1/partners/${id}`, { name: 'After' })
    await assigned(list.id, 'late')
    expect((await listNow(list.id)).partner).toBe('After')
    expect((await voucherEvents('early'))[0]?.properties.partner).toBe('Before')
    expect((await voucherEvents('late'))[0]?.properties.partner).toBe('After')
  })
})

describe('a list', () => {
  test('is made active and empty, and says what it is', async () => {
    const { id } = await partner()
    const made = await ok('POST', '/v1/voucher-lists', {
      ...listBody(id),
      tag: 'Winter_Sale_500',
      description: 'Winter Sale 2024 - ₹500 off',
      lowStock: 10,
    })
    expect(made).toEqual({
      id: expect.stringMatching(/^vls_/),
      partnerId: id,
      partner: 'Puma',
      tag: 'winter_sale_500',
      name: 'Winter',
      description: 'Winter Sale 2024 - ₹500 off',
      expiresAt: '2099-03-31T23:59:59.000Z',
      lowStock: 10,
      status: 'active',
      stock: { total: 0, available: 0 },
      assigned: 0,
      alerts: [{ code: 'out_of_stock', message: expect.any(String), available: 0 }],
      createdBy: 'key_s',
      createdAt: at(0),
      updatedAt: at(0),
    })
    expect(await listNow(made.id)).toEqual(made)
  })

  test('has a tag of its own among those of its partner, whatever its case, and no other has trouble with it', async () => {
    const [one, other] = [await partner(), await partner()]
    const { id } = await ok('POST', '/v1/voucher-lists', listBody(one.id, { tag: 'Straße' }))
    await topUp(id, 'KEEP')
    const before = await rowCounts()
    for (const tag of ['straße', 'STRAßE']) {
      expectProblem(await create(listBody(one.id, { tag })), 409, 'tag_exists')
    }
    expect(await rowCounts()).toEqual(before)
    await ok('POST', '/v1/voucher-lists', listBody(other.id, { tag: 'straße' }))
    expect((await listNow(id)).stock.total).toBe(1)
    await ok('POST', `/v1/voucher-lists/${id}/archive`)
    expectProblem(await create(listBody(one.id, { tag: 'straße' })), 409, 'tag_exists')
  })

  test('of the same tag, asked for eight times at once, is one, and no pool is left of the others', async () => {
    const { id } = await partner()
    const answers = await Promise.all(Array.from({ length: 8 }, () => create(listBody(id, { tag: 'race' }))))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)])
    const made = answers.find(({ status }) => status === 201)?.json
    expect((await ok('GET', `/v1/voucher-lists?partnerId=${id}`)).data).toEqual([made])
    const { results } = await env.DB.prepare(
      `SELECT object FROM alarms WHERE object LIKE 'vouchers:%' AND substr(object, 10) NOT IN (SELECT id FROM voucher_lists)`,
    ).all()
    expect(results).toEqual([])
  })

  test.each<[string, object, string]>([
    ['a blank in the tag', { tag: 'winter sale' }, 'tag'],
    ['a blank before the tag', { tag: ' winter' }, 'tag'],
    ['a no-break space in the tag', { tag: 'winter\u00a0sale' }, 'tag'],
    ['an invisible mark in the tag', { tag: 'winter\u200b' }, 'tag'],
    ['a line break in the tag', { tag: 'winter\nsale' }, 'tag'],
    ['no tag', { tag: '' }, 'tag'],
    ['a tag of 101 characters', { tag: 'x'.repeat(101) }, 'tag'],
    ['no name', { name: '' }, 'name'],
    ['a partner that is not there', { partnerId: 'prt_x' }, 'partnerId'],
    ['an expiry in the past', { expiresAt: '2026-05-01T11:59:59Z' }, 'expiresAt'],
    ['an expiry this very moment', { expiresAt: '2026-05-01T12:00:00Z' }, 'expiresAt'],
    ['a date in the past', { expiresAt: '2026-04-30' }, 'expiresAt'],
    ['an expiry that is none', { expiresAt: 'never' }, 'expiresAt'],
    ['a day that is none', { expiresAt: '2026-02-30' }, 'expiresAt'],
    ['a threshold below zero', { lowStock: -1 }, 'lowStock'],
    ['half a threshold', { lowStock: 1.5 }, 'lowStock'],
    ['a description that is too long', { description: 'x'.repeat(2_001) }, 'description'],
    ['a status', { status: 'paused' }, 'status'],
  ])('with %s is refused, and nothing is written', async (_, more, path) => {
    const { id } = await partner()
    const before = await rowCounts()
    expectProblem(await create(listBody(id, more)), 422, 'invalid', [path])
    expect(await rowCounts()).toEqual(before)
  })

  test('that needs an expiry has none: refused', async () => {
    const { expiresAt: _, ...body } = listBody((await partner()).id)
    expectProblem(await create(body), 422, 'invalid', ['expiresAt'])
  })

  test('expires at the end of a date in the zone of the account', async () => {
    await ok('PATCH', '/v1/settings', { timezone: 'Asia/Kolkata' })
    const expiresAt = async (text: string) => (await voucherList([], { expiresAt: text })).expiresAt
    expect(await expiresAt('2026-05-31')).toBe('2026-05-31T18:30:00.000Z')
    expect(await expiresAt('2026-05-31T18:00')).toBe('2026-05-31T12:30:00.000Z')
    const list = await voucherList()
    expect((await patch(list.id, { expiresAt: '2026-06-01' })).json.expiresAt).toBe(
      '2026-06-01T18:30:00.000Z',
    )
    await ok('PATCH', '/v1/settings', { timezone: 'UTC' })
  })

  test('may expire as far ahead as dates go', async () => {
    const list = await voucherList(['FAR'], { expiresAt: '9999-12-30T00:00:00Z' })
    expect(list).toMatchObject({ status: 'active', expiresAt: '9999-12-30T00:00:00.000Z' })
    expect((await assigned(list.id, 'far')).code).toBe('FAR')
    expect((await listNow(list.id)).status).toBe('active')
  })

  test('is listed by partner, by status and by name, newest first', async () => {
    const { id } = await partner()
    const made = []
    for (const name of ['Spring', 'Summer', 'Autumn']) {
      made.push(await ok('POST', '/v1/voucher-lists', listBody(id, { name })))
      await clock('PT1S')
    }
    const names = async (query: string) =>
      (await ok('GET', `/v1/voucher-lists?partnerId=${id}${query}`)).data.map(
        (row: { name: string }) => row.name,
      )
    expect(await names('')).toEqual(['Autumn', 'Summer', 'Spring'])
    await verb(made[0].id, 'pause')
    await verb(made[1].id, 'archive')
    expect(await names('')).toEqual(['Autumn', 'Spring'])
    expect(await names('&status=paused')).toEqual(['Spring'])
    expect(await names('&status=archived')).toEqual(['Summer'])
    expect(await names('&status=active&q=AUT')).toEqual(['Autumn'])
    const page = await ok('GET', `/v1/voucher-lists?partnerId=${id}&limit=1`)
    expect(await names(`&limit=1&cursor=${page.nextCursor}`)).toEqual(['Spring'])
    expect((await ok('GET', '/v1/voucher-lists?partnerId=prt_x')).data).toEqual([])
    expectProblem(await call('GET', '/v1/voucher-lists?status=ended'), 422, 'invalid', ['status'])
  })

  test('is changed by what is named; null removes; the rest stays, also when many change it at once', async () => {
    const list = await voucherList([], { description: 'before', lowStock: 5 })
    expect(await patch(list.id, {})).toMatchObject({
      status: 200,
      json: { ...list, updatedAt: expect.any(String) },
    })
    await clock('PT1S')
    expect((await patch(list.id, { description: null, lowStock: null })).json).toEqual({
      ...list,
      description: null,
      lowStock: null,
      updatedAt: at(0),
    })
    const changes = [
      { name: 'After' },
      { description: 'after' },
      { lowStock: 7 },
      { expiresAt: '2098-01-01T00:00:00Z' },
    ]
    await Promise.all(changes.map((change) => patch(list.id, change)))
    const after = await listNow(list.id)
    expect(after).toMatchObject({ ...Object.assign({}, ...changes), expiresAt: '2098-01-01T00:00:00.000Z' })
    expect((await ok('GET', `/v1/voucher-lists?partnerId=${list.partnerId}`)).data).toEqual([after])
    const { results } = await env.DB.prepare(
      'SELECT name, description, low_stock, expires_ms FROM voucher_lists WHERE id = ?1',
    )
      .bind(list.id)
      .all()
    expect(results).toEqual([
      { name: 'After', description: 'after', low_stock: 7, expires_ms: Date.parse('2098-01-01T00:00:00Z') },
    ])
  })

  test.each<[object, string]>([
    [{ name: null }, 'name'],
    [{ name: '' }, 'name'],
    [{ expiresAt: null }, 'expiresAt'],
    [{ expiresAt: '2026-04-30' }, 'expiresAt'],
    [{ tag: 'other' }, 'tag'],
    [{ partnerId: 'prt_x' }, 'partnerId'],
    [{ lowStock: -1 }, 'lowStock'],
  ])('is not changed to %j', async (body, path) => {
    const list = await voucherList()
    expectProblem(await patch(list.id, body), 422, 'invalid', [path])
    expect(await listNow(list.id)).toEqual(list)
  })

  test('that is not there has no answer', async () => {
    expectProblem(await call('GET', '/v1/voucher-lists/vls_x'), 404, 'not_found')
    expectProblem(await patch('vls_x', { name: 'x' }), 404, 'not_found')
    expectProblem(await assign('vls_x', 'u'), 404, 'not_found')
    expectProblem(await verb('vls_x', 'pause'), 404, 'not_found')
    expectProblem(await upload('vls_x', 'A'), 404, 'not_found')
    expectProblem(await call('GET', '/v1/voucher-lists/vls_x/codes'), 404, 'not_found')
  })
})

describe('the lifecycle', () => {
  test('pause, resume and archive answer the list; what the status does not allow is refused', async () => {
    const { id } = await voucherList(['A', 'B'])
    const asked = async (name: string) => {
      const { status, json } = await verb(id, name)
      return status === 200 ? json.status : `${json.code}, ${(await listNow(id)).status}`
    }
    expect(await asked('resume')).toBe('wrong_status, active')
    expect(await asked('pause')).toBe('paused')
    expect(await asked('pause')).toBe('wrong_status, paused')
    expect(await asked('resume')).toBe('active')
    expect(await asked('pause')).toBe('paused')
    expect(await asked('archive')).toBe('archived')
    for (const name of ['pause', 'resume', 'archive'])
      expect(await asked(name)).toBe('wrong_status, archived')
    expectProblem(await patch(id, { name: 'x' }), 409, 'not_editable')
    expectProblem(await upload(id, 'C'), 409, 'wrong_status')
    expectProblem(await assign(id, 'u'), 409, 'list_not_active')
  })

  test('a list expires by time alone, at that moment; codes that are held stay', async () => {
    const { id, partnerId } = await voucherList(codes(3, 'EXP'), { expiresAt: at(HOUR) })
    const held = await assigned(id, 'expiring')
    await clock('PT59M59S')
    await assigned(id, 'in time')
    await clock('PT1S')
    expect(await listNow(id)).toMatchObject({ status: 'expired', stock: { available: 1 }, alerts: [] })
    const expired = await ok('GET', `/v1/voucher-lists?partnerId=${partnerId}&status=expired`)
    expect(expired.data.map((row: { id: string }) => row.id)).toEqual([id])
    expectProblem(await assign(id, 'late'), 409, 'list_expired')
    expectProblem(await upload(id, 'MORE'), 409, 'list_expired')
    for (const name of ['pause', 'resume']) expectProblem(await verb(id, name), 409, 'wrong_status')
    const { data } = await ok('GET', '/v1/users/expiring/holdings')
    expect(data).toEqual([held])
  })

  test('an expired list that is extended is active again, and what was given before keeps its own expiry', async () => {
    const { id } = await voucherList(codes(2, 'EXT'), { expiresAt: at(HOUR) })
    const before = await assigned(id, 'extended')
    await clock('PT2H')
    expect((await patch(id, { name: 'still over' })).json).toMatchObject({ status: 'expired' })
    expectProblem(await patch(id, { expiresAt: at(-1) }), 422, 'invalid', ['expiresAt'])
    expect((await patch(id, { expiresAt: at(HOUR) })).json).toMatchObject({ status: 'active' })
    const after = await assigned(id, 'extended')
    expect(Date.parse(after.expiresAt) - Date.parse(before.expiresAt)).toBe(2 * HOUR)
    const { data } = await ok('GET', '/v1/users/extended/holdings')
    expect(data).toEqual([after, before])
    await clock('PT2H')
    expect((await listNow(id)).status).toBe('expired')
  })

  test('a paused list expires too, and one that is shortened at its new time', async () => {
    const paused = await voucherList([], { expiresAt: at(HOUR) })
    await verb(paused.id, 'pause')
    const shortened = await voucherList(['S'])
    await patch(shortened.id, { expiresAt: at(1) })
    await clock('PT1H')
    expect((await listNow(paused.id)).status).toBe('expired')
    expectProblem(await assign(paused.id, 'u'), 409, 'list_expired')
    expect((await listNow(shortened.id)).status).toBe('expired')
  })

  test('pausing holds at once, whoever is asking, and resuming as well', async () => {
    const { id } = await voucherList(codes(300, 'P'))
    const before = Array.from({ length: 40 }, (_, n) => assign(id, `before-${n}`))
    const paused = await verb(id, 'pause')
    const { available } = paused.json.stock
    const after = await Promise.all(Array.from({ length: 20 }, (_, n) => assign(id, `after-${n}`)))
    for (const answer of after) expectProblem(answer, 409, 'list_not_active')
    await Promise.all(before)
    expect((await listNow(id)).stock.available).toBe(available)
    await verb(id, 'resume')
    await assigned(id, 'again')
    expect((await listNow(id)).stock.available).toBe(available - 1)
  })
})

describe('the stock', () => {
  test('is told exactly, and an alert shows when it falls under the threshold or runs out', async () => {
    const { id } = await voucherList(codes(3, 'LOW'), { lowStock: 3 })
    const alerts = async () =>
      (await listNow(id)).alerts.map((alert: { code: string; available: number }) => [
        alert.code,
        alert.available,
      ])
    expect(await alerts()).toEqual([])
    await assigned(id, 'low-1')
    expect(await alerts()).toEqual([['low_stock', 2]])
    await assigned(id, 'low-2')
    await assigned(id, 'low-3')
    expect(await alerts()).toEqual([['out_of_stock', 0]])
    expect(await listNow(id)).toMatchObject({ stock: { total: 3, available: 0 }, assigned: 3 })
    expectProblem(await assign(id, 'low-4'), 409, 'out_of_stock')
    await topUp(id, codes(3, 'MORE').join('\n'))
    expect(await alerts()).toEqual([])
    expect(await listNow(id)).toMatchObject({ stock: { total: 6, available: 3 }, assigned: 3 })
    expect((await assigned(id, 'low-4')).code).toBe('MORE-00000')
  })

  test('the codes show who holds what, by status, page by page, and as a file', async () => {
    const { id } = await voucherList(codes(5, 'WHO'))
    const holder = 'holder "1", Ltd'
    for (const userId of [holder, 'w2']) await assigned(id, userId)
    expect(await codesOf(id, '&status=assigned')).toEqual([
      { code: 'WHO-00000', status: 'assigned', userId: holder },
      { code: 'WHO-00001', status: 'assigned', userId: 'w2' },
    ])
    expect((await codesOf(id, '&status=available')).map(({ code }) => code)).toEqual([
      'WHO-00002',
      'WHO-00003',
      'WHO-00004',
    ])
    expect(await codesOf(id)).toHaveLength(5)
    expectProblem(await call('GET', `/v1/voucher-lists/${id}/codes?status=redeemed`), 422, 'invalid', [
      'status',
    ])
    const page = await ok('GET', `/v1/voucher-lists/${id}/codes?limit=3`)
    const rest = await ok('GET', `/v1/voucher-lists/${id}/codes?limit=3&cursor=${page.nextCursor}`)
    expect(rest.data.map(({ code }: { code: string }) => code)).toEqual(['WHO-00003', 'WHO-00004'])
    const file = await call('GET', `/v1/voucher-lists/${id}/codes`, undefined, {
      headers: { accept: 'text/csv' },
    })
    expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(file.text.split('\r\n').slice(0, 4)).toEqual([
      'code,status,userId',
      'WHO-00000,assigned,"holder ""1"", Ltd"',
      'WHO-00001,assigned,w2',
      'WHO-00002,available,',
    ])
  })
})
