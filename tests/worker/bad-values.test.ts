import { beforeAll, describe, expect, test } from 'vitest'
import { call, campaign, coupon, ok, setUp, wallet } from './boon.ts'
import { expectProblem, rowCounts } from './problems.ts'

let purse: { id: string }

beforeAll(async () => {
  await setUp()
  purse = await wallet()
})

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, n]))

describe('POST /v1/events', () => {
  test.each<[string, string, string, string]>([
    ['an id of 129 characters', `{"id":"${'i'.repeat(129)}"}`, 'invalid', 'id:'],
    ['a user id of 129 characters', `{"userId":"${'u'.repeat(129)}"}`, 'invalid', 'userId:'],
    ['an empty user id', '{"userId":""}', 'invalid', 'userId:'],
    ['a number for a user', '{"userId":5}', 'invalid', 'userId:'],
    ['control characters in an id', '{"userId":"a\\u0007"}', 'invalid', 'userId:'],
    ['half a surrogate pair in an id', '{"id":"\\ud83d"}', 'invalid', 'id:'],
    ['half a surrogate pair in a name', '{"name":"\\ud83d"}', 'invalid', 'name:'],
    ['no name', '{"name":""}', 'invalid', 'name:'],
    ['a long name', `{"name":"${'n'.repeat(257)}"}`, 'invalid', 'name:'],
    ['an unknown field', '{"amount":5}', 'invalid', 'amount:'],
    ['a field named __proto__', '{"__proto__":{"id":"x"}}', 'invalid', '__proto__:'],
    ['a time without an offset', '{"timestamp":"2026-01-01T00:00:00"}', 'invalid', 'timestamp:'],
    ['a time as a number', '{"timestamp":1700000000}', 'invalid', 'timestamp:'],
    ['a day that does not exist', '{"timestamp":"2026-02-30T00:00:00Z"}', 'invalid', 'timestamp:'],
    ['the far future', '{"timestamp":"2999-01-01T00:00:00Z"}', 'timestamp_in_future', 'timestamp:'],
    ['a list of properties', '{"properties":[1]}', 'invalid', 'properties:'],
    ['null properties', '{"properties":null}', 'invalid', 'properties:'],
    ['properties nested ten deep', `{"properties":${nested(10)}}`, 'invalid', 'properties.a'],
    ['properties nested 20,000 deep', `{"properties":${nested(20_000)}}`, 'invalid', 'properties.a'],
    ['257 properties', `{"properties":${JSON.stringify(many(257))}}`, 'too_many_properties', 'properties:'],
    ['4,097 characters', `{"properties":{"a":"${'x'.repeat(4_097)}"}}`, 'property_too_long', 'properties.a:'],
    [
      '4,097 characters in an item',
      `{"properties":{"Items":[{"sku":"${'x'.repeat(4_097)}"}]}}`,
      'property_too_long',
      'properties.Items[0].sku:',
    ],
    ['a number beyond all numbers', '{"properties":{"Amount":1e999}}', 'invalid', 'properties.Amount:'],
    ['one below all numbers', '{"properties":{"a":{"b":-1e999}}}', 'invalid', 'properties.a.b:'],
    ['half a surrogate pair in a property', '{"properties":{"a":"\\ud83d"}}', 'invalid', 'properties.a:'],
    ['half a surrogate pair as a name', '{"properties":{"\\ud83d":1}}', 'invalid', 'properties:'],
  ])('sets aside %s, and takes the others', async (_, more, code, message) => {
    const bad = `{"userId":"bad","name":"X",${more.slice(1)}`
    const before = await rowCounts()
    const answer = await ok('POST', '/v1/events', `{"events":[${bad},"text",null]}`)
    expect(answer).toMatchObject({ accepted: 0, duplicates: 0, decisions: [] })
    expect(answer.rejected).toMatchObject([{ index: 0, code }, { index: 1 }, { index: 2 }])
    expect(answer.rejected[0].message).toContain(message)
    expect(await rowCounts()).toEqual(before)
    const mixed = await ok('POST', '/v1/events', `{"events":[${bad},{"userId":"good","name":"X"}]}`)
    expect(mixed).toMatchObject({ accepted: 1, rejected: [{ index: 0, code }] })
  })

  test('takes 1,000 events and not 1,001', async () => {
    const events = Array.from({ length: 1_001 }, () => ({ userId: 'many', name: 'X' }))
    expectProblem(await call('POST', '/v1/events', { events }), 422, 'invalid', ['events'])
    expect(await call('GET', '/v1/users/many')).toMatchObject({ status: 404 })
    expect(await ok('POST', '/v1/events', { events: events.slice(1) })).toMatchObject({ accepted: 1_000 })
  })

  test('keeps properties named like parts of the language as any other, and they match nothing else', async () => {
    await campaign('Odd', purse.id, {
      trigger: { event: 'Odd', where: [{ property: 'constructor', op: 'exists' }] },
    })
    const plain = await ok('POST', '/v1/events', { events: [{ userId: 'odd', name: 'Odd' }] })
    expect(plain.decisions).toEqual([])
    const text =
      '{"__proto__":{"admin":true},"constructor":1,"toString":"x","hasOwnProperty":null,"l\\"q$.[0]":2}'
    const answer = await ok(
      'POST',
      '/v1/events',
      `{"events":[{"id":"o1","userId":"odd","name":"Odd","properties":${text}}]}`,
    )
    expect(answer.decisions).toMatchObject([{ outcome: 'granted' }])
    const { data } = await ok('GET', '/v1/users/odd/timeline')
    const kept = data.find((item: { id: string }) => item.id === 'o1')
    expect(JSON.stringify(kept.properties)).toBe(JSON.stringify(JSON.parse(text)))
  })
})

