import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { now, setClock } from '../../worker/platform/clock.ts'
import { usersDb } from '../../worker/platform/databases.ts'
import { setFaultHook } from '../../worker/platform/faults.ts'
import { campaign, env, ok, send, wallet } from './boon.ts'
import { campaignNow, listedGrants, setUpAt, userAt } from './records.ts'
import {
  addUsers,
  finished,
  flat,
  group,
  list,
  names,
  progressOf,
  publish,
  runDraft,
  served,
  stallAt,
  startRun,
  stocked,
  upload,
} from './runParts.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))
afterEach(() => setFaultHook(undefined))

const purse = async () => (await wallet()).id as string

describe('everybody of the audience is granted once, in both databases', () => {
  const users = names('member', 40)
  const rule = { user: { property: 'group', op: 'eq', value: 'members' } }
  beforeAll(async () => {
    await addUsers(users, { group: 'members' })
    await addUsers(names('stranger', 40), { group: 'strangers' })
  })

  test.each<[string, () => Promise<object>]>([
    ['a rule', async () => ({ audience: { rule } })],
    [
      'a segment',
      async () => ({ audience: { segmentId: (await ok('POST', '/v1/segments', { name: 'S', rule })).id } }),
    ],
    ['a list', async () => ({ qualification: 'list', audience: { listId: await list(users) } })],
    [
      'a rule on a list and a segment',
      async () => ({
        audience: {
          rule: {
            all: [
              { list: await list(users) },
              { segment: (await ok('POST', '/v1/segments', { name: 'S', rule })).id },
            ],
          },
        },
      }),
    ],
  ])('by %s', async (_, audienceOf) => {
    const walletId = await purse()
    const { id, warnings } = await startRun({ ...flat(walletId), ...(await audienceOf()) })
    expect(warnings).toEqual([])
    expect(await finished(id)).toMatchObject({
      status: 'completed',
      stats: { value: 400, run: { total: 40, processed: 40, granted: 40, refused: 0 } },
    })
    expect(await served(id, { walletId })).toEqual(users)
  })

  test('what they did counts, and an audience of nobody is warned of and over at once', async () => {
    const walletId = await purse()
    await send(users.map((userId, n) => ({ userId, name: n % 2 === 0 ? 'Charged' : 'Seen' })))
    const charged = await startRun(flat(walletId))
    expect((await finished(charged.id)).stats).toMatchObject({ granted: 20, run: { total: 20 } })
    const nobody = await startRun({ ...flat(walletId), ...group('nobody') })
    expect(nobody.warnings).toMatchObject([{ code: 'audience_empty' }])
    expect(await finished(nobody.id)).toMatchObject({ status: 'completed', stats: { granted: 0 } })
    expect(await progressOf(nobody.id)).toMatchObject({ total: 0, processed: 0 })
  })
})

