import { beforeAll, describe, expect, test } from 'vitest'
import { react } from '../../worker/ingest/react.ts'
import { now } from '../../worker/platform/clock.ts'
import type { Reaction } from '../../worker/rewards/reactions.ts'
import { campaign, clock, env, ok, send, wallet } from './boon.ts'
import { ago, inS, outcomes, scene } from './inactionParts.ts'
import { campaignNow, listedGrants } from './records.ts'
import { flat, setUpQuiet } from './runParts.ts'

beforeAll(() => setUpQuiet('2026-05-01T12:00:00Z'))
let points = { reward: {} }
beforeAll(async () => {
  points = flat((await wallet()).id)
})

describe('late events', () => {
  test('the other thing that happened in time counts, even if it comes too late to trigger anything', async () => {
    const { add, pay, granted } = await scene(points, { unless: { within: 'P1D' } })
    const start = now()
    const users = ['before', 'at once', 'in time', 'at the end']
    await send(users.map((userId) => add(userId)))
    await clock('PT23H59M')
    const at = (ms: number) => ({ timestamp: new Date(start + ms).toISOString() })
    await send([
      pay('before', {}, at(-1)),
      pay('at once', {}, at(0)),
      pay('in time', {}, at(3_600_000)),
      pay('at the end', {}, at(86_400_000)),
    ])
    await clock('PT1M')
    expect(await granted()).toEqual(['at the end', 'before'])
  })

  test('a trigger that comes after its time is due at once, at the moment of the decision; one too old is refused', async () => {
    const { id, add, pay } = await scene(points)
    const sent = [
      add('late', {}, ago(600)),
      add('paid', {}, ago(600)),
      pay('paid', {}, ago(541)),
      add('old', {}, ago(7_201)),
    ]
    expect(outcomes(await send(sent))).toEqual([inS(-540), inS(-540), 'event_too_old'])
    const moment = now()
    await clock('PT0.001S')
    expect((await listedGrants(id)).map(({ userId, at }) => [userId, Date.parse(at) - moment])).toEqual([
      ['late', 0],
    ])
  })
})

test('the same event as trigger and as the other: whoever does not come back in time', async () => {
  const { id, event } = await scene(points)
  await ok('POST', `/v1/campaigns/${id}/stop`)
  const back = await campaign(event, '', { ...points, trigger: { event, unless: { event, within: 'PT1M' } } })
  const visit = (userId: string) => ({ userId, name: event })
  expect(outcomes(await send([visit('a'), visit('b')]))).toEqual([inS(60), inS(60)])
  await clock('PT50S')
  expect(outcomes(await send([visit('b'), visit('b')]))).toEqual([inS(60), inS(60)])
  const due = inS(60)
  await clock('PT5M')
  expect((await listedGrants(back.id)).map(({ userId, at }) => [userId, at])).toEqual([
    ['b', due],
    ['a', new Date(Date.parse(due) - 50_000).toISOString()],
  ])
})

test('limits count when it is due, and the audience at the trigger', async () => {
  await ok('POST', '/v1/users', { users: ['in', 'out'].map((id) => ({ id, properties: { city: id } })) })
  const limits = { perUser: { total: 1 }, perCampaign: { total: 2 } }
  const audience = { rule: { not: { user: { property: 'city', op: 'eq', value: 'out' } } } }
  const { id, add } = await scene(points, { limits, audience, trigger: { same: 'n' } })
  const sent = [
    add('in', { n: 1 }),
    add('in', { n: 2 }, ago(1)),
    add('out', { n: 1 }),
    add('x', { n: 1 }, ago(2)),
    add('y', { n: 1 }),
  ]
  expect(outcomes(await send(sent))).toEqual([inS(60), inS(59), 'not_in_audience', inS(58), inS(60)])
  await ok('PUT', '/v1/users/in', { properties: { city: 'out' } })
  const start = now()
  await clock('PT1M')
  expect(
    (await listedGrants(id)).map(({ userId, at }) => [userId, (Date.parse(at) - start) / 1_000]),
  ).toEqual([
    ['in', 59],
    ['x', 58],
  ])
  expect((await campaignNow(id)).stats.refused).toEqual({
    not_in_audience: 1,
    user_limit_total: 1,
    campaign_limit_total: 1,
  })
})

describe('reward events', () => {
  const credited = (id: string) => ({
    event: 'CT Points Credited',
    where: [{ property: 'campaignId', op: 'eq', value: id }],
  })

  test('start a time, and end one', async () => {
    const gift = await campaign('Gift', '', points)
    const unspent = await scene(points, { trigger: credited(gift.id) })
    const ungiven = await scene(points, { unless: credited(gift.id) })
    await send([ungiven.add('spends'), ungiven.add('neither')])
    await send(['spends', 'keeps'].map((userId) => ({ userId, name: 'Gift' })))
    const waiting = () =>
      env.DB.prepare('SELECT 1 FROM alarms WHERE object = ?1').bind(`campaign:${unspent.id}`).first()
    await expect.poll(waiting, { timeout: 20_000 }).not.toBeNull()
    await send([unspent.pay('spends')])
    await clock('PT2M')
    expect(await unspent.granted()).toEqual(['keeps'])
    expect(await ungiven.granted()).toEqual(['neither'])
  })

  test('are taken in at the first attempt, also if they only start a time or trigger nothing', async () => {
    const { id, event } = await scene(points)
    const reactions = [event, 'nobody listens'].map(
      (name): Reaction => ({
        event: { id: `r ${name}`, userId: 'reacting', name, atMs: now(), properties: {} },
        chain: { causes: ['cmp_other'], depth: 1 },
      }),
    )
    await ok('PUT', '/v1/users/reacting', {})
    const told: string[] = []
    const message = (body: Reaction[]) => ({
      body,
      ack: () => told.push('ack'),
      retry: () => told.push('retry'),
    })
    await react(env, {
      messages: reactions.map((reaction) => message([reaction])),
    } as unknown as MessageBatch<Reaction[]>)
    expect(told).toEqual(['ack', 'ack'])
    await clock('PT2M')
    expect((await campaignNow(id)).stats.granted).toBe(1)
  })
})