describe('users', () => {
  test.each([
    [{ timezone: 'Mars/Olympus' }, 'timezone'],
    [{ timezone: '+05:30' }, 'timezone'],
    [{ language: 'x_y' }, 'language'],
    [{ email: 'nobody' }, 'email'],
    [{ phone: '' }, 'phone'],
    [{ properties: { a: 'x'.repeat(4_097) } }, 'properties.a'],
    [{ properties: many(257) }, 'properties'],
    [{ properties: JSON.parse(nested(10)) }, 'properties.a.a.a.a.a'],
    [{ properties: { list: [{ deep: 'x'.repeat(5_000) }] } }, 'properties.list[0].deep'],
    [{ id: 'other' }, 'id'],
  ])('%j is refused at its path', async (body, path) => {
    expectProblem(await call('PUT', '/v1/users/refused', body), 422, 'invalid', [path])
    expect(await call('GET', '/v1/users/refused')).toMatchObject({ status: 404 })
  })
})

describe('campaigns', () => {
  const body = (more: object) => ({
    name: 'N',
    qualification: 'live',
    trigger: { event: 'E' },
    reward: { type: 'points', walletId: purse.id, scheme: { kind: 'flat', value: 1 } },
    schedule: { start: 'now', end: 'never' },
    ...more,
  })
  const points = (more: object) => ({
    reward: { type: 'points', walletId: purse.id, scheme: { kind: 'flat', value: 1 }, ...more },
  })

  test.each<[() => object, string]>([
    [() => ({ limits: { perUser: { total: 0 } } }), 'limits.perUser.total'],
    [() => ({ limits: { perCampaign: { day: 1.5 } } }), 'limits.perCampaign.day'],
    [() => ({ limits: { perUser: { year: 1 } } }), 'limits.perUser.year'],
    [() => ({ limits: { budget: { campaign: 0 } } }), 'limits.budget.campaign'],
    [() => ({ limits: { budget: { user: 5 } } }), 'limits.budget.user'],
    [() => points({ maxPerReward: 5 }), 'reward.maxPerReward'],
    [() => points({ scheme: { kind: 'tenfold' } }), 'reward.scheme.kind'],
    [() => points({ scheme: { kind: 'flat', value: 0 } }), 'reward.scheme.value'],
    [() => points({ scheme: { kind: 'flat', value: 1, of: 'A' } }), 'reward.scheme.of'],
    [() => points({ expiry: { after: '30 days' } }), 'reward.expiry.after'],
    [
      () =>
        points({
          metadata: [
            { key: 'a', value: '1' },
            { key: 'a', value: '2' },
          ],
        }),
      'reward.metadata.1.key',
    ],
    [() => ({ reward: { type: 'cash' } }), 'reward.type'],
    [() => ({ trigger: { event: 'E', same: 'P' } }), 'trigger.same'],
    [
      () => ({ trigger: { event: 'E', where: [{ property: 'A', op: 'gte', value: '5' }] } }),
      'trigger.where.0.value',
    ],
    [
      () => ({ trigger: { event: 'E', where: [{ property: 'A', op: 'like', value: 5 }] } }),
      'trigger.where.0.op',
    ],
    [() => ({ trigger: undefined }), 'trigger'],
    [() => ({ schedule: { start: 'soon', end: 'never' } }), 'schedule.start'],
    [() => ({ schedule: { start: 'now', end: '2026-13-01' } }), 'schedule.end'],
    [() => ({ schedule: { start: '2027-01-02', end: '2027-01-01' } }), 'schedule.end'],
    [() => ({ schedule: { start: 'now', timezone: 'Nowhere' } }), 'schedule.timezone'],
  ])('%s is refused at %s', async (more, path) => {
    expectProblem(await call('POST', '/v1/campaigns', body(more())), 422, 'invalid', [path])
  })

  test('verbs that the status does not allow, and rewards that do not exist, change nothing', async () => {
    const draft = await ok('POST', '/v1/campaigns', body({}))
    for (const verb of ['pause', 'resume', 'stop']) {
      expectProblem(await call('POST', `/v1/campaigns/${draft.id}/${verb}`), 409, 'wrong_status')
    }
    await ok('POST', `/v1/campaigns/${draft.id}/publish`)
    expectProblem(await call('POST', `/v1/campaigns/${draft.id}/publish`), 409, 'wrong_status')
    const nothing = await coupon({ kind: 'bulk' })
    for (const [reward, path] of [
      [{ type: 'points', walletId: 'wal_none', scheme: { kind: 'flat', value: 1 } }, 'reward.walletId'],
      [{ type: 'coupon', couponId: 'cpn_none' }, 'reward.couponId'],
      [{ type: 'coupon', couponId: nothing.id }, 'reward.couponId'],
    ] as const) {
      const lame = await ok('POST', '/v1/campaigns', body({ reward }))
      expectProblem(await call('POST', `/v1/campaigns/${lame.id}/publish`), 409, 'not_publishable', [path])
      expect(await ok('GET', `/v1/campaigns/${lame.id}`)).toMatchObject({ status: 'draft' })
    }
  })

  test('a definition nested without end is refused, not followed', async () => {
    const draft = await ok('POST', '/v1/campaigns', body({}))
    const patch = `{"limits":${nested(100_000)},"reward":${nested(60_000)}}`
    expectProblem(await call('PATCH', `/v1/campaigns/${draft.id}`, patch), 422, 'invalid')
    expectProblem(await call('POST', '/v1/campaigns', nested(150_000)), 422, 'invalid', ['a'])
  })
})
