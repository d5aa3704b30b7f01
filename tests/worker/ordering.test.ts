import { beforeAll, describe, expect, test } from 'vitest'
import { decideStep } from '../../worker/ingest/decideStep.ts'
import { fulfilStep } from '../../worker/ingest/fulfilStep.ts'
import { recordStep, refreshStep } from '../../worker/ingest/recordStep.ts'
import { now } from '../../worker/platform/clock.ts'
import { usersDb } from '../../worker/platform/databases.ts'
import { readMeta } from '../../worker/platform/settings.ts'
import { call, campaign, clock, env, ok, send, wallet } from './boon.ts'
import { campaignNow, everywhere, lotRows, setUpAt } from './records.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))

const setting = (triggerWindow: string) => ok('PATCH', '/v1/settings', { triggerWindow })
const ago = (ms: number) => new Date(now() - ms).toISOString()
const MINUTE = 60_000

async function running(event: string, more: object = {}) {
  const purse = await wallet()
  const { id } = await campaign(event, purse.id, { ...more })
  return { id: id as string, walletId: purse.id as string }
}

test('two events of one user in two racing requests: the one recorded first is the one that is granted', async () => {
  await running('race', { limits: { perUser: { total: 1 } } })
  for (let round = 0; round < 50; round++) {
    const userId = `racer-${round}`
    const racing = ['a', 'b'].map((id) => send([{ id, userId, name: 'race' }]))
    const outcomes = (await Promise.all(racing)).map(({ decisions }) => decisions[0])
    const recorded = await everywhere<{ id: string }>(
      `SELECT id FROM events WHERE user_id = ?1 AND name = 'race' ORDER BY seq`,
      userId,
    )
    const inOrder = recorded.map(({ id }) => outcomes.find(({ eventId }) => eventId === id).outcome)
    expect(inOrder).toEqual(['granted', 'refused'])
  }
})

describe('duplicates', () => {
  test('twice in one request: accepted once, and both are answered with the one grant', async () => {
    const { walletId } = await running('double')
    const event = { id: 'd', userId: 'd', name: 'double' }
    const other = { id: 'd', userId: 'd2', name: 'double' }
    const answer = await send([event, other, event])
    expect(answer).toMatchObject({ accepted: 2, duplicates: 1, rejected: [] })
    const [first, second, third] = answer.decisions
    expect(second.grant.id).not.toBe(first.grant.id)
    expect(third.grant).toEqual({ ...first.grant, replayed: true })
    expect(await lotRows(walletId)).toHaveLength(2)
  })

  test('an event keeps its first content: what is sent under its id later is not looked at', async () => {
    await running('first', { trigger: { event: 'first', where: [{ property: 'n', op: 'gte', value: 5 }] } })
    const event = { id: 'f', userId: 'f', name: 'first', properties: { n: 1 } }
    expect((await send([event])).decisions).toEqual([])
    expect(await send([{ ...event, properties: { n: 9 } }])).toMatchObject({ duplicates: 1, decisions: [] })
  })

  test.each(['pause', 'stop'])(
    'after %s, and after an edit, the stored decisions are answered',
    async (verb) => {
      const { id } = await running(verb, { limits: { perUser: { total: 1 } } })
      const events = ['1', '2'].map((event) => ({ id: event, userId: `u-${verb}`, name: verb }))
      const { decisions } = await send(events)
      expect(decisions.map((decision: { outcome: string }) => decision.outcome)).toEqual([
        'granted',
        'refused',
      ])
      const [granted, refused] = decisions
      const replay = [{ ...granted, grant: { ...granted.grant, replayed: true } }, refused]
      await ok('PATCH', `/v1/campaigns/${id}`, { name: 'edited', limits: { perUser: { total: 5 } } })
      expect(await send(events)).toMatchObject({ accepted: 0, duplicates: 2, decisions: replay })
      await ok('POST', `/v1/campaigns/${id}/${verb}`)
      expect((await send(events)).decisions).toEqual(replay)
      if (verb === 'stop') {
        await ok('POST', `/v1/campaigns/${id}/archive`)
        expect((await send(events)).decisions).toEqual(replay)
      }
      expect((await campaignNow(id)).stats).toMatchObject({ granted: 1, refused: { user_limit_total: 1 } })
    },
  )

  test('a campaign that is published later does not judge what was sent before', async () => {
    const event = { id: 'b', userId: 'b', name: 'before it ran' }
    await send([event])
    await running('before it ran')
    expect(await send([event])).toMatchObject({ duplicates: 1, decisions: [] })
  })

  test('a refusal of today is still that refusal tomorrow, when a new event is granted', async () => {
    await running('daily', { limits: { perUser: { day: 1 } } })
    const event = (id: string) => ({ id, userId: 'daily', name: 'daily' })
    const { decisions } = await send([event('1'), event('2')])
    expect(decisions[1]).toMatchObject({ outcome: 'refused', reason: 'user_limit_day' })
    await clock('P1D')
    expect((await send([event('2')])).decisions).toEqual([decisions[1]])
    expect((await send([event('3')])).decisions[0].outcome).toBe('granted')
  })

  test('events without an id are different events, each with an id of its own', async () => {
    const { walletId } = await running('nameless')
    const event = { userId: 'n', name: 'nameless' }
    const answer = await send([event, event])
    expect(answer).toMatchObject({ accepted: 2, duplicates: 0 })
    const [one, other] = answer.decisions
    expect(one.eventId).toMatch(/^evt_/)
    expect(one.eventId).not.toBe(other.eventId)
    expect(one.grant.eventId).toBe(one.eventId)
    expect(await lotRows(walletId)).toHaveLength(2)
  })
})

