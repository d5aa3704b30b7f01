import { beforeAll, describe, expect, test, vi } from 'vitest'
import { usersDb } from '../../worker/platform/databases.ts'
import { setFaultHook } from '../../worker/platform/faults.ts'
import type { Grant } from '../../worker/rewards/contract.ts'
import type { RewardedGrant } from '../../worker/rewards/kind.ts'
import { NO_CHAIN, rewardEventOf } from '../../worker/rewards/rewardEvents.ts'
import type { UserEvent } from '../../worker/users/event.ts'
import { call, campaign, clock, coupon, env, ok, send, setUp, wallet } from './boon.ts'

beforeAll(setUp)

const pointsOf = (walletId: string, value: number) => ({
  reward: { type: 'points', walletId, scheme: { kind: 'flat', value } },
})

const active = async (userId: string) => (await ok('GET', `/v1/users/${userId}/wallets`))[0]?.active ?? 0

const namesOf = async (userId: string): Promise<string[]> =>
  (await ok('GET', `/v1/users/${userId}/timeline`)).data.flatMap((item: { name?: string }) => item.name ?? [])

/** The grant of an answer as its ledger had it, as far as its event is made of it. */
const decided = (grant: Grant): RewardedGrant => ({
  ...grant,
  atMs: Date.parse(grant.at),
  units: grant.value ?? null,
  asked: null,
  decimals: 0,
  campaignName: '',
  chain: NO_CHAIN,
})

describe('reward events', () => {
  test('what triggers campaigns is, to the letter, what the database shows as the event', async () => {
    const purse = await wallet()
    await campaign('Same', purse.id)
    const shared = await coupon({ kind: 'single', code: 'SAME' })
    await campaign('Same', purse.id, { reward: { type: 'coupon', couponId: shared.id } })
    const { decisions } = await send([{ id: 'same', userId: 'r0', name: 'Same' }])
    const { results } = await usersDb(env, 'r0')
      .prepare('SELECT id, name, at_ms, properties FROM granted_events WHERE user_id = ?1 ORDER BY id')
      .bind('r0')
      .all<{ id: string; name: string; at_ms: number; properties: string }>()
    const shown = results.map((row) => ({
      id: row.id,
      userId: 'r0',
      name: row.name,
      atMs: row.at_ms,
      properties: JSON.parse(row.properties),
    }))
    const made = decisions.map((decision: { grant: Grant }) => rewardEventOf(decided(decision.grant)))
    expect(shown).toHaveLength(2)
    expect(shown).toEqual(made.sort((one: UserEvent, other: UserEvent) => (one.id < other.id ? -1 : 1)))
  })

  test('a grant is an event of its user, which triggers campaigns that listen to it', async () => {
    const purse = await wallet()
    const first = await campaign('Bought', purse.id, pointsOf(purse.id, 5))
    await campaign('CT Points Credited', purse.id, {
      ...pointsOf(purse.id, 100),
      trigger: {
        event: 'CT Points Credited',
        where: [{ property: 'campaignId', op: 'eq', value: first.id }],
      },
    })
    await send([{ id: 'b1', userId: 'r1', name: 'Bought' }])
    await vi.waitFor(async () => expect(await active('r1')).toBe(105), { timeout: 20_000, interval: 50 })
    expect(await namesOf('r1')).toEqual(['CT Points Credited', 'CT Points Credited', 'Bought'])
    const [credited] = (await ok('GET', '/v1/users/r1/timeline')).data.filter(
      (item: { name?: string; properties?: { points: number } }) => item.properties?.points === 5,
    )
    expect(credited.properties).toMatchObject({ 'CT Source': 'Promo Module', campaignId: first.id })
  })

  test('a campaign is never triggered by what it caused, directly or through others', async () => {
    const purse = await wallet()
    await campaign('Started', purse.id, pointsOf(purse.id, 1))
    const coupon = await ok('POST', '/v1/coupons', {
      name: 'shared',
      audience: 'campaign',
      kind: 'single',
      code: 'CHAIN',
      effect: { on: 'order', benefit: { kind: 'percentage', percent: 10 }, as: 'discount' },
      validity: { start: 'now', end: 'never' },
    })
    await ok('POST', `/v1/coupons/${coupon.id}/publish`)
    const only = [{ property: 'points', op: 'eq', value: 1 }]
    const ping = await campaign('ping', purse.id, {
      trigger: { event: 'CT Points Credited', where: only },
      reward: { type: 'coupon', couponId: coupon.id },
    })
    const pong = await campaign('pong', purse.id, {
      ...pointsOf(purse.id, 1),
      trigger: { event: 'CT Coupon Rewarded', where: [{ property: 'couponId', op: 'eq', value: coupon.id }] },
    })
    await send([{ id: 's1', userId: 'r2', name: 'Started' }])
    // Started → 1 point → coupon → 1 point; that point would make ping give another coupon, which it may not.
    await vi.waitFor(async () => expect(await active('r2')).toBe(2), { timeout: 20_000, interval: 50 })
    await clock('PT1M')
    const grantedBy = async (id: string) => (await ok('GET', `/v1/campaigns/${id}`)).stats.granted
    expect([await grantedBy(ping.id), await grantedBy(pong.id)]).toEqual([1, 1])
  })

  test('a message that is lost with its sender is sent again by the ledger', async () => {
    const purse = await wallet()
    await campaign('Lost', purse.id, pointsOf(purse.id, 7))
    await campaign('listener', purse.id, {
      ...pointsOf(purse.id, 50),
      trigger: { event: 'CT Points Credited', where: [{ property: 'points', op: 'eq', value: 7 }] },
    })
    setFaultHook((point) => {
      if (point === 'rows written') throw new Error('killed')
    })
    expect(
      (await call('POST', '/v1/events', { events: [{ id: 'l1', userId: 'r3', name: 'Lost' }] })).status,
    ).toBe(500)
    setFaultHook(undefined)
    await clock('PT10S')
    await vi.waitFor(async () => expect(await active('r3')).toBe(57), { timeout: 20_000, interval: 50 })
  })
})
