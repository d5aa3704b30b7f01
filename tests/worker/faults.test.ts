import { evictAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { campaignLedger } from '../../worker/campaigns/store.ts'
import { now, setClock } from '../../worker/platform/clock.ts'
import { type FaultPoint, setFaultHook } from '../../worker/platform/faults.ts'
import { call, campaign, clock, coupon, env, jobDone, ok, send, wallet } from './boon.ts'
import { campaignNow, grantRows, holdingRows, listedGrants, lotRows, setUpAt, userAt } from './records.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))
afterEach(() => setFaultHook(undefined))

const points: FaultPoint[] = ['decided', 'code taken', 'rows written', 'queued', 'before settling']
const kinds = ['points', 'coupon'] as const
let scenes = 0

/** Lets the program die at a point, so many times. */
function dieAt(point: FaultPoint, times = 1) {
  let left = times
  setFaultHook((reached) => {
    if (reached === point && left-- > 0) throw new Error(`killed at ${point}`)
  })
}

/** A campaign that gives points or one of three codes, and one event of one user in each database. */
async function scene(kind: (typeof kinds)[number]) {
  const event = `scene ${++scenes}`
  const users = [userAt(0, `zero-${scenes}-`), userAt(1, `one-${scenes}-`)]
  const events = users.map((userId) => ({ id: `${event} of ${userId}`, userId, name: event }))
  if (kind === 'points') {
    const purse = await wallet()
    const { id } = await campaign(event, purse.id, { limits: { perUser: { total: 1 } } })
    const given = async () => (await lotRows(purse.id)).map(({ user_id, entry }) => [user_id, entry !== null])
    return { id, events, users, given }
  }
  const { id: couponId } = await coupon()
  await jobDone((await ok('POST', `/v1/coupons/${couponId}/codes/generate`, { count: 3, length: 8 })).id)
  const reward = { type: 'coupon', couponId }
  const { id } = await campaign(event, '', { reward, limits: { perUser: { total: 1 } } })
  const given = async () => {
    const held = await holdingRows(couponId)
    const { stats } = await ok('GET', `/v1/coupons/${couponId}`)
    // No code is gone that nobody holds.
    expect(stats).toEqual({ distributed: held.length, stock: { total: 3, available: 3 - held.length } })
    return held.map(({ user_id, code }) => [user_id, code !== ''])
  }
  return { id, events, users, given }
}

/** Everything there is once, whoever asks: the ledger, the databases, the API. */
async function expectOnce({ id, users, given }: Awaited<ReturnType<typeof scene>>) {
  const sorted = [...users].sort()
  expect((await given()).sort()).toEqual(sorted.map((userId) => [userId, true]))
  expect((await grantRows(id)).map((row) => row.user_id).sort()).toEqual(sorted)
  const listed = await listedGrants(id)
  expect(listed.map(({ userId, status }) => [userId, status]).sort()).toEqual(
    sorted.map((userId) => [userId, 'fulfilled']),
  )
  expect((await campaignNow(id)).stats).toMatchObject({ granted: users.length, users: users.length })
}

const alarmOf = (id: string) =>
  runInDurableObject(campaignLedger(env, id), (_, state) => state.storage.getAlarm())

describe.each(kinds)('a death at any point, %s', (kind) => {
  test.each(points)('%s: the alarm alone finishes it once, and the retry learns of it', async (point) => {
    const at = await scene(kind)
    dieAt(point)
    expect((await call('POST', '/v1/events', { events: at.events })).status).toBeGreaterThanOrEqual(500)
    await evictAllDurableObjects()
    expect(await alarmOf(at.id)).not.toBeNull()
    setClock(now() + 10_000)
    expect(await runDurableObjectAlarm(campaignLedger(env, at.id))).toBe(true)
    await expectOnce(at)
    expect(await alarmOf(at.id)).toBeNull()
    const again = await send(at.events)
    expect(again).toMatchObject({ accepted: 0, duplicates: 2 })
    const ids = (await grantRows(at.id)).map((row) => row.id).sort()
    expect(again.decisions.map((decision: { grant: { id: string } }) => decision.grant.id).sort()).toEqual(
      ids,
    )
    await expectOnce(at)
  })

  test.each(points)('%s: the retry alone finishes it once, and the alarm adds nothing', async (point) => {
    const at = await scene(kind)
    dieAt(point)
    expect((await call('POST', '/v1/events', { events: at.events })).status).toBeGreaterThanOrEqual(500)
    const { decisions } = await send(at.events)
    expect(decisions.map((decision: { outcome: string }) => decision.outcome)).toEqual(['granted', 'granted'])
    await expectOnce(at)
    await clock('PT10S')
    await expectOnce(at)
    expect(await alarmOf(at.id)).toBeNull()
    expect((await send(at.events)).decisions).toMatchObject(
      decisions.map(({ grant }: { grant: object }) => ({ grant: { ...grant, replayed: true } })),
    )
  })

  test.each(points)(
    '%s: dying again and again, with evictions, between users of one database',
    async (point) => {
      const at = await scene(kind)
      for (const event of at.events) {
        dieAt(point, 3)
        for (let tries = 1; ; tries++) {
          const { status } = await call('POST', '/v1/events', { events: [event] })
          await evictAllDurableObjects()
          if (status === 200) break
          expect(tries).toBeLessThan(10)
        }
      }
      await clock('PT10S')
      await expectOnce(at)
    },
  )
})

test('codes that ran out while it was dead: who has no code has no grant, and the retry says so', async () => {
  const { id: couponId } = await coupon()
  await jobDone((await ok('POST', `/v1/coupons/${couponId}/codes/generate`, { count: 1, length: 8 })).id)
  const reward = { type: 'coupon', couponId }
  const first = await campaign('first', '', { reward })
  await campaign('other', '', { reward })
  const event = { id: 'f', userId: 'unlucky', name: 'first' }
  dieAt('decided')
  expect((await call('POST', '/v1/events', { events: [event] })).status).toBe(500)
  expect((await send([{ userId: 'lucky', name: 'other' }])).decisions[0].outcome).toBe('granted')
  await clock('PT10S')
  expect((await campaignNow(first.id)).stats).toMatchObject({ granted: 0, users: 0 })
  expect((await send([event])).decisions).toMatchObject([{ outcome: 'refused', reason: 'out_of_stock' }])
  expect(await holdingRows(couponId)).toMatchObject([{ user_id: 'lucky' }])
})

test('a campaign that was stopped meanwhile still gives what it had decided, and the retry learns of it', async () => {
  const at = await scene('points')
  dieAt('decided')
  expect((await call('POST', '/v1/events', { events: at.events })).status).toBe(500)
  await ok('POST', `/v1/campaigns/${at.id}/stop`)
  await clock('PT10S')
  await expectOnce(at)
  const { decisions } = await send(at.events)
  expect(decisions).toMatchObject([{ outcome: 'granted' }, { outcome: 'granted' }])
})
