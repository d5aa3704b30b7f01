import { beforeAll, describe, expect, test } from 'vitest'
import { call, clock, ok, setUp } from './boon.ts'
import { at, benefit, create, definition, HOUR, status, trayOf, verb } from './couponParts.ts'
import { expectProblem } from './problems.ts'

beforeAll(setUp)

let made = 0

describe('a definition', () => {
  const where = [{ property: 'sku', op: 'eq', value: 'A' }]
  test.each<object>([
    { effect: { on: 'order', exclude: where, benefit, as: 'discount' } },
    { effect: { on: 'order', benefit: { ...benefit, max: { INR: 20_000 } }, as: 'discount' } },
    {
      effect: {
        on: 'products',
        where,
        benefit: { kind: 'fixed', amount: { INR: 5_000, EUR: 60 } },
        as: 'discount',
      },
    },
    { effect: { on: { on: 'products', where }, benefit, as: 'discount' } },
    { effect: { on: { on: 'property', property: 'shipping' }, benefit, as: 'discount' } },
    {
      effect: {
        on: 'property',
        property: 'fee',
        benefit,
        as: { cashback: 'wal_1', pointsPer: { INR: 100 } },
      },
    },
    {
      qualify: {
        cart: where,
        products: { match: 'each', where },
        user: [{ property: 'city', op: 'exists' }],
      },
    },
    {
      validity: {
        start: '2030-12-24T18:00',
        end: '2030-12-31',
        timezone: 'Asia/Kolkata',
        expiresAfter: 'P7D',
      },
    },
    {
      validity: {
        start: 'now',
        end: 'never',
        recurring: [{ days: ['sat', 'sun'], from: '16:00', to: '24:00' }],
      },
    },
    { activation: { event: 'App Installed', where } },
    {
      limits: { perUser: { total: null }, global: { total: 1_000, day: 100 } },
      visible: false,
      lowStock: 100,
    },
    { audience: 'campaign', kind: 'bulk', code: undefined, description: 'd', terms: 'line\nline' },
  ])('%j is taken and answered', async (more) => {
    const { id } = await create({ code: `OK-${made++}`, ...more })
    const answer = await ok('GET', `/v1/coupons/${id}`)
    const { effect, ...rest } = more as { effect?: { on: unknown } }
    expect(answer).toMatchObject({
      ...JSON.parse(JSON.stringify(rest)),
      status: 'draft',
      stats: { distributed: 0 },
    })
    if (effect !== undefined) {
      expect(answer.effect).toEqual(typeof effect.on === 'object' ? { ...effect, ...effect.on } : effect)
    }
  })

  test.each<[object, string]>([
    [{ code: undefined }, 'code'],
    [{ code: 'A,B' }, 'code'],
    [{ code: '   ' }, 'code'],
    [{ code: 'x'.repeat(101) }, 'code'],
    [{ kind: 'bulk' }, 'code'],
    [{ kind: 'triple' }, 'kind'],
    [{ audience: 'nobody' }, 'audience'],
    [{ effect: { on: 'shipping', benefit, as: 'discount' } }, 'effect.on'],
    [{ effect: { on: 'products', benefit, as: 'discount' } }, 'effect.where'],
    [{ effect: { on: { on: 'property' }, benefit, as: 'discount' } }, 'effect.property'],
    [{ effect: { on: 'order', where, benefit, as: 'discount' } }, 'effect.where'],
    [
      { effect: { on: 'order', benefit: { kind: 'percentage', percent: 101 }, as: 'discount' } },
      'effect.benefit.percent',
    ],
    [
      { effect: { on: 'order', benefit: { kind: 'fixed', amount: {} }, as: 'discount' } },
      'effect.benefit.amount',
    ],
    [
      { effect: { on: 'order', benefit: { kind: 'fixed', amount: { INR: 1.5 } }, as: 'discount' } },
      'effect.benefit.amount.INR',
    ],
    [
      { effect: { on: 'order', benefit: { kind: 'fixed', amount: { rupees: 1 } }, as: 'discount' } },
      'effect.benefit.amount.rupees',
    ],
    [{ qualify: { cart: [{ property: 'total', op: 'between', value: [2, 1] }] } }, 'qualify.cart.0.value'],
    [{ limits: { global: { total: 0 } } }, 'limits.global.total'],
    [{ validity: { start: 'soon', end: 'never' } }, 'validity.start'],
    [{ validity: { start: '2030-01-02', end: '2030-01-01' } }, 'validity.end'],
    [{ validity: { start: 'now', end: 'never', timezone: 'Moon' } }, 'validity.timezone'],
    [{ validity: { start: 'now', end: 'never', expiresAfter: '7 days' } }, 'validity.expiresAfter'],
    [
      {
        validity: {
          start: 'now',
          end: 'never',
          recurring: [{ days: ['saturday'], from: '16:00', to: '19:00' }],
        },
      },
      'validity.recurring.0.days.0',
    ],
  ])('%j is refused at %s', async (more, path) => {
    expectProblem(await call('POST', '/v1/coupons', definition(more)), 422, 'invalid', [path])
  })
})

