import { beforeAll, describe, expect, test } from 'vitest'
import { call, campaign, clock, coupon, jobDone, ok, send, wallet } from './boon.ts'
import { campaignNow, everywhere, listedGrants, setUpAt } from './records.ts'

// Time only moves forward, so the tests of this file follow each other on the calendar.
beforeAll(() => setUpAt('2026-03-01T00:00:00Z'))

async function running(event: string, more: object = {}): Promise<string> {
  return (await campaign(event, (await wallet()).id, { ...more })).id
}

const once = (event: string, userId: string) => send([{ userId, name: event }])

describe('stats over time', () => {
  test('hours and days of the zone, quiet ones left out, over the day of 23 hours', async () => {
    const timezone = 'Europe/Berlin'
    const limits = { perUser: { total: 1 } }
    const id = await running('buckets', { limits, schedule: { start: 'now', end: 'never', timezone } })
    await clock('2026-03-28T22:59:59Z')
    await once('buckets', 'a')
    await clock('2026-03-28T23:00:00Z')
    await once('buckets', 'b')
    await once('buckets', 'b')
    await clock('2026-03-29T01:15:00Z')
    await once('buckets', 'c')
    await clock('2026-03-29T21:59:59Z')
    await once('buckets', 'd')
    await clock('2026-03-29T22:00:00Z')
    await once('buckets', 'e')
    const buckets = async (query: string) => (await ok('GET', `/v1/campaigns/${id}/stats?${query}`)).buckets
    const row = (at: string, granted: number, refused = 0) => ({ at, granted, value: granted * 10, refused })
    expect(await buckets('bucket=day')).toEqual([
      row('2026-03-27T23:00:00.000Z', 1),
      row('2026-03-28T23:00:00.000Z', 3, 1),
      row('2026-03-29T22:00:00.000Z', 1),
    ])
    expect(await buckets('bucket=hour')).toEqual([
      row('2026-03-28T22:00:00.000Z', 1),
      row('2026-03-28T23:00:00.000Z', 1, 1),
      row('2026-03-29T01:00:00.000Z', 1),
      row('2026-03-29T21:00:00.000Z', 1),
      row('2026-03-29T22:00:00.000Z', 1),
    ])
    expect(await buckets('bucket=day&from=2026-03-29&to=2026-03-29')).toEqual([
      row('2026-03-28T23:00:00.000Z', 3, 1),
    ])
    expect(await buckets('bucket=hour&from=2026-03-29T01:00:00Z&to=2026-03-29T02:00:00Z')).toEqual([
      row('2026-03-29T01:00:00.000Z', 1),
    ])
    expect((await call('GET', `/v1/campaigns/${id}/stats?from=yesterday`)).status).toBe(422)
    expect((await call('GET', `/v1/campaigns/${id}/stats?bucket=week`)).status).toBe(422)
  })

  test('hours of a zone that is half an hour off begin on its own hours', async () => {
    const schedule = { start: 'now', end: 'never', timezone: 'Asia/Kolkata' }
    const id = await running('half', { schedule })
    await clock('2026-04-01T10:29:00Z')
    await once('half', 'a')
    await clock('2026-04-01T10:30:00Z')
    await once('half', 'b')
    const { buckets } = await ok('GET', `/v1/campaigns/${id}/stats?bucket=hour`)
    expect(buckets.map((bucket: { at: string }) => bucket.at)).toEqual([
      '2026-04-01T09:30:00.000Z',
      '2026-04-01T10:30:00.000Z',
    ])
  })
})

test('the stats are the sums of their buckets, and of what the databases hold', async () => {
  const id = await running('sums', { limits: { perUser: { total: 2 }, perCampaign: { total: 5 } } })
  await send(Array.from({ length: 12 }, (_, n) => ({ userId: `sum-${n % 4}`, name: 'sums' })))
  const { stats } = await campaignNow(id)
  expect(stats).toEqual({
    granted: 5,
    value: 50,
    users: 4,
    failed: 0,
    refused: { campaign_limit_total: 6, user_limit_total: 1 },
    remaining: { budget: null, count: 0, stock: null },
  })
  const { buckets } = await ok('GET', `/v1/campaigns/${id}/stats`)
  expect(buckets).toMatchObject([{ granted: 5, value: 50, refused: 7 }])
})

test('grants are listed newest first, in pages that do not overlap while more come', async () => {
  const id = await running('paging')
  const ids = async (query: string) => {
    const page = await ok('GET', `/v1/campaigns/${id}/grants?${query}`)
    return { ids: page.data.map((grant: { eventId: string }) => grant.eventId), next: page.nextCursor }
  }
  await send(Array.from({ length: 7 }, (_, n) => ({ id: `${n}`, userId: `page-${n}`, name: 'paging' })))
  const first = await ids('limit=3')
  expect(first.ids).toEqual(['6', '5', '4'])
  await send([{ id: '7', userId: 'page-7', name: 'paging' }])
  const second = await ids(`limit=3&cursor=${first.next}`)
  expect(second.ids).toEqual(['3', '2', '1'])
  expect(await ids(`limit=3&cursor=${second.next}`)).toEqual({ ids: ['0'], next: null })
  expect(await listedGrants(id)).toHaveLength(8)
  expect((await call('GET', `/v1/campaigns/${id}/grants?cursor=nonsense`)).status).toBe(422)
  expect((await call('GET', `/v1/campaigns/${id}/grants?limit=101`)).status).toBe(422)
  expect((await call('GET', '/v1/campaigns/cmp_none/grants')).status).toBe(404)
})

