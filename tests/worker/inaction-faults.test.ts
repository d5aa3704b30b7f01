import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { campaignLedger } from '../../worker/campaigns/store.ts'
import { decideStep } from '../../worker/ingest/decideStep.ts'
import { recordStep } from '../../worker/ingest/recordStep.ts'
import { now, setClock } from '../../worker/platform/clock.ts'
import { usersDb } from '../../worker/platform/databases.ts'
import { type FaultPoint, setFaultHook } from '../../worker/platform/faults.ts'
import { readMeta } from '../../worker/platform/settings.ts'
import { call, clock, env, ok, send, wallet } from './boon.ts'
import { ago, inS, outcomes, scene } from './inactionParts.ts'
import { campaignNow, everywhere, listedGrants, userAt } from './records.ts'
import {
  alarmOf,
  at,
  dieAt,
  flat,
  names,
  objectOf,
  refusingLarge,
  served,
  settle,
  setUpQuiet,
  stocked,
} from './runParts.ts'

beforeAll(() => setUpQuiet('2026-05-01T12:00:00Z'))
afterEach(() => setFaultHook(undefined))
let points = { reward: {} }
beforeAll(async () => {
  points = flat((await wallet()).id)
})

const verb = (id: string, name: string) => ok('POST', `/v1/campaigns/${id}/${name}`)

/** Records an event as a request does that dies before any ledger has heard of it; or, `heard`, before it is written. */
async function recordOnly(
  event: { userId: string; name: string; properties: object },
  id: string,
  heard = false,
) {
  const meta = await readMeta(env)
  const whole = { ...event, id, atMs: now(), properties: { ...event.properties } }
  const recorded = await recordStep(env, usersDb(env, event.userId), meta, [whole], new Set(), now())
  if (heard) await decideStep(env, recorded)
}

describe('a pause', () => {
  test('drops what falls due in it, also when its alarm is late, and keeps what is due later', async () => {
    const { id, add, granted } = await scene(points, { trigger: { same: 'n' } })
    await send([add('soon', { n: 1 }), add('late', { n: 1 }, ago(-200))])
    await verb(id, 'pause')
    expect(outcomes(await send([add('meanwhile', { n: 1 })]))).toEqual(['campaign_not_running'])
    // Nothing wakes the ledger before it goes on.
    setClock(now() + 120_000)
    await verb(id, 'resume')
    await clock('PT10M')
    expect(await granted()).toEqual(['late'])
    const again = await scene(points)
    await send([again.add('soon'), again.add('late', {}, ago(-200))])
    await verb(again.id, 'pause')
    await clock('PT2M')
    expect(await alarmOf(again.id)).not.toBeNull()
    await verb(again.id, 'resume')
    await clock('PT10M')
    expect(await again.granted()).toEqual(['late'])
    expect((await campaignNow(id)).stats.refused).toEqual({ campaign_not_running: 1 })
  })

  test('does not keep the other thing from counting', async () => {
    const { id, add, pay, granted } = await scene(points)
    await send([add('paid'), add('not')])
    await verb(id, 'pause')
    await send([pay('paid')])
    await verb(id, 'resume')
    await clock('PT2M')
    expect(await granted()).toEqual(['not'])
  })

  test('that comes while a page of timers is decided lets those be, and drops the others that were due', async () => {
    const { id, add } = await scene(points)
    const users = names('page', 1_200)
    await send(users.slice(0, 600).map((userId) => add(userId)))
    await send(users.slice(600).map((userId) => add(userId)))
    const object = await objectOf(id)
    at('decided', 1, () => void object.apply(id, 'pause'))
    await clock('PT1M')
    expect((await campaignNow(id)).stats.granted).toBe(1_000)
    setFaultHook(undefined)
    await verb(id, 'resume')
    await clock('PT10M')
    expect((await campaignNow(id)).stats.granted).toBe(1_000)
    expect(await alarmOf(id)).toBeNull()
  })
})

