import { beforeAll, expect, test } from 'vitest'
import { campaign, clock, ok, send, wallet } from './boon.ts'
import { campaignNow, setUpAt } from './records.ts'

// Time only moves forward, so the tests of this file follow each other on the calendar.
beforeAll(() => setUpAt('2026-01-01T00:00:00Z'))

const outcomeOf = async (event: string, userId = 'u1') =>
  (await send([{ userId, name: event }])).decisions[0]?.outcome ?? 'nothing'

const scheduled = async (event: string, schedule: object) => {
  const purse = await wallet()
  return campaign(event, purse.id, { schedule: { start: 'now', end: 'never', ...schedule } })
}

test('T1: a date as the end means the end of that day in Kolkata', async () => {
  await clock('2026-07-05T00:00:00Z')
  const { id, endsAt } = await scheduled('t1', { end: '2026-07-06', timezone: 'Asia/Kolkata' })
  expect(endsAt).toBe('2026-07-06T18:30:00.000Z')
  await clock('2026-07-06T18:29:59.999Z')
  expect(await outcomeOf('t1')).toBe('granted')
  await clock('2026-07-06T18:30:00Z')
  expect(await outcomeOf('t1')).toBe('nothing')
  expect(await campaignNow(id)).toMatchObject({ status: 'completed', stats: { granted: 1 } })
})

test('T4: start and end on the same date make one whole day there', async () => {
  await clock('2026-07-20T00:00:00Z')
  const day = { start: '2026-08-01', end: '2026-08-01', timezone: 'Asia/Kolkata' }
  const { id, status } = await scheduled('t4', day)
  expect(status).toBe('scheduled')
  await clock('2026-07-31T18:29:59.999Z')
  expect(await outcomeOf('t4')).toBe('nothing')
  await clock('2026-07-31T18:30:00Z')
  expect(await campaignNow(id)).toMatchObject({ status: 'running', startsAt: '2026-07-31T18:30:00.000Z' })
  expect(await outcomeOf('t4')).toBe('granted')
  await clock('2026-08-01T18:29:59.999Z')
  expect(await outcomeOf('t4')).toBe('granted')
  await clock('2026-08-01T18:30:00Z')
  expect(await outcomeOf('t4')).toBe('nothing')
  expect((await campaignNow(id)).status).toBe('completed')
})

test('a campaign that starts and ends while the clock leaps over both is completed, and granted nothing', async () => {
  const { id } = await scheduled('leap', { start: '2026-08-10T10:00:00Z', end: '2026-08-10T11:00:00Z' })
  await clock('2026-08-20T00:00:00Z')
  expect(await campaignNow(id)).toMatchObject({ status: 'completed', stats: { granted: 0 } })
})

test('a local start in the hour that Berlin skips is read as the hour after', async () => {
  const { startsAt } = await scheduled('gap', { start: '2027-03-28T02:30', timezone: 'Europe/Berlin' })
  expect(startsAt).toBe('2027-03-28T01:30:00.000Z')
})

test('a paused campaign ends by itself, and cannot be resumed then', async () => {
  const { id } = await scheduled('paused', { end: '2026-09-01T00:00:00Z' })
  await ok('POST', `/v1/campaigns/${id}/pause`)
  await clock('2026-09-01T00:00:00Z')
  expect((await campaignNow(id)).status).toBe('completed')
  await expect(ok('POST', `/v1/campaigns/${id}/resume`)).rejects.toThrow('wrong_status')
})

test('an end that is moved closer holds at once, and one that is moved out too', async () => {
  const { id } = await scheduled('moved', { end: '2026-09-30T00:00:00Z' })
  await ok('PATCH', `/v1/campaigns/${id}`, { schedule: { end: '2026-09-10T00:00:00Z' } })
  await clock('2026-09-09T23:59:59Z')
  expect(await outcomeOf('moved')).toBe('granted')
  await ok('PATCH', `/v1/campaigns/${id}`, { schedule: { end: 'never' } })
  await clock('2026-10-15T00:00:00Z')
  expect(await outcomeOf('moved')).toBe('granted')
})

test('an event that came before the start does not trigger when it is sent again after it', async () => {
  await scheduled('early', { start: '2026-10-20T00:00:00Z' })
  const event = { id: 'early-1', userId: 'u1', name: 'early', timestamp: '2026-10-19T23:59:00Z' }
  await clock('2026-10-19T23:59:00Z')
  expect(await send([event])).toMatchObject({ accepted: 1, decisions: [] })
  await clock('2026-10-20T00:00:00Z')
  expect(await send([event])).toMatchObject({ accepted: 0, duplicates: 1, decisions: [] })
  expect(await outcomeOf('early')).toBe('granted')
})

test('a scheduled campaign that is told to start now does so', async () => {
  const { id } = await scheduled('sooner', { start: '2027-01-01T00:00:00Z' })
  const patched = await ok('PATCH', `/v1/campaigns/${id}`, { schedule: { start: 'now' } })
  expect(patched).toMatchObject({ status: 'running', startsAt: '2026-10-20T00:00:00.000Z' })
  expect(await outcomeOf('sooner')).toBe('granted')
})

test('a scheduled campaign cannot be moved to a start in the past', async () => {
  const { id } = await scheduled('back', { start: '2027-01-01T00:00:00Z' })
  const patch = ok('PATCH', `/v1/campaigns/${id}`, { schedule: { start: '2026-10-01T00:00:00Z' } })
  await expect(patch).rejects.toThrow('not_publishable')
  expect(await campaignNow(id)).toMatchObject({ status: 'scheduled', startsAt: '2027-01-01T00:00:00.000Z' })
})

test('a scheduled campaign may be edited in everything, and runs as it was edited', async () => {
  const { id } = await scheduled('whole', { start: '2026-10-21T00:00:00Z' })
  const purse = await wallet()
  await ok('PATCH', `/v1/campaigns/${id}`, {
    trigger: { event: 'whole anew' },
    reward: { type: 'points', walletId: purse.id, scheme: { kind: 'flat', value: 3 } },
    limits: { perUser: { total: 1 } },
  })
  await clock('2026-10-21T00:00:00Z')
  expect(await outcomeOf('whole')).toBe('nothing')
  expect(await outcomeOf('whole anew')).toBe('granted')
  expect(await outcomeOf('whole anew')).toBe('refused')
  expect((await campaignNow(id)).stats.value).toBe(3)
})

test('a zone of the account counts where the schedule names none', async () => {
  await ok('PATCH', '/v1/settings', { timezone: 'Pacific/Auckland' })
  const { endsAt } = await scheduled('account', { end: '2026-12-24' })
  expect(endsAt).toBe('2026-12-24T11:00:00.000Z')
  await ok('PATCH', '/v1/settings', { timezone: 'UTC' })
})