describe('the life of a coupon', () => {
  test('goes only where its table lets it, by verbs', async () => {
    const verbs = ['publish', 'pause', 'resume', 'end', 'archive']
    const may: [string, string[], string[]][] = [
      ['draft', [], ['publish', 'archive']],
      ['active', ['publish'], ['pause', 'end']],
      ['paused', ['publish', 'pause'], ['resume', 'end']],
      ['active', ['publish', 'pause', 'resume'], ['pause', 'end']],
      ['ended', ['publish', 'end'], ['archive']],
      ['archived', ['publish', 'end', 'archive'], []],
    ]
    for (const [expected, way, allowed] of may) {
      for (const tried of verbs) {
        const { id } = await create({ kind: 'bulk', code: undefined })
        for (const step of way) expect((await verb(id, step)).status).toBe(200)
        expect(await status(id)).toBe(expected)
        const answer = await verb(id, tried)
        if (allowed.includes(tried)) expect(answer.status).toBe(200)
        else {
          expectProblem(answer, 409, 'wrong_status')
          expect(await status(id)).toBe(expected)
        }
      }
    }
  })

  test('starts and ends by the clock, paused or not', async () => {
    const { id } = await create({ code: 'CLOCK', validity: { start: at(HOUR), end: at(2 * HOUR) } })
    const paused = await create({ code: 'PAUSED', validity: { start: 'now', end: at(HOUR) } })
    const published = await ok('POST', `/v1/coupons/${id}/publish`)
    expect(published.coupon).toMatchObject({ status: 'scheduled', startsAt: expect.any(String) })
    await verb(paused.id, 'publish')
    await verb(paused.id, 'pause')
    expect((await trayOf('clock')).coupons).toContainEqual(
      expect.objectContaining({ code: 'CLOCK', state: 'locked', availableFrom: published.coupon.startsAt }),
    )
    await clock('PT61M')
    expect([await status(id), await status(paused.id)]).toEqual(['active', 'ended'])
    await clock('PT60M')
    expect(await status(id)).toBe('ended')
    const late = await create({ code: 'LATE', validity: { start: at(-HOUR), end: 'never' } })
    expectProblem(await verb(late.id, 'publish'), 409, 'not_publishable', ['validity.start'])
    const over = await create({ code: 'OVER', validity: { start: 'now', end: at(-HOUR) } })
    expectProblem(await verb(over.id, 'publish'), 409, 'not_publishable', ['validity.end'])
    const effect = { on: 'order', benefit, as: { cashback: 'wal_none', pointsPer: { INR: 100 } } }
    const lame = await create({ code: 'LAME', effect })
    expectProblem(await verb(lame.id, 'publish'), 409, 'not_publishable', ['effect.as.cashback'])
    expect(await status(lame.id)).toBe('draft')
  })
})
