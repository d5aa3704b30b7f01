import { beforeAll, describe, expect, test } from 'vitest'
import { call, clock, ok, send, wallet } from './boon.ts'
import { campaignNow, listedGrants } from './records.ts'
import {
  addUsers,
  flat,
  group,
  names,
  publish,
  refusingLarge,
  runDraft,
  setUpQuiet,
  startRun,
} from './runParts.ts'

beforeAll(async () => {
  await setUpQuiet('2026-12-01T00:00:00Z')
  await ok('PATCH', '/v1/settings', { timezone: 'Europe/Berlin' })
})
let walletId = ''
beforeAll(async () => {
  walletId = (await wallet()).id
})

const run = (name: string, schedule: object) => startRun({ ...flat(walletId), ...group(name), schedule })
const patch = (id: string, body: object) => call('PATCH', `/v1/campaigns/${id}`, body)

/** When each user was granted, to the minute; by the last part of the user's id. */
async function times(id: string): Promise<Record<string, string>> {
  const grants = await listedGrants(id)
  // Newest first, and each at a moment of its own due time.
  expect(grants.map(({ at }) => at)).toEqual(
    grants
      .map(({ at }) => at)
      .sort()
      .reverse(),
  )
  return Object.fromEntries(
    grants.map(({ userId, at }) => [userId.replace(/^[^ ]* /, ''), at.replace(/:00\.000Z$/, 'Z')]),
  )
}

describe('a start at a time', () => {
  beforeAll(async () => {
    await addUsers(['start one', 'start two'], { group: 'start' })
  })

  test('a local one is read in the zone of the schedule, and the audience is that of then', async () => {
    const audience = { rule: { did: { event: 'Charged' } } }
    const schedule = { start: '2026-12-24T18:00', timezone: 'Asia/Kolkata' }
    const { id, status, startsAt, stats } = await startRun({ ...flat(walletId), audience, schedule })
    expect({ status, startsAt }).toEqual({ status: 'scheduled', startsAt: '2026-12-24T12:30:00.000Z' })
    expect(stats).not.toHaveProperty('run')
    await send([{ userId: 'start one', name: 'Charged' }])
    await clock('2026-12-24T12:29:59.999Z')
    expect(await campaignNow(id)).toMatchObject({ status: 'scheduled', stats: { granted: 0 } })
    await clock('2026-12-24T12:30:00Z')
    expect(await campaignNow(id)).toMatchObject({ status: 'completed', stats: { granted: 1 } })
    expect(await times(id)).toEqual({ one: '2026-12-24T12:30Z' })
  })

  test('without a zone of its own in that of the account; a date is its beginning', async () => {
    const { startsAt, id } = await run('start', { start: '2026-12-27' })
    expect(startsAt).toBe('2026-12-26T23:00:00.000Z')
    await clock('2026-12-28T00:00:00Z')
    expect(await times(id)).toEqual({ one: '2026-12-26T23:00Z', two: '2026-12-26T23:00Z' })
  })

  test.each([
    { start: '2026-12-27T18:00' },
    { start: '2026-12-27T18:00:00Z', deliver: 'account' },
    // Even on the date line's far side it is over.
    { start: '2026-12-26T12:00', deliver: 'userTime' },
    { start: '2026-12-26T12:00', deliver: 'userTime', ifPast: 'nextDay' },
    { start: '2026-12-26', deliver: 'bestTime' },
  ])('in the past is not publishable: %j', async (schedule) => {
    const { id } = await runDraft({ ...flat(walletId), ...group('start'), schedule })
    const { status, json } = await call('POST', `/v1/campaigns/${id}/publish`)
    expect({ status, code: json.code }).toEqual({ status: 409, code: 'not_publishable' })
    expect(json.issues.map(({ path }: { path: string }) => path)).toEqual(['schedule.start'])
  })
})

describe('edits', () => {
  beforeAll(async () => {
    await addUsers(['edit one', 'edit two'], { group: 'edit', zoneOf: () => 'Asia/Kolkata' })
    await clock('2027-08-01T00:00:00Z')
  })

  test('while it waits for its start everything may change, also how it delivers', async () => {
    const { id } = await run('edit', { start: '2027-08-10T18:00' })
    const own = { start: '2027-08-05T18:00', deliver: 'userTime', ifPast: 'nextDay' }
    expect(await patch(id, { schedule: own })).toMatchObject({
      status: 200,
      json: { status: 'scheduled', startsAt: '2027-08-05T04:00:00.000Z' },
    })
    expect((await patch(id, { audience: group('nobody').audience })).status).toBe(200)
    expect((await patch(id, { audience: group('edit').audience })).status).toBe(200)
    expect((await patch(id, { schedule: { start: '2027-07-01T18:00' } })).json.code).toBe('not_publishable')
    expect((await patch(id, { schedule: { deliver: 'account' } })).status).toBe(422)
    await clock('2027-08-06T00:00:00Z')
    expect(await times(id)).toEqual({ one: '2027-08-05T12:30Z', two: '2027-08-05T12:30Z' })
  })

  test('while it runs only its name and higher limits', async () => {
    const limits = { perCampaign: { total: 1 } }
    const schedule = { start: '2027-08-20T18:00', deliver: 'userTime' }
    const { id } = await startRun({ ...flat(walletId), ...group('edit'), schedule, limits })
    await clock('2027-08-20T05:00:00Z')
    expect((await campaignNow(id)).status).toBe('running')
    for (const [body, path] of [
      [{ audience: group('other').audience }, 'audience'],
      [{ schedule: { start: '2027-08-21T18:00' } }, 'schedule.start'],
      [{ schedule: { ifPast: 'nextDay' } }, 'schedule.ifPast'],
      [{ schedule: { deliver: null } }, 'schedule.deliver'],
      [{ limits: { budget: { campaign: 5 } } }, 'limits.budget'],
    ] as const) {
      const { status, json } = await patch(id, body)
      expect([status, json.code]).toEqual([409, 'not_editable'])
      expect(json.issues[0].path).toMatch(new RegExp(`^${path}`))
    }
    expect((await patch(id, { name: 'Renamed', limits: { perCampaign: { total: 2 } } })).status).toBe(200)
    await clock('2027-08-21T00:00:00Z')
    expect(await campaignNow(id)).toMatchObject({
      name: 'Renamed',
      status: 'completed',
      stats: { granted: 2 },
    })
    expect((await patch(id, { name: 'Again' })).json.code).toBe('not_editable')
  })

  test('one that waits may be stopped, and is then never begun; a pause is refused', async () => {
    const { id } = await run('edit', { start: '2027-09-01T18:00' })
    expect((await call('POST', `/v1/campaigns/${id}/pause`)).json.code).toBe('wrong_status')
    await ok('POST', `/v1/campaigns/${id}/stop`)
    await clock('2027-09-02T00:00:00Z')
    expect(await campaignNow(id)).toMatchObject({ status: 'stopped', stats: { granted: 0 } })
    await expect(publish(id)).rejects.toThrow('wrong_status')
  })
})

test('a page of users with the longest ids there are, each with three stretches of time, has its best times', async () => {
  await clock('2028-04-01T00:00:00Z')
  const users = names('例'.repeat(122), 4_400)
  await addUsers(users, { group: 'long', zoneOf: () => 'America/New_York' })
  const { id } = await run('long', { start: '2028-04-02', deliver: 'bestTime' })
  const undo = await refusingLarge(id)
  await clock('2028-04-01T10:01:00Z')
  undo()
  expect((await campaignNow(id)).stats.run).toMatchObject({ total: 4_400 })
})
