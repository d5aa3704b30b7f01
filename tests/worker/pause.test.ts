import { beforeAll, describe, expect, test } from 'vitest'
import { now } from '../../worker/platform/clock.ts'
import { call, campaign, coupon, jobDone, ok, send, setUp, wallet } from './boon.ts'
import { campaignNow, grantRows, listedGrants } from './records.ts'

beforeAll(setUp)

type Answer = { decisions: { outcome: string; reason?: string; grant?: { at: string } }[] }

/** Sends events of ever new users until it is told to stop; each answer with whether it was asked for after `mark`. */
function stream(event: string, width: number) {
  let going = true
  let marked = false
  let count = 0
  const answers: { after: boolean; answer: Answer }[] = []
  const running = Promise.all(
    Array.from({ length: width }, async () => {
      while (going) {
        const after = marked
        // Two users at a time, most often of two databases: the longer of the two ways.
        const userIds = [`${event}-${count++}`, `${event}-${count++}`]
        answers.push({ after, answer: await send(userIds.map((userId) => ({ userId, name: event }))) })
      }
    }),
  )
  const reach = async (number: number) => {
    const wanted = answers.length + number
    while (answers.length < wanted) await new Promise((done) => setTimeout(done, 1))
  }
  return {
    answers,
    reach,
    mark: () => {
      marked = true
    },
    stop: async () => {
      going = false
      await running
    },
  }
}

const granted = (answers: { answer: Answer }[]) =>
  answers.flatMap(({ answer }) => answer.decisions.flatMap(({ grant }) => grant ?? []))

async function rewardOf(kind: string) {
  if (kind === 'points') {
    const purse = await wallet()
    return { type: 'points', walletId: purse.id, scheme: { kind: 'flat', value: 1 } }
  }
  const { id } = await coupon()
  await jobDone((await ok('POST', `/v1/coupons/${id}/codes/generate`, { count: 5_000, length: 10 })).id)
  return { type: 'coupon', couponId: id }
}

describe.each(['points', 'coupon'])('pausing during a stream of events, %s', (kind) => {
  test.each(['pause', 'stop'])('no grant is made after %s was answered', async (verb) => {
    const event = `${verb} ${kind}`
    const { id } = await campaign(event, '', { reward: await rewardOf(kind) })
    const events = stream(event, 8)
    await events.reach(20)
    await ok('POST', `/v1/campaigns/${id}/${verb}`)
    const answeredMs = now()
    const { stats } = await campaignNow(id)
    events.mark()
    await events.reach(30)
    await events.stop()
    const grants = granted(events.answers)
    expect(grants.length).toBeGreaterThan(0)
    expect(Math.max(...grants.map(({ at }) => Date.parse(at)))).toBeLessThanOrEqual(answeredMs)
    const after = events.answers.filter((answer) => answer.after)
    expect(after.length).toBeGreaterThan(0)
    expect(granted(after)).toEqual([])
    // What was counted when the verb was answered is all there is.
    expect((await campaignNow(id)).stats.granted).toBe(stats.granted)
    expect(await grantRows(id)).toHaveLength(stats.granted)
    expect(await listedGrants(id)).toHaveLength(stats.granted)
  })
})

test('resuming goes on at once, and nobody is granted what came meanwhile', async () => {
  const { id } = await campaign('resumed', '', { reward: await rewardOf('points') })
  const before = { id: 'before', userId: 'r', name: 'resumed' }
  const meanwhile = { id: 'meanwhile', userId: 'r', name: 'resumed' }
  expect((await send([before])).decisions[0].outcome).toBe('granted')
  await ok('POST', `/v1/campaigns/${id}/pause`)
  const refused = { eventId: 'meanwhile', userId: 'r', campaignId: id, reason: 'campaign_not_running' }
  expect((await send([meanwhile])).decisions).toEqual([{ ...refused, outcome: 'refused' }])
  await ok('POST', `/v1/campaigns/${id}/resume`)
  expect(await send([meanwhile])).toMatchObject({
    accepted: 0,
    duplicates: 1,
    decisions: [{ ...refused, outcome: 'refused' }],
  })
  expect((await send([{ userId: 'r', name: 'resumed' }])).decisions[0].outcome).toBe('granted')
  const { stats, status } = await campaignNow(id)
  expect(status).toBe('running')
  expect(stats).toMatchObject({ granted: 2, refused: { campaign_not_running: 1 } })
})

test('what was stored while paused is in the timeline, and what was granted before stays', async () => {
  const { id } = await campaign('kept', '', { reward: await rewardOf('points') })
  await send([{ id: 'k1', userId: 'k', name: 'kept' }])
  await ok('POST', `/v1/campaigns/${id}/pause`)
  await send([{ id: 'k2', userId: 'k', name: 'kept' }])
  await ok('POST', `/v1/campaigns/${id}/stop`)
  const { data } = await ok('GET', '/v1/users/k/timeline')
  const ids = data.flatMap((item: { id: string; name?: string }) => (item.name === 'kept' ? item.id : []))
  expect(ids.sort()).toEqual(['k1', 'k2'])
  expect(data.filter((item: { type: string }) => item.type === 'grant')).toHaveLength(1)
  expect(await ok('GET', '/v1/users/k/wallets')).toMatchObject([{ active: 1 }])
})

test('pausing twice, and twenty times at once, is done once', async () => {
  const { id } = await campaign('twice', '', { reward: await rewardOf('points') })
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async () => (await call('POST', `/v1/campaigns/${id}/pause`)).status),
  )
  expect(statuses.sort()).toEqual([200, ...Array.from({ length: 19 }, () => 409)])
})