describe('the audience is that of the start', () => {
  const users = names('snap', 5_000)
  // The ids are taken in their order, 2,000 of a database at a time.
  const late = [0, 1].map((home) => users.findLast((id) => userAt(home, id) === `${id}0`) ?? '')
  const [first = '', second = ''] = [0, 1].map((home) => userAt(home, 'zzz-new-'))
  beforeAll(async () => {
    await addUsers(users, { group: 'snap' })
  })

  /** Starts a run, and does something when its first page has been taken, or (1) while it is being taken. */
  async function during(more: object, work: () => Promise<unknown>, nth = 2) {
    const walletId = await purse()
    const stalled = stallAt('page read', nth)
    const { id } = await startRun({ ...flat(walletId, 1), ...more })
    await stalled
    expect((await campaignNow(id)).stats.granted).toBe(0)
    // Time stands still in these tests, and what comes later does so by a millisecond at least.
    setClock(now() + 1)
    await work()
    setFaultHook(undefined)
    await finished(id)
    return served(id, { walletId })
  }

  test('an event that comes later neither brings anybody in nor keeps anybody out', async () => {
    const done = await during({ audience: { rule: { did: { event: 'After' } } } }, () =>
      send(late.map((userId) => ({ userId, name: 'After' }))),
    )
    expect(done).toEqual([])
    const all = await during(
      { audience: { rule: { all: [group('snap').audience.rule, { didNot: { event: 'Since' } }] } } },
      () =>
        send(
          late.flatMap((userId) => [
            { userId, name: 'Since' },
            { userId, name: 'Since', timestamp: '2026-04-01T00:00:00Z' },
          ]),
        ),
    )
    expect(all).toEqual(users)
  })

  test('a grant that is made later, of another campaign, neither brings in nor keeps out', async () => {
    const walletId = await purse()
    await campaign('Other', walletId)
    const credited = {
      event: 'CT Points Credited',
      where: [{ property: 'walletId', op: 'eq', value: walletId }],
    }
    const grant = () => send(late.map((userId) => ({ userId, name: 'Other' })))
    const all = [group('snap').audience.rule, { didNot: credited }]
    expect(await during({ audience: { rule: { all } } }, grant)).toEqual(users)
    const twice = { did: { ...credited, times: { op: 'gte', value: 2 } } }
    expect(await during({ audience: { rule: twice } }, grant)).toEqual([])
  })

  test('a user who comes later is not served, whatever they have not done', async () => {
    const all = await during({ audience: { rule: { didNot: { event: 'After' } } } }, () =>
      send([first, second].map((userId) => ({ userId, name: 'Hello' }))),
    )
    expect(all).not.toContain(first)
    expect(all).not.toContain(second)
  })

  test('it is that of the start even if the run dies before its first page is kept', async () => {
    const only = { audience: { rule: { did: { event: 'First' } } } }
    expect(await during(only, () => send([{ userId: users[0], name: 'First' }]), 1)).toEqual([])
  })

  test('a list that is filled anew meanwhile is served as it was', async () => {
    const listId = await list(users)
    const done = await during({ qualification: 'list', audience: { listId } }, () =>
      upload(listId, [users[0] ?? '']),
    )
    expect(done).toEqual(users)
  })
})

test('progress is exact at every step of a run of several pages', async () => {
  const walletId = await purse()
  const users = await addUsers(names('progress', 2_500), { group: 'progress' })
  const stalled = stallAt('before settling', 2)
  const { id } = await startRun({ ...flat(walletId), ...group('progress') })
  await stalled
  expect((await campaignNow(id)).stats).toMatchObject({
    granted: 2_000,
    run: { total: 2_500, processed: 1_000, granted: 1_000, refused: 0 },
  })
  setFaultHook(undefined)
  await finished(id)
  expect(await progressOf(id)).toMatchObject({ total: 2_500, granted: 2_500, reasons: {} })
  expect(await served(id, { walletId })).toEqual(users)
})

describe('limits and stock in a run of two pages', () => {
  const users = names('limit', 1_200)
  beforeAll(async () => {
    await addUsers(users, { group: 'limit' })
  })

  test('fewer codes than users: a warning with both numbers, and out_of_stock for the others', async () => {
    const couponId = await stocked(1_100)
    const { id, warnings } = await startRun({ reward: { type: 'coupon', couponId }, ...group('limit') })
    expect(warnings).toMatchObject([{ code: 'audience_exceeds_stock', audience: 1_200, stock: 1_100 }])
    expect(await finished(id)).toMatchObject({ status: 'completed', stats: { remaining: { stock: 0 } } })
    expect(await progressOf(id)).toMatchObject({ granted: 1_100, reasons: { out_of_stock: 100 } })
    expect(await served(id, { couponId })).toEqual(users.slice(0, 1_100))
  })

  test.each<[string, object, object, number, number]>([
    ['a total', { perCampaign: { total: 1_050 } }, { campaign_limit_total: 150 }, 1_050, 10_500],
    ['a limit a day', { perCampaign: { day: 7 } }, { campaign_limit_day: 1_193 }, 7, 70],
    ['a budget that truncates', { budget: { campaign: 10_005 } }, { campaign_budget: 199 }, 1_001, 10_005],
    [
      'a budget that rejects',
      { budget: { campaign: 10_005, policy: 'reject' } },
      { campaign_budget: 200 },
      1_000,
      10_000,
    ],
  ])('%s', async (_, limits, reasons, granted, value) => {
    const walletId = await purse()
    const { id } = await startRun({ ...flat(walletId), ...group('limit'), limits })
    expect((await finished(id)).stats).toMatchObject({ value })
    expect(await progressOf(id)).toMatchObject({ total: 1_200, granted, reasons })
    expect(await served(id, { walletId })).toEqual(users.slice(0, granted))
  })

  test('a total below what there are codes for leaves the other codes where they are', async () => {
    const couponId = await stocked(20)
    const limits = { perCampaign: { total: 5 } }
    const { id } = await startRun({ reward: { type: 'coupon', couponId }, ...group('limit'), limits })
    await finished(id)
    expect(await progressOf(id)).toMatchObject({ granted: 5, reasons: { campaign_limit_total: 1_195 } })
    expect((await ok('GET', `/v1/coupons/${couponId}`)).stats.stock).toEqual({ total: 20, available: 15 })
  })
})

