import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { campaignLedger } from '../../worker/campaigns/store.ts'
import { couponLedger } from '../../worker/coupons/store.ts'
import type { Env } from '../../worker/env.ts'
import { now, setClock } from '../../worker/platform/clock.ts'
import { type FaultPoint, setFaultHook } from '../../worker/platform/faults.ts'
import { call, campaign, clock, env, ok, wallet } from './boon.ts'
import { campaignNow, everywhere, grantRows, userAt } from './records.ts'
import {
  addUsers,
  alarmOf,
  at,
  dieAt,
  finished,
  flat,
  group,
  names,
  objectOf,
  progressOf,
  publish,
  runDraft,
  served,
  settle,
  setUpQuiet,
  stallAt,
  startRun,
  stocked,
} from './runParts.ts'

beforeAll(() => setUpQuiet('2026-05-01T12:00:00Z'))
afterEach(() => setFaultHook(undefined))

const points: FaultPoint[] = ['page read', 'decided', 'code taken', 'before settling']
const kinds = ['points', 'coupon'] as const
const databases = [env.USERS_0, (env as unknown as { USERS_1: D1Database }).USERS_1]
const ALL = 1_200
const users = names('all', ALL)
beforeAll(async () => {
  await addUsers(users, { group: 'all' })
})

/** A draft for all 1,200 users, which is two pages to take and two to serve, and where to look for what it gave. */
async function scene(kind: (typeof kinds)[number], codes = ALL) {
  if (kind === 'points') {
    const purse = { walletId: (await wallet()).id as string }
    return { purse, id: (await runDraft({ ...flat(purse.walletId), ...group('all') })).id as string }
  }
  const purse = { couponId: await stocked(codes) }
  const reward = { type: 'coupon', ...purse }
  return { purse, id: (await runDraft({ reward, ...group('all') })).id as string }
}

type Scene = Awaited<ReturnType<typeof scene>>

async function expectAllOnce({ id, purse }: Scene) {
  expect((await finished(id)).status).toBe('completed')
  await clock('PT10S')
  expect(await served(id, purse)).toEqual(users)
  expect(await progressOf(id)).toMatchObject({ total: ALL, granted: ALL, reasons: {} })
  expect(await alarmOf(id)).toBeNull()
}

describe.each(kinds)('a run that is killed serves everybody once, %s', (kind) => {
  test.each(points)('%s: again and again, and its alarm alone finishes it', async (point) => {
    const run = await scene(kind)
    dieAt(point, 4)
    await publish(run.id)
    for (let tries = 0; tries < 6; tries++) {
      setClock(now() + 300_000)
      await runDurableObjectAlarm(campaignLedger(env, run.id))
    }
    expect((await campaignNow(run.id)).status).toBe('completed')
    await expectAllOnce(run)
  })

  test.each(points)('%s: at the second page, with an eviction', async (point) => {
    const run = await scene(kind)
    const stalled = stallAt(point, 2)
    await publish(run.id)
    await settle()
    await stalled
    await evictDurableObject(campaignLedger(env, run.id))
    expect(await alarmOf(run.id)).not.toBeNull()
    setFaultHook(undefined)
    await expectAllOnce(run)
  })

  test.each(points)('%s: at the second page, when its object dies on the spot', async (point) => {
    const run = await scene(kind)
    await publish(run.id)
    const state = await runInDurableObject(campaignLedger(env, run.id), (_, own) => own)
    at(point, 2, () => state.abort('killed'))
    await settle().catch(() => {})
    await expectAllOnce(run)
  })

  test.each(points)('%s: refusals are counted once as well', async (point) => {
    const run = await scene(kind, 1_100)
    const limits = { perCampaign: { total: 1_150 } }
    await ok('PATCH', `/v1/campaigns/${run.id}`, { limits })
    let seen = 0
    setFaultHook((reached) => {
      if (reached === point && ++seen % 2 === 0 && seen < 9) throw new Error(`killed at ${point}`)
    })
    await publish(run.id)
    await finished(run.id)
    await clock('PT10S')
    const reasons = kind === 'points' ? { campaign_limit_total: 50 } : { out_of_stock: 100 }
    expect((await progressOf(run.id)).reasons).toEqual(reasons)
    expect(await served(run.id, run.purse)).toEqual(users.slice(0, kind === 'points' ? 1_150 : 1_100))
  })
})