describe('late and future events', () => {
  test('an event of two hours ago triggers, one a moment older does not, now or later', async () => {
    const { id } = await running('late')
    const late = (ms: number) => ({ id: `${ms}`, userId: 'late', name: 'late', timestamp: ago(ms) })
    const events = [late(120 * MINUTE), late(120 * MINUTE + 1)]
    const { decisions } = await send(events)
    expect(decisions[0].outcome).toBe('granted')
    expect(decisions[1]).toMatchObject({ outcome: 'refused', reason: 'event_too_old' })
    await setting('P1D')
    expect((await send(events)).decisions[1]).toEqual(decisions[1])
    expect((await send([late(120 * MINUTE + 2)])).decisions[0].outcome).toBe('granted')
    await setting('PT10M')
    expect((await send([late(10 * MINUTE + 1)])).decisions[0].reason).toBe('event_too_old')
    await setting('PT2H')
    expect((await campaignNow(id)).stats).toMatchObject({ granted: 2, refused: { event_too_old: 2 } })
  })

  test('five minutes ahead is taken, a moment more is rejected at its index, and the others go on', async () => {
    await running('ahead')
    const ahead = (ms: number) => ({ userId: 'ahead', name: 'ahead', timestamp: ago(-ms) })
    const answer = await send([ahead(5 * MINUTE + 1), ahead(5 * MINUTE), { userId: '', name: 'ahead' }])
    expect(answer).toMatchObject({
      accepted: 1,
      rejected: [
        { index: 0, code: 'timestamp_in_future' },
        { index: 2, code: 'invalid' },
      ],
      decisions: [{ outcome: 'granted' }],
    })
  })

  test('the limits of a day count by when it is decided, not by when it happened', async () => {
    await clock('2026-05-10T00:30:00Z')
    await running('midnight', { limits: { perUser: { day: 1 } } })
    const yesterday = { userId: 'm', name: 'midnight', timestamp: '2026-05-09T23:30:00Z' }
    const { decisions } = await send([yesterday, { userId: 'm', name: 'midnight' }])
    expect(decisions).toMatchObject([{ outcome: 'granted' }, { reason: 'user_limit_day' }])
  })
})

test('1,000 events of 200 users in one request are decided in order; 1,001 are refused as a whole', async () => {
  const { id, walletId } = await running('thousand', {
    limits: { perUser: { total: 2 }, perCampaign: { total: 350 } },
  })
  const events = Array.from({ length: 1_000 }, (_, n) => ({
    id: `${n}`,
    userId: `k${n % 200}`,
    name: 'thousand',
  }))
  const tooMany = await call('POST', '/v1/events', { events: [...events, { userId: 'k', name: 'thousand' }] })
  expect(tooMany).toMatchObject({ status: 422, json: { code: 'invalid' } })
  const answer = await send(events)
  const reasonAt = (n: number) =>
    n < 350 ? 'granted' : n >= 400 && n % 200 < 150 ? 'user_limit_total' : 'campaign_limit_total'
  const words = answer.decisions.map((one: { outcome: string; reason?: string }) => one.reason ?? one.outcome)
  expect(words).toEqual(events.map((_, n) => reasonAt(n)))
  expect(answer.decisions.map((one: { eventId: string }) => one.eventId)).toEqual(events.map(({ id }) => id))
  expect(answer).toMatchObject({ accepted: 1_000, duplicates: 0 })
  expect(await lotRows(walletId)).toHaveLength(350)
  expect((await campaignNow(id)).stats).toMatchObject({ granted: 350, users: 200 })
})

test('an event that comes again while it is judged is answered from what was decided, and counted once', async () => {
  const purse = await wallet()
  const once = await campaign('Again', purse.id, { limits: { perUser: { total: 1 } } })
  await send([{ id: 'first', userId: 'again', name: 'Again' }])
  const db = usersDb(env, 'again')
  const meta = await readMeta(env)
  const event = { id: 'twice', userId: 'again', name: 'Again', atMs: now(), properties: {} }
  const record = () => recordStep(env, db, meta, [event], new Set(), now())
  const first = await record()
  const second = await record()
  expect(second).toMatchObject([{ duplicate: true, stored: null, asking: [{ campaignId: once.id }] }])
  const settled: Promise<unknown>[] = []
  await fulfilStep(env, db, meta, await decideStep(env, first), (work) => settled.push(work))
  await Promise.all(settled)
  const refreshed = await refreshStep(db, second)
  expect(refreshed).toMatchObject([{ stored: [[once.id, 'refused', 'user_limit_total']], asking: [] }])
  await decideStep(env, refreshed)
  expect((await ok('GET', `/v1/campaigns/${once.id}`)).stats.refused).toEqual({ user_limit_total: 1 })
})