describe('a try-out', () => {
  const tryOut = (id: string, body: object) => ok('POST', `/v1/campaigns/${id}/test`, body)
  const failed = (answer: { trace: { check: string; passed: boolean }[] }) =>
    answer.trace.filter(({ passed }) => !passed).map(({ check }) => check)

  test('tells every check in order, gives the first reason, and has no effect', async () => {
    const where = [{ property: 'Amount', op: 'gte', value: 5 }]
    const more = {
      trigger: { event: 'try', where },
      limits: { perUser: { total: 1 }, perCampaign: { total: 1 } },
    }
    const id = await running('try', more)
    const event = { name: 'try', properties: { Amount: 5 } }
    const granted = await tryOut(id, { userId: 'tester', event })
    expect(granted).toMatchObject({ outcome: 'granted', reward: { type: 'points', value: 10 } })
    expect(granted.trace.map(({ check }: { check: string }) => check)).toEqual([
      'trigger',
      'status',
      'window',
      'user_limit_total',
      'user_limit_day',
      'user_limit_week',
      'user_limit_month',
      'amount',
      'user_budget',
      'campaign_limit_total',
      'campaign_limit_day',
      'campaign_limit_week',
      'campaign_limit_month',
      'campaign_budget',
      'stock',
    ])
    const off = await tryOut(id, { userId: 'tester', event: { name: 'try', properties: { Amount: 4 } } })
    expect(off).toMatchObject({ outcome: 'not_triggered', trace: [{ check: 'trigger', passed: false }] })
    const before = await campaignNow(id)
    expect(before.stats).toMatchObject({ granted: 0, refused: {} })
    expect(await everywhere('SELECT * FROM users WHERE id = ?1', 'tester')).toEqual([])
    await send([{ userId: 'tester', ...event }])
    const spent = await tryOut(id, { userId: 'tester', event })
    expect(spent).toMatchObject({ outcome: 'refused', reason: 'user_limit_total' })
    expect(failed(spent)).toEqual(['user_limit_total', 'campaign_limit_total'])
    const other = await tryOut(id, { userId: 'other', event })
    expect(other).toMatchObject({ outcome: 'refused', reason: 'campaign_limit_total' })
    expect((await campaignNow(id)).stats).toMatchObject({ granted: 1, refused: {} })
  })

  test('of another moment: outside the window, or on another day of the limits', async () => {
    await clock('2026-04-10T12:00:00Z')
    const schedule = { start: 'now', end: '2026-04-20T00:00:00Z' }
    const id = await running('moment', { schedule, limits: { perUser: { day: 1 } } })
    await once('moment', 'm')
    const at = (now: string) => tryOut(id, { userId: 'm', event: { name: 'moment' }, now })
    expect((await at('2026-04-10T13:00:00Z')).reason).toBe('user_limit_day')
    expect((await at('2026-04-11T00:00:00Z')).outcome).toBe('granted')
    expect((await at('2026-04-20T00:00:00Z')).reason).toBe('outside_window')
    expect((await at('2026-04-10T11:59:59Z')).reason).toBe('outside_window')
  })

  test('of a draft: it does not run, and everything else is told', async () => {
    const { id: source } = await campaignNow(await running('draft', { limits: { perUser: { total: 1 } } }))
    const { id } = await ok('POST', `/v1/campaigns/${source}/clone`)
    const answer = await tryOut(id, { userId: 'd', event: { name: 'draft' } })
    expect(answer).toMatchObject({ outcome: 'refused', reason: 'campaign_not_running' })
    expect(failed(answer)).toEqual(['status'])
    expect((await campaignNow(id)).status).toBe('draft')
    expect((await ok('POST', `/v1/campaigns/${id}/publish`)).campaign.status).toBe('running')
  })

  test('of a coupon that is used up: the reason is that of the ledger, in the order of checks', async () => {
    const { id: couponId } = await coupon()
    await jobDone((await ok('POST', `/v1/coupons/${couponId}/codes/generate`, { count: 1, length: 8 })).id)
    const more = { reward: { type: 'coupon', couponId }, limits: { perUser: { total: 1 } } }
    const id = await running('scarce', more)
    const event = { name: 'scarce' }
    expect(await tryOut(id, { userId: 's', event })).toMatchObject({
      outcome: 'granted',
      reward: { couponId },
    })
    await once('scarce', 's')
    expect((await tryOut(id, { userId: 's', event })).reason).toBe('user_limit_total')
    expect((await tryOut(id, { userId: 't', event })).reason).toBe('out_of_stock')
    await ok('POST', `/v1/coupons/${couponId}/pause`)
    expect((await tryOut(id, { userId: 't', event })).reason).toBe('reward_inactive')
  })
})
