import { Webhook } from 'standardwebhooks'
import { beforeAll, describe, expect, test } from 'vitest'
import { call, campaign, clock, ok, send, setUp } from './boon.ts'
import { expectProblem } from './problems.ts'
import { type Hook, hook, received, settled } from './receiver.ts'

beforeAll(setUp)

const MINUTE = 'PT1M'

/** A running campaign that gives 20 % of the amount as credits of somebody else's wallet. */
const credits = (event: string, endpoint: Hook, more: Record<string, unknown> = {}) =>
  campaign(event, '', {
    reward: {
      type: 'custom',
      endpointId: endpoint.id,
      credits: {
        walletId: 'ext',
        walletName: 'External',
        scheme: { kind: 'percentage', percent: 20, of: 'Amount' },
      },
      identifiers: { userId: 'customerId' },
      metadata: [{ key: 'promoType', value: 'festival of {{ user.name }}' }, { system: 'orderId' }],
    },
    ...more,
  })

const grantOf = async (event: Record<string, unknown>) => (await send([event])).decisions[0].grant

const statsOf = async (campaignId: string) => (await ok('GET', `/v1/campaigns/${campaignId}`)).stats

describe('a custom reward', () => {
  test('arrives signed, with the payload of the seed, mapped keys, metadata and the value', async () => {
    const endpoint = await hook()
    const { id } = await credits('Paid', endpoint)
    await ok('PUT', '/v1/users/c1', { email: 'c1@example.com', phone: '+15550100', name: 'Asha' })
    const grant = await grantOf({
      id: 'p1',
      userId: 'c1',
      name: 'Paid',
      properties: { Amount: 500, orderId: 'O-7' },
    })
    expect(grant).toMatchObject({ value: 100, status: 'granted', reward: { type: 'custom' } })
    const [message] = await received(endpoint, 1)
    expect(message?.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': grant.reward.deliveryId,
    })
    expect(new Webhook(endpoint.secret).verify(message?.body ?? '', message?.headers ?? {})).toEqual({
      user: { customerId: 'c1', email: 'c1@example.com', phone: '+15550100' },
      reward: {
        type: 'custom',
        value: 100,
        wallet: { id: 'ext', name: 'External' },
        metadata: { promoType: 'festival of Asha', orderId: 'O-7' },
      },
    })
    const delivery = await settled(grant.reward.deliveryId)
    expect(delivery).toMatchObject({
      status: 'delivered',
      endpointId: endpoint.id,
      userId: 'c1',
      campaignId: id,
      grantId: grant.id,
      attempts: [{ status: 200, excerpt: 'answered 200' }],
      body: JSON.parse(message?.body ?? ''),
    })
    const again = await grantOf({ id: 'p1', userId: 'c1', name: 'Paid', properties: { Amount: 500 } })
    expect(again).toMatchObject({ id: grant.id, replayed: true, status: 'fulfilled' })
    expect(await endpoint.seen()).toHaveLength(1)
  })

  test('E8: 500 then 200, then a replay by hand: the same id and the same bytes each time', async () => {
    const endpoint = await hook({ retrySchedule: ['PT5S'] })
    await endpoint.answer({ status: 500 }, { status: 200 })
    await credits('E8', endpoint)
    const grant = await grantOf({ userId: 'e8', name: 'E8', properties: { Amount: 50 } })
    const { deliveryId } = grant.reward
    expect(await settled(deliveryId, 1)).toMatchObject({ status: 'pending', attempts: [{ status: 500 }] })
    await clock(MINUTE)
    expect(await settled(deliveryId)).toMatchObject({
      status: 'delivered',
      attempts: [{ status: 500 }, { status: 200 }],
    })
    expect(await ok('POST', `/v1/deliveries/${deliveryId}/replay`)).toMatchObject({ status: 'pending' })
    const seen = await received(endpoint, 3)
    expect(new Set(seen.map(({ body }) => body)).size).toBe(1)
    expect(new Set(seen.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([deliveryId]))
    for (const { body, headers } of seen) new Webhook(endpoint.secret).verify(body, headers)
    expect(await settled(deliveryId)).toMatchObject({ status: 'delivered', attempts: [{}, {}, {}] })
  })

  test('E6: Retry-After outlasts the schedule, and is itself capped', async () => {
    const endpoint = await hook({ retrySchedule: ['PT30S', 'PT30S'] })
    await endpoint.answer(
      { status: 429, headers: { 'retry-after': '120' } },
      { status: 503, headers: { 'retry-after': '86400' } },
    )
    await credits('E6', endpoint)
    const grant = await grantOf({ userId: 'e6', name: 'E6', properties: { Amount: 50 } })
    const first = await settled(grant.reward.deliveryId, 1)
    const waitOf = (delivery: { attempts: { at: string }[]; nextAttemptAt: string }) =>
      Date.parse(delivery.nextAttemptAt) - Date.parse(delivery.attempts.at(-1)?.at ?? '')
    expect(waitOf(first)).toBeGreaterThanOrEqual(120_000)
    await clock('PT110S')
    expect(await endpoint.seen()).toHaveLength(1)
    await clock('PT30S')
    const second = await settled(grant.reward.deliveryId, 2)
    expect(waitOf(second)).toBeGreaterThanOrEqual(6 * 3_600_000)
    expect(waitOf(second)).toBeLessThanOrEqual(7 * 3_600_000)
  })

  test('one that fails for good gives its budget back, is shown, and can be replayed while there is room', async () => {
    const endpoint = await hook({ retrySchedule: [] })
    await endpoint.answer({ status: 500 })
    const { id } = await credits('Fails', endpoint, {
      limits: { budget: { campaign: 100, policy: 'reject' }, perUser: { total: 1 } },
    })
    const grant = await grantOf({ id: 'f1', userId: 'f1', name: 'Fails', properties: { Amount: 500 } })
    const { deliveryId } = grant.reward
    expect(await settled(deliveryId)).toMatchObject({ status: 'failed', attempts: [{ status: 500 }] })
    expect(await statsOf(id)).toMatchObject({
      granted: 0,
      failed: 1,
      value: 0,
      users: 0,
      remaining: { budget: 100 },
    })
    expect((await ok('GET', `/v1/campaigns/${id}/grants`)).data).toMatchObject([
      { id: grant.id, status: 'failed' },
    ])
    expect((await ok('GET', `/v1/deliveries?status=failed&endpointId=${endpoint.id}`)).data).toMatchObject([
      { id: deliveryId },
    ])
    // The event is not rewarded once more.
    expect(
      await grantOf({ id: 'f1', userId: 'f1', name: 'Fails', properties: { Amount: 500 } }),
    ).toMatchObject({
      id: grant.id,
      status: 'failed',
    })
    await endpoint.answer({ status: 200 })
    await ok('POST', `/v1/deliveries/${deliveryId}/replay`)
    expect(await settled(deliveryId)).toMatchObject({ status: 'delivered' })
    expect(await statsOf(id)).toMatchObject({
      granted: 1,
      failed: 0,
      value: 100,
      users: 1,
      remaining: { budget: 0 },
    })
    // A replay of what was delivered may fail; what was given stays given.
    await endpoint.answer({ status: 500 })
    await ok('POST', `/v1/deliveries/${deliveryId}/replay`)
    expect(await settled(deliveryId)).toMatchObject({
      status: 'delivered',
      attempts: [{ status: 500 }, { status: 200 }, { status: 500 }],
    })
    expect(await statsOf(id)).toMatchObject({ granted: 1, failed: 0, remaining: { budget: 0 } })
    expect((await ok('GET', `/v1/campaigns/${id}/grants`)).data).toMatchObject([{ status: 'fulfilled' }])
  })

  test('a replay is refused when what was given back has been given to others', async () => {
    const endpoint = await hook({ retrySchedule: [] })
    await endpoint.answer({ status: 500 }, { status: 200 })
    const { id } = await credits('Taken', endpoint, {
      limits: { budget: { campaign: 100, policy: 'reject' } },
    })
    const lost = await grantOf({ userId: 't1', name: 'Taken', properties: { Amount: 500 } })
    await settled(lost.reward.deliveryId)
    const next = await grantOf({ userId: 't2', name: 'Taken', properties: { Amount: 500 } })
    expect(next).toMatchObject({ value: 100 })
    expectProblem(await call('POST', `/v1/deliveries/${lost.reward.deliveryId}/replay`), 409, 'limit_reached')
    expect(await statsOf(id)).toMatchObject({ granted: 1, failed: 1, value: 100 })
    expect(await ok('GET', `/v1/deliveries/${lost.reward.deliveryId}`)).toMatchObject({ status: 'failed' })
  })

  test('410 disables the endpoint; nothing is granted any more until it is enabled', async () => {
    const endpoint = await hook()
    await endpoint.answer({ status: 410 })
    const { id } = await credits('Gone', endpoint)
    const grant = await grantOf({ userId: 'g1', name: 'Gone', properties: { Amount: 500 } })
    expect(await settled(grant.reward.deliveryId)).toMatchObject({ status: 'failed' })
    expect(await ok('GET', `/v1/endpoints/${endpoint.id}`)).toMatchObject({
      status: 'disabled',
      disabledReason: expect.stringContaining('410'),
    })
    const refused = await send([{ userId: 'g2', name: 'Gone', properties: { Amount: 500 } }])
    expect(refused.decisions).toMatchObject([{ outcome: 'refused', reason: 'reward_inactive' }])
    const replay = await call('POST', `/v1/deliveries/${grant.reward.deliveryId}/replay`)
    expectProblem(replay, 409, 'wrong_status')
    await ok('POST', `/v1/endpoints/${endpoint.id}/enable`)
    await endpoint.answer({ status: 200 })
    expect(await grantOf({ userId: 'g3', name: 'Gone', properties: { Amount: 500 } })).toMatchObject({
      value: 100,
    })
    expect(await statsOf(id)).toMatchObject({ granted: 1, failed: 1, refused: { reward_inactive: 1 } })
  })
})

