import { beforeAll, describe, expect, test } from 'vitest'
import { call, campaign, clock, coupon, inFlight, jobDone, ok, send, wallet } from './boon.ts'
import { campaignNow, setUpAt } from './records.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))

const patch = (id: string, body: object) => call('PATCH', `/v1/campaigns/${id}`, body)

async function running(event: string, more: object = {}): Promise<string> {
  return (await campaign(event, (await wallet()).id, { ...more })).id
}

const wordOf = async (event: string, userId = 'u') => {
  const { decisions } = await send([{ userId, name: event }])
  return decisions[0]?.reason ?? decisions[0]?.outcome
}

const limits = {
  perUser: { total: 5, day: 2 },
  perCampaign: { month: 10 },
  budget: { campaign: 100, policy: 'truncate' },
}

describe.each(['running', 'paused'])('while it is %s', (status) => {
  const make = async (event: string) => {
    const id = await running(`${event} ${status}`, { limits })
    if (status === 'paused') await ok('POST', `/v1/campaigns/${id}/pause`)
    return id
  }

  test.each<[string, object, string[]]>([
    ['a lower limit', { limits: { perUser: { total: 4 } } }, ['limits.perUser.total']],
    ['a limit where none was', { limits: { perUser: { week: 9 } } }, ['limits.perUser.week']],
    ['a lower budget', { limits: { budget: { campaign: 99 } } }, ['limits.budget.campaign']],
    ['another policy', { limits: { budget: { policy: 'reject' } } }, ['limits.budget.policy']],
    ['another start', { schedule: { start: '2026-06-01' } }, ['schedule.start']],
    ['another zone', { schedule: { timezone: 'Asia/Kolkata' } }, ['schedule.timezone']],
    ['a condition', { trigger: { event: 'x', where: [] } }, ['trigger.event', 'trigger.where']],
    [
      'several at once, among what is allowed',
      { name: 'allowed', limits: { perUser: { total: 9, day: 1 } }, trigger: { event: 'other' } },
      ['limits.perUser.day', 'trigger.event'],
    ],
  ])('%s is not_editable, names the fields and changes nothing', async (_, body, paths) => {
    const id = await make('refused')
    const before = await campaignNow(id)
    const answer = await patch(id, body)
    expect(answer).toMatchObject({ status: 409, json: { code: 'not_editable' } })
    const named = answer.json.issues.map((issue: { path: string }) => issue.path)
    expect(named.sort()).toEqual(paths)
    expect(await campaignNow(id)).toEqual(before)
  })

  test.each<[string, object]>([
    ['the name', { name: 'New' }],
    ['the end', { schedule: { end: '2026-12-31' } }],
    ['a higher limit', { limits: { perUser: { total: 6 } } }],
    ['a limit taken away', { limits: { perUser: { day: null } } }],
    ['a higher budget', { limits: { budget: { campaign: 101 } } }],
    ['all limits taken away', { limits: null }],
    ['what changes nothing', { limits }],
  ])('%s may change', async (_, body) => {
    const id = await make('allowed')
    expect((await patch(id, body)).status).toBe(200)
    expect((await campaignNow(id)).status).toBe(status)
  })
})

test('raised limits work at once, and count what was before', async () => {
  const id = await running('raise', { limits: { perUser: { total: 1 }, budget: { campaign: 15 } } })
  expect([await wordOf('raise'), await wordOf('raise')]).toEqual(['granted', 'user_limit_total'])
  await ok('PATCH', `/v1/campaigns/${id}`, { limits: { perUser: { total: 2 } } })
  expect([await wordOf('raise'), await wordOf('raise')]).toEqual(['granted', 'user_limit_total'])
  expect(await wordOf('raise', 'v')).toBe('campaign_budget')
  await ok('PATCH', `/v1/campaigns/${id}`, { limits: { budget: { campaign: 25 } } })
  expect(await wordOf('raise', 'v')).toBe('granted')
  expect((await campaignNow(id)).stats).toMatchObject({ value: 25, remaining: { budget: 0 } })
})

test('limits that are raised during a rush are exact too', async () => {
  const id = await running('rush', { limits: { perCampaign: { total: 50 } } })
  const rush = inFlight(
    16,
    Array.from({ length: 200 }, (_, n) => () => wordOf('rush', `rush-${n}`)),
  )
  await ok('PATCH', `/v1/campaigns/${id}`, { limits: { perCampaign: { total: 80 } } })
  const words = await rush
  expect(words.filter((word) => word === 'granted')).toHaveLength(80)
  expect((await campaignNow(id)).stats).toMatchObject({ granted: 80, remaining: { count: 0 } })
})