describe('afterwards', () => {
  const users = names('after', 3)
  beforeAll(async () => {
    await addUsers(users, { group: 'after' })
  })

  test('a clone that is published grants again, for it is another campaign', async () => {
    const walletId = await purse()
    const { id } = await startRun({ ...flat(walletId), ...group('after') })
    await finished(id)
    const { id: copy } = await ok('POST', `/v1/campaigns/${id}/clone`)
    await publish(copy)
    expect(await finished(copy)).toMatchObject({ status: 'completed', stats: { granted: 3 } })
    for (const userId of users) {
      expect(await ok('GET', `/v1/users/${userId}/wallets`)).toMatchObject([{ walletId, active: 20 }])
    }
  })

  test('its grants are listed without an event, and counted by the hour and the day', async () => {
    const { id } = await startRun({ ...flat(await purse()), ...group('after') })
    await finished(id)
    expect((await listedGrants(id)).map(({ userId }) => userId).sort()).toEqual(users)
    const { data } = await ok('GET', `/v1/campaigns/${id}/grants?limit=2`)
    expect(data).toMatchObject([{ eventId: null, value: 10, reward: { type: 'points' } }, { eventId: null }])
    for (const bucket of ['hour', 'day']) {
      const { buckets } = await ok('GET', `/v1/campaigns/${id}/stats?bucket=${bucket}`)
      expect(buckets).toMatchObject([{ granted: 3, value: 30, refused: 0 }])
    }
    const grants = (await ok('GET', `/v1/users/${users[0]}/timeline`)).data
    expect(grants).toContainEqual(expect.objectContaining({ type: 'grant', campaignId: id }))
  })

  test('what it gave triggers live campaigns as any grant does', async () => {
    const walletId = await purse()
    const { id } = await runDraft({ ...flat(walletId), ...group('after') })
    const where = [{ property: 'campaignId', op: 'eq', value: id }]
    const listener = await campaign('listens', walletId, { trigger: { event: 'CT Points Credited', where } })
    await publish(id)
    await finished(id)
    await expect.poll(async () => (await campaignNow(listener.id)).stats.granted, { timeout: 20_000 }).toBe(3)
  })
})

test('a try-out of a past campaign says whether the user belongs, and has no effect', async () => {
  const userId = 'tried'
  await usersDb(env, userId).prepare(`INSERT INTO users (id, created_ms) VALUES (?1, 0)`).bind(userId).run()
  const { id } = await runDraft({
    ...flat(await purse()),
    audience: { rule: { did: { event: 'Tried' } } },
    schedule: { start: '2026-12-24T18:00' },
  })
  const tryOut = () => ok('POST', `/v1/campaigns/${id}/test`, { userId, now: '2026-12-24T18:00:00Z' })
  expect(await tryOut()).toMatchObject({ outcome: 'refused', reason: 'campaign_not_running' })
  expect((await tryOut()).trace).toContainEqual(expect.objectContaining({ check: 'audience', passed: false }))
  await send([{ userId, name: 'Tried' }])
  expect((await tryOut()).trace).toContainEqual(expect.objectContaining({ check: 'audience', passed: true }))
  expect((await campaignNow(id)).stats).toMatchObject({ granted: 0, refused: {} })
})
