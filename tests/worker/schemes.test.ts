import { beforeAll, describe, expect, test } from 'vitest'
import { call, campaign, clock, ok, send, setUp, wallet } from './boon.ts'
import { expectProblem } from './problems.ts'
import { hook, received } from './receiver.ts'

beforeAll(setUp)

const percentage = { kind: 'percentage', percent: 10, of: 'Amount' }
const proportional = { kind: 'proportional', value: 10, per: 100, of: 'Amount' }

const points = (walletId: string, scheme: object, more: object = {}) => ({
  reward: { type: 'points', walletId, scheme, ...more },
})

/** What an event of a name and an amount earns its user: the value, or the reason why nothing. */
async function earn(name: string, userId: string, properties: object) {
  const { decisions } = await send([{ userId, name, properties }])
  return decisions[0].grant?.value ?? decisions[0].reason
}

describe('the worked examples of the requirement', () => {
  test('M11: 10 % of 500 is 50, and of 6,000 with a maximum of 500 it is 500', async () => {
    const { id } = await wallet()
    await campaign('pct', id, points(id, percentage, { maxPerReward: 500 }))
    expect(await earn('pct', 'a', { Amount: 500 })).toBe(50)
    expect(await earn('pct', 'a', { Amount: 6_000 })).toBe(500)
    expect((await ok('GET', '/v1/users/a/wallets'))[0]).toMatchObject({ active: 550 })
  })

  test('M11: 10 points for every 100 are 50 on 500, 10 on 199 and none on 99', async () => {
    const { id } = await wallet()
    await campaign('prop', id, points(id, proportional))
    await campaign('prorated', id, points(id, { ...proportional, prorate: true }))
    expect(await earn('prop', 'b', { Amount: 500 })).toBe(50)
    expect(await earn('prop', 'b', { Amount: 199 })).toBe(10)
    expect(await earn('prop', 'b', { Amount: 99 })).toBe('amount_zero')
    expect(await earn('prorated', 'b', { Amount: 199 })).toBe(19)
  })

  test('a random scheme on 10–100: most of favour-min below 30, of favour-max above 70', async () => {
    const { id } = await wallet()
    const drawn = async (bias: string) => {
      await campaign(`rnd ${bias}`, id, points(id, { kind: 'random', min: 10, max: 100, bias }))
      const events = Array.from({ length: 1_000 }, (_, n) => ({
        id: `${n}`,
        userId: `${bias}${n}`,
        name: `rnd ${bias}`,
      }))
      const { decisions } = await send(events)
      const values = decisions.map(
        (decision: { grant: { value: number } }) => decision.grant.value,
      ) as number[]
      expect(Math.min(...values)).toBeGreaterThanOrEqual(10)
      expect(Math.max(...values)).toBeLessThanOrEqual(100)
      // The same events draw the same.
      const again = (await send(events)).decisions
      expect(again.map((decision: { grant: { value: number } }) => decision.grant.value)).toEqual(values)
      return values
    }
    const share = (values: number[], is: (value: number) => boolean) =>
      values.filter(is).length / values.length
    // Six standard deviations of a thousand draws, so that chance alone does not fail this.
    expect(share(await drawn('min'), (value) => value <= 30)).toBeGreaterThan(0.55)
    expect(share(await drawn('max'), (value) => value >= 70)).toBeGreaterThan(0.73)
    const even = await drawn('avg')
    const mean = even.reduce((sum, value) => sum + value, 0) / even.length
    expect(Math.abs(mean - 55)).toBeLessThan(3)
  })

  test('credits of somebody else’s wallet: 20 % of 500 are 100, capped at what one reward may be', async () => {
    const endpoint = await hook()
    const credits = {
      walletId: 'ext',
      walletName: 'Ext',
      scheme: { kind: 'percentage', percent: 20, of: 'Amount' },
      maxPerReward: 100,
    }
    await campaign('cred', '', {
      reward: { type: 'custom', endpointId: endpoint.id, credits },
      limits: { budget: { campaign: 200, user: 150 } },
    })
    expect(await earn('cred', 'c', { Amount: 500 })).toBe(100)
    expect(await earn('cred', 'c', { Amount: 900 })).toBe(50)
    expect(await earn('cred', 'c', { Amount: 900 })).toBe('user_budget')
    expect(await earn('cred', 'd', { Amount: 3.33 })).toBe(0.66)
    const values = (await received(endpoint, 3)).map(({ body }) => JSON.parse(body).reward.value)
    expect(values.sort()).toEqual([0.66, 100, 50])
  })

  test('M8: a budget of 5,000 of which 4,990 are used, and an award of 50', async () => {
    const { id } = await wallet()
    for (const policy of ['reject', 'truncate']) {
      const { id: campaignId } = await campaign(policy, id, {
        ...points(id, percentage),
        limits: { budget: { campaign: 5_000, policy } },
      })
      await earn(policy, `${policy} 1`, { Amount: 49_900 })
      const { decisions } = await send([{ userId: `${policy} 2`, name: policy, properties: { Amount: 500 } }])
      if (policy === 'reject') expect(decisions).toMatchObject([{ reason: 'campaign_budget' }])
      else expect(decisions).toMatchObject([{ grant: { value: 10, asked: 50 } }])
      const { stats } = await ok('GET', `/v1/campaigns/${campaignId}`)
      expect(stats.value).toBe(policy === 'reject' ? 4_990 : 5_000)
    }
  })

  test('E1: one point for one, sent twice, is earned once', async () => {
    const { id } = await wallet()
    await campaign('e1', id, points(id, { ...proportional, value: 1, per: 1 }))
    const event = { id: 'e1', userId: 'e1', name: 'e1', properties: { Amount: 500 } }
    const first = await send([event])
    const second = await send([event])
    expect(second).toMatchObject({
      accepted: 0,
      duplicates: 1,
      decisions: [{ grant: { ...first.decisions[0].grant, replayed: true } }],
    })
    expect((await ok('GET', '/v1/users/e1/wallets'))[0]).toMatchObject({ active: 500 })
  })
})