describe('E10', () => {
  const everyHour = { retrySchedule: Array.from({ length: 10 }, () => 'PT1H') }

  test('nothing but failure for 120 hours disables the endpoint, and it is shown', async () => {
    const endpoint = await hook(everyHour)
    await endpoint.answer({ status: 500 })
    await credits('E10', endpoint)
    for (let day = 0; day <= 5; day++) {
      const grant = await grantOf({ userId: `e10-${day}`, name: 'E10', properties: { Amount: 500 } })
      await settled(grant.reward.deliveryId, 1)
      const shown = await ok('GET', `/v1/endpoints/${endpoint.id}`)
      expect(shown.status).toBe(day < 5 ? 'enabled' : 'disabled')
      await clock('P1D')
    }
    expect(await ok('GET', `/v1/endpoints/${endpoint.id}`)).toMatchObject({
      disabledReason: expect.stringContaining('120 hours'),
    })
  })

  test('one success in between does not', async () => {
    const endpoint = await hook(everyHour)
    await endpoint.answer({ status: 500 })
    await credits('E10b', endpoint)
    for (let day = 0; day <= 7; day++) {
      await endpoint.answer({ status: day === 3 ? 200 : 500 })
      const grant = await grantOf({ userId: `e10b-${day}`, name: 'E10b', properties: { Amount: 500 } })
      await settled(grant.reward.deliveryId, 1)
      await clock('P1D')
    }
    expect(await ok('GET', `/v1/endpoints/${endpoint.id}`)).toMatchObject({ status: 'enabled' })
  })
})

