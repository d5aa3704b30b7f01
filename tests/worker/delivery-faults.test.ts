import { evictAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Env } from '../../worker/env.ts'
import { intakeOf } from '../../worker/ingest/submit.ts'
import { type FaultPoint, setFaultHook } from '../../worker/platform/faults.ts'
import type { Grant } from '../../worker/rewards/contract.ts'
import { senderOf } from '../../worker/webhooks/queue.ts'
import { call, campaign, clock, env, ok, send } from './boon.ts'
import { type Hook, hook, settled } from './receiver.ts'
import { listedGrants, setUpAt, userAt } from './records.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))
afterEach(() => setFaultHook(undefined))

/** Lets the program die at a point, so many times. */
function dieAt(point: FaultPoint, times = 1) {
  let left = times
  setFaultHook((reached) => {
    if (reached === point && left-- > 0) throw new Error(`killed at ${point}`)
  })
}

let scenes = 0

/** A campaign that gives an item, and one event of one user in each database. */
async function scene(endpoint: Hook) {
  const event = `sent ${++scenes}`
  const item = await ok('POST', '/v1/catalogue', { clientRewardId: event, name: 'Mug' })
  const reward = { type: 'custom', endpointId: endpoint.id, itemId: item.id }
  const { id } = await campaign(event, '', { reward, limits: { perCampaign: { total: 2 } } })
  const events = [userAt(0, `z${scenes}-`), userAt(1, `o${scenes}-`)].map((userId) => ({
    id: `${event} of ${userId}`,
    userId,
    name: event,
  }))
  return { id, events }
}

/** Does something while the queue takes messages and loses them. */
async function losingMessages<T>(work: () => Promise<T>): Promise<T> {
  const loseAll = (home: number) =>
    runInDurableObject(intakeOf(env, home), (intake) => {
      const own = (intake as unknown as { env: Env }).env
      const queue = own.WEBHOOKS
      own.WEBHOOKS = { sendBatch: async () => ({}) } as unknown as typeof queue
      return () => {
        own.WEBHOOKS = queue
      }
    })
  const restores = [await loseAll(0), await loseAll(1)]
  try {
    return await work()
  } finally {
    // The objects may share their bindings, so what was changed last is restored first.
    for (const restore of restores.reverse()) restore()
  }
}

const deliveriesTo = async (endpoint: Hook) =>
  (await ok('GET', `/v1/deliveries?endpointId=${endpoint.id}`)).data as {
    id: string
    status: string
    attempts: { status?: number; error?: string }[]
  }[]

/** Waits until all deliveries of an endpoint have ended. */
async function ended(endpoint: Hook) {
  const all = await deliveriesTo(endpoint)
  return Promise.all(all.map(({ id }) => settled(id)))
}

describe('a death on the way of a webhook', () => {
  const onTheRequest: FaultPoint[] = ['decided', 'code taken', 'rows written', 'queued', 'before settling']

  test.each(onTheRequest)('%s: each user has one delivery, and it arrives', async (point) => {
    const endpoint = await hook()
    const { id, events } = await scene(endpoint)
    dieAt(point)
    expect((await call('POST', '/v1/events', { events })).status).toBeGreaterThanOrEqual(500)
    await evictAllDurableObjects()
    await clock('PT10S')
    await clock('PT2M')
    const deliveries = await ended(endpoint)
    expect(deliveries.map(({ status }) => status)).toEqual(['delivered', 'delivered'])
    const ids = (await endpoint.seen()).map(({ headers }) => headers['webhook-id'])
    expect(new Set(ids).size).toBe(2)
    expect((await listedGrants(id)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
  })

  const onTheWire: FaultPoint[] = ['sent', 'failures reported', 'outcomes written']

  test.each(onTheWire)('%s: what was sent is told once, whether it arrived or failed', async (point) => {
    for (const status of [200, 500]) {
      const endpoint = await hook({ retrySchedule: [] })
      await endpoint.answer({ status })
      const { id, events } = await scene(endpoint)
      dieAt(point, 2)
      await send(events)
      for (let tries = 0; tries < 4; tries++) {
        await expect.poll(async () => (await endpoint.seen()).length, { timeout: 20_000 }).toBeGreaterThan(0)
        await evictAllDurableObjects()
        await runDurableObjectAlarm(senderOf(env, endpoint.id))
        await clock('PT10S')
      }
      await clock('PT2M')
      const deliveries = await ended(endpoint)
      const failed = status === 500
      expect(deliveries.map((delivery) => delivery.status)).toEqual(
        failed ? ['failed', 'failed'] : ['delivered', 'delivered'],
      )
      for (const { attempts } of deliveries) expect(attempts).toHaveLength(1)
      expect((await ok('GET', `/v1/campaigns/${id}`)).stats).toMatchObject({
        granted: failed ? 0 : 2,
        failed: failed ? 2 : 0,
        remaining: { count: failed ? 2 : 0 },
      })
    }
  })

  test('a message that the queue loses is found again by the sweep', async () => {
    const endpoint = await hook()
    const { events } = await scene(endpoint)
    await losingMessages(() => send(events))
    await clock('PT30S')
    expect(await deliveriesTo(endpoint)).toMatchObject([{ status: 'pending' }, { status: 'pending' }])
    expect(await endpoint.seen()).toHaveLength(0)
    await clock('PT1M')
    expect((await ended(endpoint)).map(({ status }) => status)).toEqual(['delivered', 'delivered'])
    expect(await endpoint.seen()).toHaveLength(2)
  })
})

test('a dead letter is parked as failed, gives back what it used, and can be replayed', async () => {
  const endpoint = await hook()
  const { id, events } = await scene(endpoint)
  const { decisions } = await losingMessages(() => send(events))
  const refs = decisions.map(({ grant, userId }: { grant: Grant; userId: string }) => ({
    id: 'deliveryId' in grant.reward ? grant.reward.deliveryId : '',
    userId,
  }))
  await senderOf(env, endpoint.id).take(endpoint.id, refs.slice(0, 1), true)
  const [{ id: deliveryId }] = refs
  expect(await settled(deliveryId)).toMatchObject({
    status: 'failed',
    attempts: [{ error: expect.stringContaining('dead_letter') }],
  })
  expect(await endpoint.seen()).toHaveLength(0)
  expect((await ok('GET', `/v1/campaigns/${id}`)).stats).toMatchObject({ granted: 1, failed: 1 })
  await ok('POST', `/v1/deliveries/${deliveryId}/replay`)
  expect(await settled(deliveryId)).toMatchObject({ status: 'delivered' })
  expect((await ok('GET', `/v1/campaigns/${id}`)).stats).toMatchObject({ granted: 2, failed: 0 })
})

test('a user who is erased is sent nothing any more', async () => {
  const endpoint = await hook({ retrySchedule: ['PT1M'] })
  await endpoint.answer({ status: 500 })
  const { id, events } = await scene(endpoint)
  const { decisions } = await send(events)
  for (const { grant } of decisions) await settled(grant.reward.deliveryId, 1)
  await ok('DELETE', `/v1/users/${encodeURIComponent(events[0]?.userId ?? '')}`)
  await endpoint.answer({ status: 200 })
  await clock('PT5M')
  const deliveries = await ended(endpoint)
  expect(deliveries).toMatchObject([{ status: 'delivered' }])
  expect((await call('GET', `/v1/deliveries/${decisions[0].grant.reward.deliveryId}`)).status).toBe(404)
  expect((await endpoint.seen()).length).toBe(3)
  expect((await ok('GET', `/v1/campaigns/${id}`)).stats).toMatchObject({ granted: 2 })
})