describe('a property that cannot be reckoned with', () => {
  test.each([
    ['is missing', {}, 'property_missing'],
    ['is text', { Amount: '500' }, 'property_missing'],
    ['is a list', { Amount: [500] }, 'property_missing'],
    ['is true', { Amount: true }, 'property_missing'],
    ['is null', { Amount: null }, 'property_missing'],
    ['is beyond all sense', { Amount: 1e308 }, 'property_missing'],
    ['is negative', { Amount: -500 }, 'amount_zero'],
    ['is nought', { Amount: 0 }, 'amount_zero'],
    ['is too little', { Amount: 1e-300 }, 'amount_zero'],
  ])('%s: nothing is given, and nothing counts', async (what, properties, reason) => {
    const { id } = await wallet()
    const { id: campaignId } = await campaign(what, id, {
      ...points(id, percentage),
      limits: { perUser: { total: 1 } },
    })
    expect(await earn(what, 'u', properties)).toBe(reason)
    // It has used up nothing: the next one is given.
    expect(await earn(what, 'u', { Amount: 500 })).toBe(50)
    expect((await ok('GET', `/v1/campaigns/${campaignId}`)).stats).toMatchObject({
      granted: 1,
      value: 50,
      refused: { [reason]: 1 },
    })
  })
})

test('budgets hold exactly for awards of all sizes, from many users at once', async () => {
  const { id } = await wallet({ decimals: 2 })
  const { id: campaignId } = await campaign('rush', id, {
    ...points(id, { kind: 'random', min: 0.5, max: 20, bias: 'none' }),
    limits: { budget: { campaign: 1_000.5, user: 30 } },
  })
  const requests = Array.from({ length: 40 }, (_, request) =>
    Array.from({ length: 10 }, (_, n) => ({
      id: `${request}-${n}`,
      userId: `rush${(request * 7 + n) % 60}`,
      name: 'rush',
    })),
  )
  const answers = await Promise.all(requests.map((events) => send(events)))
  const grants = answers.flatMap(({ decisions }) => decisions).flatMap(({ grant }) => grant ?? []) as {
    userId: string
    value: number
  }[]
  const cents = (list: { value: number }[]) =>
    list.reduce((sum, { value }) => sum + Math.round(value * 100), 0)
  expect(cents(grants)).toBe(100_050)
  for (const [, own] of Map.groupBy(grants, (grant) => grant.userId))
    expect(cents(own)).toBeLessThanOrEqual(3_000)
  expect((await ok('GET', `/v1/campaigns/${campaignId}`)).stats).toMatchObject({
    value: 1_000.5,
    remaining: { budget: 0 },
  })
})

