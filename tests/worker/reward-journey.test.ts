import { runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { campaignLedger } from '../../worker/campaigns/store.ts'
import { call, campaign, clock, env, jobDone, ok, send, setUp, wallet } from './boon.ts'
import { expectProblem } from './problems.ts'
import { hook, received, settled } from './receiver.ts'

beforeAll(setUp)

async function voucherList(codes: string[]) {
  const partner = await ok('POST', '/v1/partners', { name: 'Puma' })
  const list = await ok('POST', '/v1/voucher-lists', {
    partnerId: partner.id,
    tag: `winter_sale_${crypto.randomUUID()}`,
    name: 'Winter',
    description: 'Winter Sale - ₹500 off on orders above ₹2000',
    expiresAt: '2099-03-31T23:59:59Z',
  })
  const job = await call('POST', `/v1/voucher-lists/${list.id}/codes`, codes.join('\n'), {
    headers: { 'content-type': 'text/csv' },
  })
  await jobDone(job.json.id)
  return list
}

const timelineOf = async (userId: string) => (await ok('GET', `/v1/users/${userId}/timeline`)).data

/** How many users wait in a campaign that rewards inaction. */
const waitingIn = (campaignId: string) =>
  runInDurableObject(
    campaignLedger(env, campaignId),
    (_ledger, state) => state.storage.sql.exec<{ n: number }>('SELECT count(*) AS n FROM agenda').one().n,
  )

const eventOf = async (userId: string, name: string) =>
  (await timelineOf(userId)).find((item: { name?: string }) => item.name === name)

describe('from a purchase to a reminder', () => {
  test('a voucher, not used in two days, is followed by a message with its code', async () => {
    const endpoint = await hook()
    const list = await voucherList(['PM500FF', 'PM500FG'])
    const buys = await campaign('Buy', '', { reward: { type: 'voucher', voucherListId: list.id } })
    const reminds = await campaign('remind', '', {
      trigger: {
        event: 'CT Partner Voucher Rewarded',
        where: [{ property: 'partner', op: 'eq', value: 'Puma' }],
        unless: { event: 'Voucher Used', within: 'P2D' },
      },
      reward: {
        type: 'message',
        endpointId: endpoint.id,
        subject: 'Still waiting, {{ user.name | default: "friend" }}',
        template: 'You have a voucher {{ event.voucherCode }} from {{ event.partner }} ({{ event.name }})',
      },
    })
    await ok('PUT', '/v1/users/v1', { name: 'Asha', email: 'asha@example.com' })
    const { decisions } = await send([
      { id: 'bv', userId: 'v1', name: 'Buy' },
      { id: 'bw', userId: 'v2', name: 'Buy' },
    ])
    const codeOf = (place: number) => decisions[place].grant.reward.code
    expect([codeOf(0), codeOf(1)].sort()).toEqual(['PM500FF', 'PM500FG'])
    expect(decisions[0].grant).toMatchObject({
      status: 'fulfilled',
      reward: { type: 'voucher', voucherListId: list.id, expiresAt: '2099-03-31T23:59:59.000Z' },
    })
    const event = await eventOf('v1', 'CT Partner Voucher Rewarded')
    expect(event.properties).toEqual({
      'CT Source': 'Promo Module',
      campaignId: buys.id,
      eventTimestamp: Math.floor(Date.parse(decisions[0].grant.at) / 1_000),
      listDescription: 'Winter Sale - ₹500 off on orders above ₹2000',
      listExpiry: '2099-03-31T23:59:59Z',
      listTag: list.tag,
      partner: 'Puma',
      source: 'Campaign',
      voucherCode: codeOf(0),
      voucherListId: list.id,
    })
    // Both wait from the moment when their events have been through the queue.
    await vi.waitFor(async () => expect(await waitingIn(reminds.id)).toBe(2), {
      timeout: 20_000,
      interval: 50,
    })
    await clock('P1D')
    await send([{ userId: 'v2', name: 'Voucher Used' }])
    await clock('P1D')
    await clock('PT1M')
    const [message] = await received(endpoint, 1)
    expect(JSON.parse(message?.body ?? '')).toEqual({
      user: { userId: 'v1', email: 'asha@example.com' },
      message: {
        subject: 'Still waiting, Asha',
        text: `You have a voucher ${codeOf(0)} from Puma (CT Partner Voucher Rewarded)`,
      },
    })
    await settled(message?.headers['webhook-id'] ?? '')
    expect(await endpoint.seen()).toHaveLength(1)
  })
})

describe('reward events', () => {
  test('a custom reward is one; a message is none', async () => {
    const endpoint = await hook()
    const item = await ok('POST', '/v1/catalogue', { clientRewardId: 'SPK-1', name: 'Bluetooth speaker' })
    await campaign('Won', '', { reward: { type: 'custom', endpointId: endpoint.id, itemId: item.id } })
    await campaign('Won', '', { reward: { type: 'message', endpointId: endpoint.id, template: 'Well done' } })
    const purse = await wallet()
    await campaign('CT Custom Reward Issued', purse.id)
    const { decisions } = await send([{ userId: 'w1', name: 'Won' }])
    const [custom] = decisions
    const event = await eventOf('w1', 'CT Custom Reward Issued')
    expect(event.properties).toEqual({
      'CT Source': 'Promo Module',
      campaignId: custom.campaignId,
      grantId: custom.grant.id,
      deliveryId: custom.grant.reward.deliveryId,
      value: null,
      clientRewardId: 'SPK-1',
      rewardName: 'Bluetooth speaker',
    })
    const bodies = (await received(endpoint, 2)).map(({ body }) => JSON.parse(body))
    expect(bodies).toContainEqual({
      user: { userId: 'w1' },
      reward: { type: 'custom', item: { clientRewardId: 'SPK-1', name: 'Bluetooth speaker' }, metadata: {} },
    })
    expect(bodies).toContainEqual({ user: { userId: 'w1' }, message: { text: 'Well done' } })
    await vi.waitFor(
      async () => expect((await ok('GET', '/v1/users/w1/wallets'))[0]).toMatchObject({ active: 10 }),
      { timeout: 20_000, interval: 50 },
    )
    const names = (await timelineOf('w1')).flatMap((entry: { name?: string }) => entry.name ?? [])
    expect(names.sort()).toEqual(['CT Custom Reward Issued', 'CT Points Credited', 'Won'])
  })

  test('what is debited and assigned by API is one, and triggers campaigns', async () => {
    const [spent, bonus] = [await wallet(), await wallet()]
    await campaign('CT Points Debited', bonus.id, {
      trigger: {
        event: 'CT Points Debited',
        where: [{ property: 'walletId', op: 'eq', value: spent.id }],
      },
    })
    const list = await voucherList(['API-1'])
    await campaign('CT Partner Voucher Rewarded', bonus.id, {
      trigger: {
        event: 'CT Partner Voucher Rewarded',
        where: [{ property: 'source', op: 'eq', value: 'API' }],
      },
    })
    const move = (what: string, body: object) =>
      call('POST', `/v1/users/api/wallets/${spent.id}/${what}`, body, {
        headers: { 'idempotency-key': what },
      })
    await move('credit', { points: 50, description: 'a gift' })
    await move('debit', { points: 20, description: 'order', orderId: 'O-1' })
    await ok('POST', `/v1/voucher-lists/${list.id}/assign`, { userId: 'api' })
    await vi.waitFor(
      async () => {
        const wallets = await ok('GET', '/v1/users/api/wallets')
        expect(wallets.find((one: { walletId: string }) => one.walletId === bonus.id)).toMatchObject({
          active: 20,
        })
      },
      { timeout: 20_000, interval: 50 },
    )
    expect((await eventOf('api', 'CT Points Debited')).properties).toMatchObject({
      points: 20,
      kind: 'debit',
      orderId: 'O-1',
    })
    expect((await eventOf('api', 'CT Partner Voucher Rewarded')).properties).toMatchObject({
      source: 'API',
      campaignId: null,
      voucherCode: 'API-1',
    })
  })
})

describe('what a reward of a campaign may be', () => {
  const flat = { kind: 'flat', value: 1 }
  const draft = (reward: object, more: object = {}) => ({
    name: 'x',
    qualification: 'live',
    trigger: { event: 'x' },
    reward,
    schedule: { start: 'now' },
    ...more,
  })
  const percentage = { kind: 'percentage', percent: 10, of: 'Amount' }
  const points = (more: object) => ({ type: 'points', walletId: 'wal_x', scheme: flat, ...more })
  const custom = (more: object) => ({ type: 'custom', endpointId: 'ept_x', itemId: 'itm_x', ...more })
  const credits = (scheme: object, more: object = {}) =>
    custom({ itemId: undefined, credits: { walletId: 'w', walletName: 'W', scheme, ...more } })
  const run = { qualification: 'past', trigger: undefined, audience: { rule: { did: { event: 'x' } } } }
  const inaction = { trigger: { event: 'x', unless: { event: 'y', within: 'PT1H' } } }

  test.each([
    ['percent 0', draft(points({ scheme: { ...percentage, percent: 0 } })), 'reward.scheme.percent'],
    ['percent -1', draft(points({ scheme: { ...percentage, percent: -1 } })), 'reward.scheme.percent'],
    ['percent 1001', draft(points({ scheme: { ...percentage, percent: 1_001 } })), 'reward.scheme.percent'],
    [
      'min above max',
      draft(points({ scheme: { kind: 'random', min: 10, max: 9, bias: 'avg' } })),
      'reward.scheme.max',
    ],
    ['a cap on flat', draft(points({ maxPerReward: 5 })), 'reward.maxPerReward'],
    [
      'a cap on random',
      draft(points({ scheme: { kind: 'random', min: 1, max: 9, bias: 'avg' }, maxPerReward: 5 })),
      'reward.maxPerReward',
    ],
    ['percentage in past', draft(points({ scheme: percentage }), run), 'reward.scheme.kind'],
    ['percentage of inaction', draft(points({ scheme: percentage }), inaction), 'reward.scheme.kind'],
    [
      'proportional credits in past',
      draft(credits({ kind: 'proportional', value: 1, per: 1, of: 'a' }), run),
      'reward.credits.scheme.kind',
    ],
    [
      'a budget per user on flat',
      draft(points({}), { limits: { budget: { user: 5 } } }),
      'limits.budget.user',
    ],
    [
      'a budget per user on flat credits',
      draft(credits(flat), { limits: { budget: { user: 5 } } }),
      'limits.budget.user',
    ],
    ['a budget of items', draft(custom({}), { limits: { budget: { campaign: 5 } } }), 'limits.budget'],
    [
      'recurrence of points in a run',
      draft(points({}), { ...run, limits: { perUser: { day: 1 } } }),
      'limits.perUser',
    ],
    [
      'duplicate metadata',
      draft(points({ metadata: [{ key: 'orderId', value: 'a' }, { system: 'orderId' }] })),
      'reward.metadata.1.key',
    ],
    ['an item and credits', draft({ ...credits(flat), itemId: 'itm_x' }), 'reward'],
    ['neither item nor credits', draft(custom({ itemId: undefined })), 'reward'],
    ['two equal identifiers', draft(custom({ identifiers: { userId: 'email' } })), 'reward.identifiers'],
    [
      'a template that does not parse',
      draft({ type: 'message', endpointId: 'ept_x', template: 'Hi {{ user.name' }),
      'reward.template',
    ],
    [
      'metadata that does not parse',
      draft(custom({ metadata: [{ key: 'k', value: '{% if %}' }] })),
      'reward.metadata.0.value',
    ],
    ['an unknown field', draft(custom({ webhook: 'x' })), 'reward.webhook'],
  ])('%s is refused by its path', async (_what, body, path) => {
    const answer = await call('POST', '/v1/campaigns', body)
    expectProblem(answer, 422, 'invalid', [path])
  })

  test('recurrence and time-based limits are for custom rewards of runs too', async () => {
    const limits = { perUser: { week: 1 }, perCampaign: { total: 5_000, month: 1_000 } }
    await ok('POST', '/v1/campaigns', draft(custom({}), { ...run, limits }))
  })

  test('what is not there or not ready is told when it is published', async () => {
    const publish = async (reward: object) => {
      const { id } = await ok('POST', '/v1/campaigns', draft(reward))
      return call('POST', `/v1/campaigns/${id}/publish`)
    }
    const endpoint = await hook()
    await ok('POST', `/v1/endpoints/${endpoint.id}/disable`)
    const gone = await ok('POST', '/v1/catalogue', { clientRewardId: 'gone', name: 'Gone' })
    await ok('POST', `/v1/catalogue/${gone.id}/archive`)
    const open = await hook()
    const empty = await voucherList(['ONE'])
    await ok('POST', `/v1/voucher-lists/${empty.id}/assign`, { userId: 'somebody' })
    const paused = await voucherList(['ONE'])
    await ok('POST', `/v1/voucher-lists/${paused.id}/pause`)
    for (const [reward, path] of [
      [points({}), 'reward.walletId'],
      [custom({}), 'reward.endpointId'],
      [custom({ endpointId: endpoint.id, itemId: gone.id }), 'reward.itemId'],
      [custom({ endpointId: open.id, itemId: 'itm_none' }), 'reward.itemId'],
      [{ type: 'message', endpointId: endpoint.id, template: 'x' }, 'reward.endpointId'],
      [{ type: 'voucher', voucherListId: 'vls_none' }, 'reward.voucherListId'],
      [{ type: 'voucher', voucherListId: empty.id }, 'reward.voucherListId'],
      [{ type: 'voucher', voucherListId: paused.id }, 'reward.voucherListId'],
    ] as const) {
      expectProblem(await publish(reward), 409, 'not_publishable', [path])
    }
  })
})

describe('a preview of the payload', () => {
  const preview = (body: object) => call('POST', '/v1/campaigns/preview-payload', body)
  const credits = {
    type: 'custom',
    endpointId: 'ept_any',
    credits: { walletId: 'w', walletName: 'W', scheme: { kind: 'percentage', percent: 20, of: 'Amount' } },
    identifiers: { userId: 'customerId' },
    metadata: [{ system: 'eventName' }, { key: 'for', value: '{{ user.name }}' }],
  }

  test('is what the endpoint would receive', async () => {
    await ok('PUT', '/v1/users/pv', { name: 'Asha', phone: '+15550100' })
    const event = { name: 'Charged', properties: { Amount: 500 } }
    expect(await preview({ reward: credits, userId: 'pv', event })).toMatchObject({
      status: 200,
      json: {
        user: { customerId: 'pv', phone: '+15550100' },
        reward: {
          type: 'custom',
          value: 100,
          wallet: { id: 'w', name: 'W' },
          metadata: { eventName: 'Charged', for: 'Asha' },
        },
      },
    })
    const message = {
      type: 'message',
      endpointId: 'ept_any',
      template: 'Hi {{ user.name }}, {{ event.Amount }}',
    }
    expect((await preview({ reward: message, userId: 'pv', event })).json).toEqual({
      user: { userId: 'pv', phone: '+15550100' },
      message: { text: 'Hi Asha, 500' },
    })
    expect((await preview({ reward: credits })).json).toMatchObject({
      user: { customerId: 'sample-user', email: 'sample@example.com' },
      reward: { value: 20 },
    })
  })

  test('of what would not be sent is refused in words', async () => {
    expectProblem(await preview({ reward: credits, event: { properties: {} } }), 422, 'invalid', [
      'event.properties.Amount',
    ])
    const points = { type: 'points', walletId: 'w', scheme: { kind: 'flat', value: 1 } }
    expectProblem(await preview({ reward: points }), 422, 'invalid', ['reward.type'])
    const item = { type: 'custom', endpointId: 'x', itemId: 'itm_none' }
    expectProblem(await preview({ reward: item }), 422, 'invalid', ['reward.itemId'])
    expectProblem(await preview({}), 422, 'invalid', ['reward'])
  })
})

describe('a run', () => {
  const users = Array.from({ length: 60 }, (_, n) => `run${n}`)

  test('serves a message to everybody once, and a voucher while there are any', async () => {
    const endpoint = await hook()
    const bulk = users.map((id) => ({ id, name: `Name of ${id}`, properties: { group: 'run' } }))
    await ok('POST', '/v1/users', { users: bulk })
    const list = await voucherList(Array.from({ length: 50 }, (_, n) => `RUN-${n}`))
    const rule = { user: { property: 'group', op: 'eq', value: 'run' } }
    const run = async (reward: object) => {
      const draft = await ok('POST', '/v1/campaigns', {
        name: 'run',
        qualification: 'past',
        audience: { rule },
        reward,
        schedule: { start: 'now' },
      })
      const { warnings } = await ok('POST', `/v1/campaigns/${draft.id}/publish`)
      await vi.waitFor(
        async () => {
          const { status } = await ok('GET', `/v1/campaigns/${draft.id}`)
          expect(status).toBe('completed')
        },
        { timeout: 30_000, interval: 50 },
      )
      return { id: draft.id, warnings, ...(await ok('GET', `/v1/campaigns/${draft.id}`)) }
    }
    const messages = await run({
      type: 'message',
      endpointId: endpoint.id,
      template: 'Hi {{ user.name }}{{ event.name }}',
    })
    expect(messages.stats.run).toMatchObject({ total: 60, processed: 60, granted: 60 })
    const texts = (await received(endpoint, 60)).map(({ body }) => JSON.parse(body).message.text)
    expect(new Set(texts)).toEqual(new Set(users.map((id) => `Hi Name of ${id}`)))
    expect(texts).toHaveLength(60)

    const vouchers = await run({ type: 'voucher', voucherListId: list.id })
    expect(vouchers.warnings).toMatchObject([{ code: 'audience_exceeds_stock', audience: 60, stock: 50 }])
    expect(vouchers.stats).toMatchObject({
      granted: 50,
      refused: { out_of_stock: 10 },
      remaining: { stock: 0 },
    })
    const grants = [...(await ok('GET', `/v1/campaigns/${vouchers.id}/grants?limit=100`)).data] as {
      reward: { code: string }
    }[]
    expect(new Set(grants.map(({ reward }) => reward.code)).size).toBe(50)
    expect(await ok('GET', `/v1/voucher-lists/${list.id}`)).toMatchObject({
      stock: { total: 50, available: 0 },
      alerts: [{ code: 'out_of_stock' }],
    })
  })
})