describe('the end', () => {
  test('drops what is due then or later', async () => {
    const schedule = { start: 'now', end: inS(60) }
    const { id, add, granted } = await scene(points, { schedule })
    await send([add('before', {}, ago(1)), add('at', {}), add('after', {}, ago(-1))])
    await clock('PT10M')
    expect(await granted()).toEqual(['before'])
    expect(await campaignNow(id)).toMatchObject({ status: 'completed', stats: { refused: {} } })
    expect(await alarmOf(id)).toBeNull()
  })

  test('may be moved beyond it', async () => {
    const { id, add, granted } = await scene(points, { schedule: { start: 'now', end: inS(30) } })
    await send([add('u')])
    await ok('PATCH', `/v1/campaigns/${id}`, { schedule: { end: inS(90) } })
    await clock('PT10M')
    expect(await granted()).toEqual(['u'])
  })

  test('by hand drops everything, and what comes afterwards is refused or not mentioned', async () => {
    const { id, add, pay, granted } = await scene(points)
    await send([add('u')])
    await verb(id, 'stop')
    expect((await send([add('u'), pay('u')])).decisions).toEqual([])
    await clock('P1D')
    expect(await granted()).toEqual([])
    expect(await alarmOf(id)).toBeNull()
  })
})

const fire: FaultPoint[] = ['decided', 'code taken', 'before settling']

describe.each(['points', 'coupon'])('what is due is granted exactly once, %s', (kind) => {
  const users = names(kind, 1_200)

  test.each(fire)(
    '%s: killed again and again at both pages, with evictions, its alarm alone',
    async (point) => {
      const walletId = (await wallet()).id as string
      const couponId = kind === 'coupon' ? await stocked(1_200) : ''
      const reward = kind === 'coupon' ? { reward: { type: 'coupon', couponId } } : flat(walletId)
      const { id, add } = await scene(reward)
      const half = async (part: string[]) => send(part.map((userId) => add(userId)))
      await half(users.slice(0, 600))
      await half(users.slice(600))
      let seen = 0
      setFaultHook((reached) => {
        if (reached === point && [1, 2, 4, 5].includes(++seen)) throw new Error(`killed at ${point}`)
      })
      setClock(now() + 60_000)
      for (let tries = 0; tries < 7; tries++) {
        await runDurableObjectAlarm(campaignLedger(env, id))
        await evictDurableObject(campaignLedger(env, id))
        setClock(now() + 60_000)
      }
      expect(seen).toBeGreaterThan(4)
      await settle()
      expect(await served(id, kind === 'coupon' ? { couponId } : { walletId })).toEqual(users)
      expect(await alarmOf(id)).toBeNull()
    },
  )
})

test('1,000 timers that are due at once, each with a value as long as may be, all fire', async () => {
  const { id, add } = await scene(points, { trigger: { same: 'url' } })
  const undo = await refusingLarge(id)
  const users = names('long', 1_000)
  for (let start = 0; start < 1_000; start += 200) {
    const url = (userId: string) => ({ url: `${userId}${'x'.repeat(4_000)}` })
    await send(users.slice(start, start + 200).map((userId) => add(userId, url(userId))))
  }
  await clock('PT2M')
  undo()
  expect((await campaignNow(id)).stats.granted).toBe(1_000)
})

test('timers of one minute each are granted each at its own moment, in order, of several databases', async () => {
  const { id, add } = await scene(points)
  const users = [0, 1].flatMap((home) => [1, 2, 3, 4].map((n) => userAt(home, `own-${n}-`)))
  await send(users.map((userId, place) => add(userId, {}, ago((place * 7) % 50))))
  const due = users.map((_, place) => inS(60 - ((place * 7) % 50)))
  await clock('P1D')
  const grants = (await listedGrants(id)).reverse()
  expect(grants.map((grant) => grant.at)).toEqual([...due].sort())
  expect(Object.fromEntries(grants.map((grant) => [grant.userId, grant.at]))).toEqual(
    Object.fromEntries(users.map((userId, place) => [userId, due[place]])),
  )
})