test('points wait for their activation, and expire on time, with what they say of the order', async () => {
  const { id } = await wallet({ expiry: { after: 'P1D' } })
  await campaign('valid', id, {
    reward: {
      type: 'points',
      walletId: id,
      scheme: percentage,
      activation: { after: 'P7D' },
      expiry: { after: 'P30D' },
      metadata: [
        { system: 'orderId' },
        { system: 'saleAmount', key: 'amount' },
        { system: 'campaignId' },
        { key: 'promoType', value: 'festival {{ event.Amount }} for {{ user.name }}' },
      ],
    },
  })
  await ok('PUT', '/v1/users/v', { name: 'Asha' })
  const { decisions } = await send([
    { userId: 'v', name: 'valid', properties: { Amount: 500, orderId: 'O-7' } },
  ])
  const { grant, campaignId } = decisions[0]
  const days = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 86_400_000
  expect(days(grant.at, grant.reward.activatesAt)).toBe(7)
  expect(days(grant.reward.activatesAt, grant.reward.expiresAt)).toBe(30)
  const balance = async () => (await ok('GET', '/v1/users/v/wallets'))[0]
  expect(await balance()).toMatchObject({ active: 0, promised: 50 })
  const { data } = await ok('GET', `/v1/users/v/wallets/${id}/entries`)
  expect(data).toMatchObject([
    {
      kind: 'credit',
      points: 50,
      metadata: { orderId: 'O-7', campaignId, promoType: 'festival 500 for Asha' },
    },
  ])
  // A row whose value is missing is left out.
  expect(data[0].metadata).not.toHaveProperty('amount')
  await clock('P7D')
  expect(await balance()).toMatchObject({ active: 50, promised: 0 })
  await clock('P31D')
  expect(await balance()).toMatchObject({ active: 0, totals: { expired: 50 } })
})

test('what could never be given or used is refused when it is published', async () => {
  const { id } = await wallet()
  const publish = async (reward: object) => {
    const made = await ok('POST', '/v1/campaigns', {
      name: 'never',
      qualification: 'live',
      trigger: { event: 'never' },
      ...reward,
      schedule: { start: 'now' },
    })
    return call('POST', `/v1/campaigns/${made.id}/publish`)
  }
  const flat = (value: number, more: object = {}) => points(id, { kind: 'flat', value }, more)
  expectProblem(await publish(flat(0.4)), 409, 'not_publishable', ['reward.scheme.value'])
  const passed = { expiry: { at: '2020-01-01T00:00:00Z' } }
  expectProblem(await publish(flat(1, passed)), 409, 'not_publishable', ['reward.expiry.at'])
  const draft = await ok('POST', '/v1/campaigns', {
    name: 'empty',
    qualification: 'live',
    trigger: { event: 'empty' },
    ...points(id, { kind: 'random', min: 0.2, max: 0.8, bias: 'none' }),
    schedule: { start: 'now' },
  })
  expectProblem(await call('POST', `/v1/campaigns/${draft.id}/publish`), 409, 'not_publishable', [
    'reward.scheme.max',
  ])
})

test('a try-out says what would be given, and draws without giving', async () => {
  const { id } = await wallet()
  const drawn = await campaign('try', id, points(id, { kind: 'random', min: 10, max: 20, bias: 'none' }))
  const worked = await campaign('try', id, points(id, percentage))
  const tryOut = (campaignId: string, properties: object) =>
    ok('POST', `/v1/campaigns/${campaignId}/test`, { userId: 't', event: { properties } })
  expect(await tryOut(worked.id, { Amount: 500 })).toMatchObject({
    outcome: 'granted',
    reward: { value: 50 },
  })
  expect(await tryOut(worked.id, {})).toMatchObject({ outcome: 'refused', reason: 'property_missing' })
  const { value } = (await tryOut(drawn.id, {})).reward
  expect(value).toBeGreaterThanOrEqual(10)
  expect(value).toBeLessThanOrEqual(20)
  expect((await ok('GET', `/v1/campaigns/${drawn.id}`)).stats.granted).toBe(0)
})