describe('what a run needs fails for a while, and then everybody is served once', () => {
  const few = names('few', 40)
  beforeAll(async () => {
    await addUsers(few, { group: 'few' })
  })

  test.each(['events', 'users', 'grants', 'wallet_lots'])('a database that lacks %s', async (table) => {
    const { id: walletId } = await wallet()
    const { id } = await runDraft({ ...flat(walletId), ...group('few') })
    // What publishing counts is counted before the database fails.
    await publish(id)
    await databases[1]?.prepare(`ALTER TABLE ${table} RENAME TO ${table}_away`).run()
    await clock('PT1M')
    await databases[1]?.prepare(`ALTER TABLE ${table}_away RENAME TO ${table}`).run()
    await finished(id)
    await clock('PT5M')
    expect(await served(id, { walletId })).toEqual(few)
    expect(await progressOf(id)).toMatchObject({ total: 40, granted: 40 })
  })

  test.each(['before', 'after'])('the queue, %s it has taken the reward events', async (moment) => {
    const { id: walletId } = await wallet()
    const { id } = await runDraft({ ...flat(walletId), ...group('few') })
    const where = [{ property: 'campaignId', op: 'eq', value: id }]
    const other = await campaign('listens', walletId, { trigger: { event: 'CT Points Credited', where } })
    await publish(id)
    const { env: own } = (await objectOf(id)) as unknown as { env: Env }
    const queue = own.REACTIONS
    let failures = 2
    const sendBatch: typeof queue.sendBatch = async (messages) => {
      const fails = failures-- > 0
      const sent = fails && moment === 'before' ? undefined : await queue.sendBatch(messages)
      if (fails || sent === undefined) throw new Error('killed')
      return sent
    }
    own.REACTIONS = { sendBatch } as typeof queue
    await finished(id)
    await clock('PT10S')
    own.REACTIONS = queue
    expect(failures).toBeLessThan(0)
    await expect.poll(async () => (await campaignNow(other.id)).stats.granted, { timeout: 20_000 }).toBe(40)
    expect(await progressOf(id)).toMatchObject({ granted: 40 })
    expect((await grantRows(other.id)).map((row) => row.user_id).sort()).toEqual(few)
  })
})

describe.each(kinds)('a pause, %s', (kind) => {
  test('in the middle of a page lets that page be, and no other; resuming goes on', async () => {
    const run = await scene(kind)
    const object = await objectOf(run.id)
    at('decided', 1, () => void object.apply(run.id, 'pause'))
    await publish(run.id)
    await clock('PT1H')
    expect(await campaignNow(run.id)).toMatchObject({
      status: 'paused',
      stats: { granted: 1_000, run: { total: ALL, processed: 1_000, granted: 1_000, refused: 0 } },
    })
    expect(await served(run.id, run.purse)).toHaveLength(1_000)
    expect(await alarmOf(run.id)).toBeNull()
    await evictDurableObject(campaignLedger(env, run.id))
    await ok('POST', `/v1/campaigns/${run.id}/resume`)
    await expectAllOnce(run)
  })

  test.each([1, 2])('while page %i of the audience is taken loses nobody', async (nth) => {
    const run = await scene(kind)
    const object = await objectOf(run.id)
    at('page read', nth, () => void object.apply(run.id, 'pause'))
    await publish(run.id)
    await clock('PT1H')
    expect((await campaignNow(run.id)).stats.granted).toBe(0)
    await ok('POST', `/v1/campaigns/${run.id}/resume`)
    await expectAllOnce(run)
  })

  test('by the API: what was granted when it has returned is all there is', async () => {
    const run = await scene(kind)
    await publish(run.id)
    const decided = new Promise<void>((reached) => at('decided', 1, reached))
    const working = settle()
    await decided
    const paused = await ok('POST', `/v1/campaigns/${run.id}/pause`)
    await working
    await clock('PT1H')
    const { status, stats } = await campaignNow(run.id)
    expect({ status, granted: stats.granted }).toEqual({ status: 'paused', granted: paused.stats.granted })
    expect(await served(run.id, run.purse)).toHaveLength(1_000)
    await ok('POST', `/v1/campaigns/${run.id}/resume`)
    await expectAllOnce(run)
  })

  test('at the last page: it is over once it goes on', async () => {
    const run = await scene(kind)
    const object = await objectOf(run.id)
    at('decided', 2, () => void object.apply(run.id, 'pause'))
    await publish(run.id)
    await clock('PT1H')
    expect(await campaignNow(run.id)).toMatchObject({ status: 'paused', stats: { granted: ALL } })
    await ok('POST', `/v1/campaigns/${run.id}/resume`)
    await expectAllOnce(run)
  })

  test('a stop in the middle is final: what was under way counts, and nothing comes after', async () => {
    const run = await scene(kind)
    const object = await objectOf(run.id)
    at('decided', 1, () => void object.apply(run.id, 'stop'))
    await publish(run.id)
    await clock('PT1H')
    expect(await campaignNow(run.id)).toMatchObject({
      status: 'stopped',
      stats: { granted: 1_000, run: { total: ALL, processed: 1_000, granted: 1_000, refused: 0 } },
    })
    for (const verb of ['resume', 'pause', 'publish']) {
      expect((await call('POST', `/v1/campaigns/${run.id}/${verb}`)).json.code).toBe('wrong_status')
    }
    await clock('P1D')
    expect(await served(run.id, run.purse)).toEqual(users.slice(0, 1_000))
    expect(await alarmOf(run.id)).toBeNull()
  })
})

