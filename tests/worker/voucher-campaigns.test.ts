import { evictAllDurableObjects } from 'cloudflare:test'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { setFaultHook } from '../../worker/platform/faults.ts'
import { call, campaign, clock, coupon, inFlight, jobDone, ok, send } from './boon.ts'
import { at, HOUR } from './couponParts.ts'
import { expectProblem } from './problems.ts'
import { campaignNow, grantRows, holdingRows, setUpAt, userAt } from './records.ts'
import {
  assign,
  codes,
  codesOf,
  listNow,
  tally,
  topUp,
  verb,
  voucherEvents,
  voucherList,
  voucherRows,
} from './voucherParts.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))
afterEach(() => setFaultHook(undefined))

const giving = (voucherListId: string, more: object = {}) => ({
  reward: { type: 'voucher', voucherListId },
  ...more,
})
const people = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`)
const outcomeOf = ({ decisions }: { decisions: { outcome: string; reason?: string }[] }) =>
  decisions.map((one) => one.reason ?? one.outcome)

describe('a campaign that gives vouchers', () => {
  test('gives each user a code of their own, a holding and an event', async () => {
    const list = await voucherList(codes(3, 'GIVE'), { description: 'd', expiresAt: '2026-06-30T23:59:59Z' })
    const { id } = await campaign('Give', '', giving(list.id))
    const { decisions } = await send(['g1', 'g2'].map((userId) => ({ userId, name: 'Give' })))
    const { grant } = decisions[0]
    expect(grant).toMatchObject({
      campaignId: id,
      userId: 'g1',
      status: 'fulfilled',
      reward: {
        type: 'voucher',
        voucherListId: list.id,
        holdingId: grant.id.replace('grt', 'hld'),
        code: 'GIVE-00000',
        expiresAt: '2026-06-30T23:59:59.000Z',
      },
    })
    expect(decisions[1].grant.reward.code).toBe('GIVE-00001')
    expect((await ok('GET', '/v1/users/g1/holdings')).data).toEqual([
      {
        holdingId: grant.reward.holdingId,
        type: 'voucher',
        voucherListId: list.id,
        code: 'GIVE-00000',
        grantId: grant.id,
        campaignId: id,
        redeemableFrom: grant.at,
        expiresAt: '2026-06-30T23:59:59.000Z',
        at: grant.at,
      },
    ])
    const events = await voucherEvents('g1')
    expect(events).toMatchObject([
      {
        id: grant.id.replace('grt', 'evt'),
        properties: {
          campaignId: id,
          source: 'Campaign',
          voucherCode: 'GIVE-00000',
          partner: 'Puma',
          listDescription: 'd',
          listExpiry: '2026-06-30T23:59:59Z',
        },
      },
    ])
    expect((await campaignNow(id)).stats).toMatchObject({ granted: 2, remaining: { stock: 1 } })
  })

  test('answers an event that is sent again with the same code, whatever has become of the list', async () => {
    const list = await voucherList(codes(2, 'SAME'), { expiresAt: at(HOUR) })
    await campaign('Same', '', giving(list.id))
    const event = { id: 'same', userId: 'same', name: 'Same' }
    const first = (await send([event])).decisions[0].grant
    await ok('PATCH', `/v1/voucher-lists/${list.id}`, { description: 'changed', expiresAt: at(2 * HOUR) })
    await verb(list.id, 'pause')
    await clock('PT3H')
    const again = (await send([event])).decisions[0].grant
    expect(again).toEqual({ ...first, replayed: true })
    expect((await voucherEvents('same')).map(({ properties }) => properties.listDescription)).toEqual([null])
    expect(await voucherRows(list.id)).toHaveLength(1)
  })

  test('stops giving when the list is paused, expired, or empty, and says why', async () => {
    const list = await voucherList(codes(3, 'STOP'), { expiresAt: at(HOUR) })
    const { id } = await campaign('Stop', '', giving(list.id))
    const asked = async (userId: string) => outcomeOf(await send([{ userId, name: 'Stop' }]))
    expect(await asked('s1')).toEqual(['granted'])
    await verb(list.id, 'pause')
    expect(await asked('s2')).toEqual(['reward_inactive'])
    await verb(list.id, 'resume')
    expect(await asked('s2')).toEqual(['granted'])
    expect(await asked('s3')).toEqual(['granted'])
    expect(await asked('s4')).toEqual(['out_of_stock'])
    await topUp(list.id, 'TOPPED')
    await clock('PT1H')
    expect(await asked('s5')).toEqual(['reward_inactive'])
    await ok('PATCH', `/v1/voucher-lists/${list.id}`, { expiresAt: at(HOUR) })
    const { decisions } = await send([{ userId: 's6', name: 'Stop' }])
    expect(decisions[0].grant.reward).toMatchObject({ code: 'TOPPED', expiresAt: at(HOUR) })
    expect((await campaignNow(id)).stats).toMatchObject({
      granted: 4,
      refused: { reward_inactive: 2, out_of_stock: 1 },
    })
  })

  test('shares its list with another and with the API: no code twice, and together exactly what there is', async () => {
    const list = await voucherList(codes(100, 'SHARE'))
    const one = await campaign('Share', '', giving(list.id))
    const other = await campaign('Share', '', giving(list.id))
    const answers = await inFlight(64, [
      ...people('sharer-', 40).map(
        (userId) => async () => outcomeOf(await send([{ userId, name: 'Share' }])),
      ),
      ...people('api-', 40).map((userId) => async () => {
        const { status, json } = await assign(list.id, userId)
        return [status === 201 ? 'granted' : json.code]
      }),
    ])
    expect(tally(answers.flat())).toEqual({ granted: 100, out_of_stock: 20 })
    const rows = await voucherRows(list.id)
    expect(rows.map(({ code }) => code).sort()).toEqual(codes(100, 'SHARE'))
    const grants = [...(await grantRows(one.id)), ...(await grantRows(other.id))].map(({ id }) => id)
    expect(rows.flatMap(({ grant_id }) => grant_id ?? []).sort()).toEqual(grants.sort())
    expect(await listNow(list.id)).toMatchObject({ assigned: 100, stock: { available: 0 } })
  })

  test('cannot be published with a list that gives none', async () => {
    const publish = async (voucherListId: string) => {
      const { id } = await ok('POST', '/v1/campaigns', {
        name: 'x',
        qualification: 'live',
        trigger: { event: 'x' },
        reward: { type: 'voucher', voucherListId },
        schedule: { start: 'now', end: 'never' },
      })
      return call('POST', `/v1/campaigns/${id}/publish`)
    }
    const empty = await voucherList()
    const paused = await voucherList(['A'])
    await verb(paused.id, 'pause')
    const expired = await voucherList(['A'], { expiresAt: at(HOUR) })
    const archived = await voucherList(['A'])
    await verb(archived.id, 'archive')
    await clock('PT1H')
    for (const [id, why] of [
      ['vls_x', 'there is no voucher list'],
      [empty.id, 'no codes left'],
      [paused.id, 'paused'],
      [expired.id, 'expired'],
      [archived.id, 'archived'],
    ]) {
      const answer = await publish(id)
      expectProblem(answer, 409, 'not_publishable', ['reward.voucherListId'])
      expect(answer.json.issues[0].message).toContain(why)
    }
  })

  test('warns when more people may come than there are codes', async () => {
    const list = await voucherList(codes(3, 'FEW'))
    await send(people('few-', 5).map((userId) => ({ userId, name: 'Viewed Few' })))
    const { id } = await ok('POST', '/v1/campaigns', {
      name: 'few',
      qualification: 'past',
      audience: { rule: { did: { event: 'Viewed Few' } } },
      reward: { type: 'voucher', voucherListId: list.id },
      schedule: { start: 'now' },
    })
    const { warnings } = await ok('POST', `/v1/campaigns/${id}/publish`)
    expect(warnings).toContainEqual(
      expect.objectContaining({ code: 'audience_exceeds_stock', audience: 5, stock: 3 }),
    )
    await clock('PT1M')
    expect((await campaignNow(id)).stats).toMatchObject({ granted: 3, refused: { out_of_stock: 2 } })
    expect(new Set((await voucherRows(list.id)).map(({ code }) => code)).size).toBe(3)
  })
})

describe.each(['decided', 'code taken', 'rows written', 'queued', 'before settling'] as const)(
  'a death at any point, %s',
  (point) => {
    test('the alarm finishes it once, and what was taken is as it was then', async () => {
      const list = await voucherList(codes(3, 'DEATH'), { description: 'then' })
      const event = `Death at ${point}`
      const { id } = await campaign(event, '', giving(list.id))
      const users = [userAt(0, `${point} zero `), userAt(1, `${point} one `)]
      const events = users.map((userId) => ({ id: `of ${userId}`, userId, name: event }))
      let left = 1
      setFaultHook((reached) => {
        if (reached === point && left-- > 0) throw new Error(`killed at ${point}`)
      })
      expect((await call('POST', '/v1/events', { events })).status).toBe(500)
      setFaultHook(undefined)
      await evictAllDurableObjects()
      const taken = point !== 'decided'
      if (taken) {
        await ok('PATCH', `/v1/voucher-lists/${list.id}`, { description: 'now' })
        await ok('PATCH', `/v1/partners/${list.partnerId}`, { name: 'Renamed' })
        await verb(list.id, 'pause')
      }
      await clock('PT10S')
      const rows = await voucherRows(list.id)
      expect(rows.map(({ user_id }) => user_id).sort()).toEqual([...users].sort())
      expect(new Set(rows.map(({ code }) => code)).size).toBe(2)
      expect((await grantRows(id)).map((row) => row.id).sort()).toEqual(
        rows.map(({ grant_id }) => grant_id).sort(),
      )
      for (const user of users) {
        const said = (await voucherEvents(user)).map(({ properties }) => properties)
        expect(said).toMatchObject([{ listDescription: 'then', partner: 'Puma' }])
      }
      expect(await listNow(list.id)).toMatchObject({ assigned: 2, stock: { total: 3, available: 1 } })
      const again = await send(events)
      expect(outcomeOf(again)).toEqual(['granted', 'granted'])
      expect(await voucherRows(list.id)).toHaveLength(2)
    })
  },
)

describe('a list in use', () => {
  test('by a campaign that is not over cannot be archived, and the answer names it', async () => {
    const list = await voucherList(codes(3, 'USE'))
    const running = await campaign('Use', '', giving(list.id))
    const scheduled = await campaign(
      'Use',
      '',
      giving(list.id, { schedule: { start: at(24 * HOUR), end: 'never' } }),
    )
    const refused = async () => {
      const answer = await verb(list.id, 'archive')
      expectProblem(answer, 409, 'in_use')
      for (const id of answer.json.campaigns) expect(answer.json.detail).toContain(id)
      return answer.json.campaigns
    }
    expect(await refused()).toEqual([running.id, scheduled.id].sort())
    await ok('POST', `/v1/campaigns/${running.id}/pause`)
    expect(await refused()).toEqual([running.id, scheduled.id].sort())
    await ok('POST', `/v1/campaigns/${scheduled.id}/stop`)
    expect(await refused()).toEqual([running.id])
    expect((await listNow(list.id)).status).toBe('active')
    await ok('POST', `/v1/campaigns/${running.id}/stop`)
    expect((await verb(list.id, 'archive')).json.status).toBe('archived')
  })

  test('by a draft, or by a campaign that gives another, can', async () => {
    const [list, other] = [await voucherList(['A']), await voucherList(['B'])]
    await campaign('Other', '', giving(other.id))
    await ok('POST', '/v1/campaigns', {
      name: 'draft',
      qualification: 'live',
      trigger: { event: 'x' },
      reward: { type: 'voucher', voucherListId: list.id },
      schedule: { start: 'now', end: 'never' },
    })
    expect((await verb(list.id, 'archive')).status).toBe(200)
  })
})

test('a user who is erased leaves the pool of a campaign as well; the grant stays counted', async () => {
  const list = await voucherList(codes(2, 'LEFT'))
  const { id } = await campaign('Left', '', giving(list.id))
  await send([{ userId: 'leaver', name: 'Left' }])
  await ok('DELETE', '/v1/users/leaver')
  const [held] = await codesOf(list.id, '&status=assigned')
  expect(held).toMatchObject({ code: 'LEFT-00000', userId: expect.stringMatching(/^erased-/) })
  expect((await campaignNow(id)).stats.granted).toBe(1)
  expect(await listNow(list.id)).toMatchObject({ assigned: 1, stock: { available: 1 } })
})

test('two campaigns share one bulk coupon series, 64 requests at once: no code twice', async () => {
  const { id: couponId } = await coupon()
  await jobDone((await ok('POST', `/v1/coupons/${couponId}/codes/generate`, { count: 90, length: 10 })).id)
  const reward = { type: 'coupon', couponId }
  const one = await campaign('Series', '', { reward })
  const other = await campaign('Series', '', { reward })
  const answers = await inFlight(
    64,
    people('series-', 64).map((userId) => async () => outcomeOf(await send([{ userId, name: 'Series' }]))),
  )
  expect(tally(answers.flat())).toEqual({ granted: 90, out_of_stock: 38 })
  const held = await holdingRows(couponId)
  expect(held).toHaveLength(90)
  expect(new Set(held.map(({ code }) => code)).size).toBe(90)
  const grants = [...(await grantRows(one.id)), ...(await grantRows(other.id))].map(({ id }) => id)
  expect(held.map(({ grant_id }) => grant_id).sort()).toEqual(grants.sort())
})
