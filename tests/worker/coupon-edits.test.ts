import { beforeAll, describe, expect, test } from 'vitest'
import { now } from '../../worker/platform/clock.ts'
import { call, clock, env, jobDone, ok, setUp } from './boon.ts'
import { at, create, definition, HOUR, status, verb } from './couponParts.ts'
import { expectProblem } from './problems.ts'

beforeAll(setUp)

describe('an edit', () => {
  const patch = (id: string, body: object) => call('PATCH', `/v1/coupons/${id}`, body)

  test('changes anything of a draft, and of an active coupon only what cannot hurt', async () => {
    const { id } = await create({ code: 'EDIT', limits: { global: { total: 5, day: 2 } } })
    expect((await patch(id, { name: 'New', limits: { global: { day: null } } })).json).toMatchObject({
      name: 'New',
      limits: { global: { total: 5 } },
    })
    await verb(id, 'publish')
    for (const [body, path] of [
      [{ limits: { global: { total: 4 } } }, 'limits.global.total'],
      [{ limits: { perUser: { total: 1 } } }, 'limits.perUser.total'],
      [
        { effect: { on: 'order', benefit: { kind: 'percentage', percent: 20 }, as: 'discount' } },
        'effect.benefit.percent',
      ],
      [{ code: 'OTHER' }, 'code'],
      [{ validity: { timezone: 'Asia/Kolkata' } }, 'validity.timezone'],
      [{ audience: 'campaign' }, 'audience'],
    ] as const) {
      expectProblem(await patch(id, body), 409, 'not_editable', [path])
    }
    expectProblem(await patch(id, { validity: { end: at(-HOUR) } }), 409, 'not_publishable', ['validity.end'])
    const raised = { name: 'Raised', limits: { global: { total: 6 } }, validity: { end: at(HOUR) } }
    expect(await patch(id, raised)).toMatchObject({ status: 200, json: { ...raised, status: 'active' } })
    await clock('PT61M')
    expect(await status(id)).toBe('ended')
    expectProblem(await patch(id, { name: 'Late' }), 409, 'not_editable', ['name'])
    expect((await patch(id, {})).status).toBe(200)
  })

  test('can bring a start forward to now', async () => {
    const { id } = await create({ code: 'EARLY', validity: { start: at(48 * HOUR), end: 'never' } })
    await verb(id, 'publish')
    expectProblem(await patch(id, { validity: { start: at(-HOUR) } }), 409, 'not_publishable', [
      'validity.start',
    ])
    const answer = await patch(id, { validity: { start: 'now' } })
    expect(answer.json).toMatchObject({ status: 'active' })
    expect(Math.abs(Date.parse(answer.json.startsAt) - now())).toBeLessThan(HOUR)
  })

  test('of the code moves the claim with it, and takes nothing that another coupon has', async () => {
    const one = await create({ code: 'ONE' })
    const two = await create({ code: 'TWO' })
    expectProblem(await patch(one.id, { code: ' two ' }), 409, 'code_exists')
    expect(await ok('GET', `/v1/coupons/${one.id}`)).toMatchObject({ code: 'ONE' })
    expect(await patch(one.id, { code: ' Three ' })).toMatchObject({ json: { code: 'Three' } })
    expect(await patch(two.id, { code: 'one' })).toMatchObject({ status: 200 })
    // A change of the kind gives the code back; codes of its own keep a bulk coupon what it is.
    expect(await patch(two.id, { kind: 'bulk', code: null })).toMatchObject({
      status: 200,
      json: { kind: 'bulk' },
    })
    await create({ code: 'One' })
    await jobDone((await ok('POST', `/v1/coupons/${two.id}/codes/generate`, { count: 3, length: 8 })).id)
    expectProblem(await patch(two.id, { kind: 'single', code: 'FOUR' }), 409, 'not_editable', ['kind'])
    expect((await ok('GET', `/v1/coupons/${two.id}`)).stats.stock).toEqual({ total: 3, available: 3 })
  })

  test('made twice at the same moment is made once', async () => {
    const { id } = await create({ code: 'TWICE' })
    const both = await Promise.all([patch(id, { name: 'A' }), patch(id, { description: 'B' })])
    for (const { status: code, json } of both) expect(code === 200 || json.code === 'not_editable').toBe(true)
    const after = await ok('GET', `/v1/coupons/${id}`)
    const applied = [after.name === 'A', after.description === 'B']
    expect(applied).toEqual(both.map((answer) => answer.status === 200))
  })
})

describe('codes of single coupons', () => {
  test('C1, C2, C4: the same code in another form is the same code', async () => {
    for (const [first, others] of [
      ['CODE40', ['code40', ' CODE40 ', 'ｃｏｄｅ４０']],
      ['dankefür100', ['DANKEFÜR100', 'DANKEFU\u0308R100']],
      ['TI-P19K4KLH2X', ['ti-p19k4klh2x']],
      ['straße', ['STRASSE']],
    ] as const) {
      expect(await create({ code: first })).toMatchObject({ code: first })
      for (const code of others) {
        expectProblem(await call('POST', '/v1/coupons', definition({ code })), 409, 'code_exists')
      }
    }
    const count = await env.DB.prepare(
      `SELECT count(*) AS n FROM coupons WHERE name = 'C' AND definition LIKE '%40"%'`,
    )
    expect(await count.first()).toEqual({ n: 1 })
  })

  test('made by twenty at once belong to one; archived, they are free again', async () => {
    const body = definition({ code: 'RACE' })
    const all = await Promise.all(Array.from({ length: 20 }, () => call('POST', '/v1/coupons', body)))
    expect(all.filter((answer) => answer.status === 201)).toHaveLength(1)
    for (const lost of all.filter((answer) => answer.status !== 201)) expectProblem(lost, 409, 'code_exists')
    const won = all.find((answer) => answer.status === 201)?.json
    await verb(won.id, 'archive')
    const next = await create({ code: 'race' })
    expect((await call('PATCH', `/v1/coupons/${won.id}`, {})).status).toBe(200)
    expectProblem(await call('POST', '/v1/coupons', body), 409, 'code_exists')
    expect(next.status).toBe('draft')
  })
})