test('a pause while a page learns that its codes have run out refuses nobody for the pause', async () => {
  const run = await scene('coupon', 1_100)
  const object = await objectOf(run.id)
  at('decided', 2, () => void object.apply(run.id, 'pause'))
  await publish(run.id)
  await clock('PT1H')
  expect((await campaignNow(run.id)).stats.refused).not.toHaveProperty('campaign_not_running')
  await ok('POST', `/v1/campaigns/${run.id}/resume`)
  await finished(run.id)
  expect((await progressOf(run.id)).reasons).toEqual({ out_of_stock: 100 })
})

describe('somebody who is erased', () => {
  const [gone = '', back = '', there = ''] = ['gone-', 'back-', 'there-'].map((name) => userAt(1, name))

  test('between the taking of the audience and their time is not served, nor counted, nor if they come back', async () => {
    await addUsers([gone, back, there], { group: 'erased' })
    const { id: walletId } = await wallet()
    const schedule = { start: '2026-05-20T18:00', deliver: 'userTime' }
    const { id } = await startRun({ ...flat(walletId), ...group('erased'), schedule })
    await clock('2026-05-20T12:00:00Z')
    expect((await campaignNow(id)).stats.run).toMatchObject({ total: 3, processed: 0 })
    for (const userId of [gone, back]) await ok('DELETE', `/v1/users/${userId}`)
    await ok('PUT', `/v1/users/${back}`, { properties: { group: 'erased' } })
    await clock('2026-05-21T12:00:00Z')
    expect(await campaignNow(id)).toMatchObject({ status: 'completed' })
    expect(await served(id, { walletId })).toEqual([there])
    expect(await progressOf(id)).toMatchObject({ total: 1, granted: 1 })
  })

  test('while further pages of the audience are read is counted no more', async () => {
    const early = userAt(0, 'early-')
    await addUsers([early, userAt(1, 'late-')], { group: 'taking' })
    const { id: walletId } = await wallet()
    const { id } = await runDraft({ ...flat(walletId), ...group('taking') })
    const object = await objectOf(id)
    // The first page is that of the first database, and is on the agenda when the second has been read.
    at('page read', 2, () => object.forget(early, 'somebody'))
    await publish(id)
    await settle()
    await finished(id)
    expect(await progressOf(id)).toMatchObject({ total: 1, processed: 1, granted: 1, refused: 0 })
  })

  test('while their page is under way leaves nothing behind', async () => {
    const [one = '', other = ''] = await addUsers([userAt(1, 'page-'), userAt(0, 'page-')], { group: 'page' })
    const couponId = await stocked(2)
    const { id } = await runDraft({ reward: { type: 'coupon', couponId }, ...group('page') })
    let open = () => {}
    const gate = new Promise<void>((done) => {
      open = done
    })
    await publish(id)
    const decided = new Promise<void>((reached) => at('decided', 1, reached))
    // The coupon answers nobody until the gate is opened, so the page waits for its codes.
    const held = runInDurableObject(couponLedger(env, couponId), (_, state) =>
      state.blockConcurrencyWhile(() => gate),
    )
    const page = settle()
    await decided
    await ok('DELETE', `/v1/users/${one}`)
    open()
    await Promise.all([held, page])
    await finished(id)
    await clock('PT10S')
    for (const table of ['grants', 'holdings', 'events']) {
      expect(await everywhere(`SELECT * FROM ${table} WHERE user_id = ?1`, one)).toEqual([])
    }
    // The grant was made, so it counts; who it was for is gone.
    const { text } = await call('GET', `/v1/campaigns/${id}/grants`)
    expect(text).toContain(other)
    expect(text).not.toContain(one)
  })
})