test('an endpoint that hangs holds up no other', async () => {
  const [slow, fast] = [await hook(), await hook()]
  await slow.answer({ status: 200, hangs: true })
  await credits('Both', slow)
  await credits('Both', fast)
  const { decisions } = await send(
    Array.from({ length: 40 }, (_, n) => ({ userId: `both${n}`, name: 'Both', properties: { Amount: 10 } })),
  )
  const { id } = fast
  const ids = decisions.map(
    (decision: { grant: { reward: { deliveryId: string } } }) => decision.grant.reward.deliveryId,
  )
  await received(fast, 40)
  const { data } = await ok('GET', `/v1/deliveries?endpointId=${slow.id}&status=pending&limit=100`)
  expect(data).toHaveLength(40)
  expect(ids).toHaveLength(80)
  expect((await ok('GET', `/v1/deliveries?endpointId=${id}&status=pending`)).data.length).toBeLessThanOrEqual(
    40,
  )
  // What it is still to be sent fails now; its retries need not be waited for.
  await ok('POST', `/v1/endpoints/${slow.id}/disable`)
})

test('rotation: both secrets sign for 24 hours, then the new one alone', async () => {
  const endpoint = await hook()
  await credits('Rotated', endpoint)
  const deliver = async (n: number) => {
    const grant = await grantOf({ userId: `rot${n}`, name: 'Rotated', properties: { Amount: 10 } })
    await settled(grant.reward.deliveryId)
    const { body = '', headers = {} } = (await endpoint.seen()).at(-1) ?? {}
    return { body, headers }
  }
  const verifies = (secret: string, { body, headers }: { body: string; headers: Record<string, string> }) => {
    try {
      new Webhook(secret).verify(body, headers)
      return true
    } catch {
      return false
    }
  }
  const before = await deliver(1)
  const { secret } = await ok('POST', `/v1/endpoints/${endpoint.id}/rotate-secret`)
  const between = await deliver(2)
  await clock('PT25H')
  const after = await deliver(3)
  expect([before, between, after].map((one) => verifies(endpoint.secret, one))).toEqual([true, true, false])
  expect([before, between, after].map((one) => verifies(secret, one))).toEqual([false, true, true])
})