describe('requests that die', () => {
  test('after recording that it was done, before the ledger heard: there is no grant, sent again or not', async () => {
    const { add, pay, granted } = await scene(points)
    await send([add('never'), add('again')])
    await clock('PT10S')
    await recordOnly(pay('never'), 'never')
    await recordOnly(pay('again'), 'again')
    await clock('PT10S')
    await send([{ ...pay('again'), id: 'again' }])
    await clock('PT2M')
    expect(await granted()).toEqual([])
  })

  test.each<FaultPoint>(['rows written', 'queued', 'before settling'])(
    '%s: sent again it is the same wait',
    async (point) => {
      const { id, add } = await scene(points)
      const event = { ...add(`dies ${point}`), id: 'e' }
      const due = inS(60)
      dieAt(point)
      expect((await call('POST', '/v1/events', { events: [event] })).status).toBe(500)
      await clock('PT10S')
      expect(outcomes(await send([event]))).toEqual([due])
      await clock('PT2M')
      expect(outcomes(await send([event]))).toEqual([due])
      await clock('PT2M')
      expect((await listedGrants(id)).map((grant) => grant.at)).toEqual([due])
    },
  )

  test('before what was decided is written: sent again after it fired, the answer is the grant, or one refusal', async () => {
    const { id, add } = await scene(points, { limits: { perCampaign: { total: 1 } } })
    for (const userId of ['heard', 'limited']) await recordOnly(add(userId), userId, true)
    await clock('PT2M')
    const sent = await send(['heard', 'limited'].map((userId) => ({ ...add(userId), id: userId })))
    expect(sent.decisions[0]).toMatchObject({ outcome: 'granted', grant: { userId: 'heard' } })
    await clock('PT2M')
    expect((await campaignNow(id)).stats).toMatchObject({ granted: 1, refused: { campaign_limit_total: 1 } })
  })
})

describe('the same event sent again', () => {
  test('waits until the same moment, before and after it is due, and after the other thing', async () => {
    const { add, pay, granted } = await scene(points)
    const events = [
      { ...add('a'), id: 'a' },
      { ...add('b'), id: 'b' },
    ]
    const due = inS(60)
    const before = await send(events)
    await send([pay('b')])
    for (const wait of ['PT10S', 'PT2M']) {
      await clock(wait)
      expect(await send(events)).toMatchObject({ accepted: 0, duplicates: 2, decisions: before.decisions })
    }
    expect(outcomes(before)).toEqual([due, due])
    await clock('PT5M')
    expect(await granted()).toEqual(['a'])
  })

  test('without a time of its own, it is still what it was: it ends nothing that began since', async () => {
    const { add, pay, granted } = await scene(points)
    const paid = { ...pay('u'), id: 'paid' }
    await send([add('u'), paid])
    await clock('PT10S')
    await send([add('u')])
    await clock('PT10S')
    expect(await send([paid])).toMatchObject({ duplicates: 1 })
    await clock('PT2M')
    expect(await granted()).toEqual(['u'])
  })
})

test('a trigger that comes while an earlier one is due but not served yet starts a time of its own', async () => {
  const { id, add } = await scene(points)
  await send([add('u')])
  setClock(now() + 61_000)
  const due = inS(60)
  expect(outcomes(await send([add('u')]))).toEqual([due])
  await clock('PT10M')
  expect((await campaignNow(id)).stats.granted).toBe(2)
})

test('a database that is down holds up nobody of another', async () => {
  const { add, granted } = await scene(points)
  const users = [0, 1].map((home) => userAt(home, 'down-'))
  await send(users.map((userId) => add(userId)))
  const db = usersDb(env, users[1] ?? '')
  await db.prepare('ALTER TABLE events RENAME TO events_away').run()
  await clock('PT2M')
  await db.prepare('ALTER TABLE events_away RENAME TO events').run()
  const inTime = await granted()
  await clock('PT10M')
  expect(await granted()).toEqual([...users].sort())
  expect(inTime).toEqual([users[0]])
})

test('somebody who is erased while they wait is not granted, nor if they come back', async () => {
  const { id, add, granted } = await scene(points)
  await send(['gone', 'back', 'stays'].map((userId) => add(userId)))
  for (const userId of ['gone', 'back']) await ok('DELETE', `/v1/users/${userId}`)
  await ok('PUT', '/v1/users/back', {})
  const left = () =>
    runInDurableObject(campaignLedger(env, id), (_, { storage }) =>
      storage.sql.exec('SELECT user_id FROM agenda').toArray(),
    )
  expect(await left()).toEqual([{ user_id: 'stays' }])
  await clock('PT2M')
  expect(await granted()).toEqual(['stays'])
  expect(await everywhere('SELECT * FROM grants WHERE user_id = ?1', 'gone')).toEqual([])
})