test('ten people edit at once: each edit is whole, and those that came too late are told', async () => {
  const id = await running('ten', { limits: { perCampaign: { total: 1 } } })
  const edits = Array.from({ length: 10 }, (_, n) => patch(id, { limits: { perCampaign: { total: n + 2 } } }))
  const answers = await Promise.all(edits)
  for (const { status } of answers) expect([200, 409]).toContain(status)
  const total: number = (await campaignNow(id)).limits.perCampaign.total
  const words = await Promise.all(Array.from({ length: 20 }, (_, n) => wordOf('ten', `ten-${n}`)))
  // The ledger knows the same limit as the catalogue.
  expect(words.filter((word) => word === 'granted')).toHaveLength(total)
})

test.each(['completed', 'stopped'])('nothing of a campaign that is %s may change', async (status) => {
  const end = status === 'completed' ? '2026-06-01T00:00:00Z' : 'never'
  const id = await running(status, { schedule: { start: 'now', end } })
  if (status === 'completed') await clock(end)
  else await ok('POST', `/v1/campaigns/${id}/stop`)
  expect((await campaignNow(id)).status).toBe(status)
  expect(await patch(id, { name: 'New' })).toMatchObject({ status: 409, json: { code: 'not_editable' } })
})

test('an end in the past is refused: that is what stop is for', async () => {
  const id = await running('past end')
  const answer = await patch(id, { schedule: { end: '2026-04-01' } })
  expect(answer).toMatchObject({ status: 409, json: { code: 'not_publishable' } })
  expect((await campaignNow(id)).endsAt).toBeNull()
})

test('a campaign whose coupon is used up or paused can still be renamed, ended and raised', async () => {
  const { id: couponId } = await coupon()
  await jobDone((await ok('POST', `/v1/coupons/${couponId}/codes/generate`, { count: 1, length: 8 })).id)
  const more = { reward: { type: 'coupon', couponId }, limits: { perUser: { total: 1 } } }
  const id = await running('used up', more)
  expect(await wordOf('used up')).toBe('granted')
  expect(await wordOf('used up', 'v')).toBe('out_of_stock')
  const end = { schedule: { end: '2027-01-01' } }
  expect(await patch(id, { name: 'Still here', ...end, limits: { perUser: { total: 2 } } })).toMatchObject({
    status: 200,
    json: { name: 'Still here', endsAt: '2027-01-02T00:00:00.000Z' },
  })
  await ok('POST', `/v1/coupons/${couponId}/pause`)
  expect((await patch(id, { name: 'And here' })).status).toBe(200)
  expect(await wordOf('used up')).toBe('reward_inactive')
})

test('another zone of the account does not move the days of what runs, not even by an edit', async () => {
  const id = await running('zones', { limits: { perUser: { day: 1 } } })
  await clock('2026-06-10T23:00:00Z')
  expect(await wordOf('zones')).toBe('granted')
  await ok('PATCH', '/v1/settings', { timezone: 'Asia/Kolkata' })
  await ok('PATCH', `/v1/campaigns/${id}`, { name: 'Edited in Kolkata' })
  expect(await wordOf('zones')).toBe('user_limit_day')
  const { buckets } = await ok('GET', `/v1/campaigns/${id}/stats?bucket=day`)
  expect(buckets).toMatchObject([{ at: '2026-06-10T00:00:00.000Z', granted: 1, refused: 1 }])
  await ok('PATCH', '/v1/settings', { timezone: 'UTC' })
})

test('a draft may change in everything, and is checked as a whole', async () => {
  const purse = await wallet()
  const draft = await ok('POST', '/v1/campaigns', {
    name: 'Draft',
    qualification: 'live',
    trigger: { event: 'a' },
    reward: { type: 'points', walletId: purse.id, scheme: { kind: 'flat', value: 1 } },
    limits,
    schedule: { start: 'now', end: 'never' },
  })
  expect(await patch(draft.id, { limits: { perUser: { total: 1 } }, trigger: { event: 'b' } })).toMatchObject(
    {
      status: 200,
      json: { trigger: { event: 'b' }, limits: { perUser: { total: 1, day: 2 } } },
    },
  )
  for (const wrong of [
    { limits: { perUser: { total: 0 } } },
    { limits: { budget: { user: 5 } } },
    { trigger: { event: 'b', same: 'Product ID' } },
    { schedule: { end: 'whenever' } },
    { nmae: 'typo' },
  ]) {
    expect(await patch(draft.id, wrong)).toMatchObject({ status: 422, json: { code: 'invalid' } })
  }
  expect((await campaignNow(draft.id)).limits.perUser).toEqual({ total: 1, day: 2 })
})
