import { beforeAll, describe, expect, test } from 'vitest'
import { userDatabases } from '../../worker/platform/databases.ts'
import { call, campaign, coupon, env, jobDone, ok, send, setUp, wallet } from './boon.ts'
import { expectProblem } from './problems.ts'

beforeAll(setUp)

/** Events that the product itself makes of a reward may come later than the answer. */
const isNoReaction = (item: { name?: string }) => item.name?.startsWith('CT ') !== true
const path = (userId: string) => `/v1/users/${encodeURIComponent(userId)}`

describe('the timeline', () => {
  test('shows events, grants and entries, newest first, whatever the size of the page', async () => {
    const purse = await wallet({ decimals: 2 })
    const rewarded = await campaign('Bought', purse.id)
    const at = '2020-01-01T00:00:00Z'
    const olds = Array.from({ length: 5 }, (_, n) => ({
      userId: 'tim',
      id: `old/${n}`,
      name: 'Old',
      timestamp: at,
    }))
    const ancient = {
      userId: 'tim',
      id: `${'ü'.repeat(64)}😀`,
      name: 'Old',
      timestamp: '1954-06-01T00:00:00Z',
    }
    await send([...olds, ancient, { ...ancient, id: 'y' }, { userId: 'tim', name: 'Bought', id: 'new' }])
    await call(
      'POST',
      `/v1/users/tim/wallets/${purse.id}/debit`,
      { points: 2.5, description: 'spent' },
      {
        headers: { 'idempotency-key': 'd1' },
      },
    )
    const { data, nextCursor } = await ok('GET', '/v1/users/tim/timeline?limit=100')
    const whole = data.filter(isNoReaction)
    expect(nextCursor).toBeNull()
    const types = whole.map((item: { type: string }) => item.type)
    expect([...types].sort()).toEqual([...Array(8).fill('event'), 'entry', 'entry', 'grant'].sort())
    const times = whole.map((item: { at: string }) => Date.parse(item.at))
    expect(times).toEqual([...times].sort((one, other) => other - one))
    expect(whole.find((item: { kind?: string }) => item.kind === 'debit')).toMatchObject({
      type: 'entry',
      points: 2.5,
      balance: 7.5,
      description: 'spent',
    })
    expect(whole.find((item: { type: string }) => item.type === 'grant')).toMatchObject({
      campaignId: rewarded.id,
      reward: { type: 'points' },
    })
    for (const limit of [1, 3, 10]) {
      const paged: { name?: string }[] = []
      let cursor = ''
      do {
        const page = await ok('GET', `/v1/users/tim/timeline?limit=${limit}${cursor}`)
        paged.push(...page.data)
        cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
      } while (cursor !== '')
      expect(paged.filter(isNoReaction)).toEqual(whole)
    }
    expectProblem(await call('GET', '/v1/users/nobody/timeline'), 404, 'not_found')
  })
})

describe('DELETE /v1/users/{userId}', () => {
  test('erases everywhere, while what was counted stays counted', async () => {
    const purse = await wallet()
    const codes = await coupon()
    const job = await ok('POST', `/v1/coupons/${codes.id}/codes/generate`, { count: 5, length: 8 })
    await jobDone(job.id)
    const points = await campaign('Erase', purse.id, { limits: { perUser: { total: 1 } } })
    const coupons = await campaign('Erase', purse.id, { reward: { type: 'coupon', couponId: codes.id } })
    const secret = 'erase-me@example.org'
    await ok('PUT', path(secret), { name: 'Secret Name', phone: '+49 30 1' })
    await send([
      { userId: secret, id: 'e1', name: 'Erase' },
      { userId: 'stays', id: 'e1', name: 'Erase' },
    ])
    await call(
      'POST',
      `${path(secret)}/wallets/${purse.id}/debit`,
      { points: 3, description: 'd' },
      {
        headers: { 'idempotency-key': 'k' },
      },
    )
    const state = async () => ({
      points: (await ok('GET', `/v1/campaigns/${points.id}`)).stats,
      coupons: (await ok('GET', `/v1/campaigns/${coupons.id}`)).stats,
      stock: (await ok('GET', `/v1/coupons/${codes.id}`)).stats,
    })
    const before = await state()
    expect(before).toMatchObject({ points: { granted: 2, users: 2 }, stock: { distributed: 2 } })
    expect(await call('DELETE', path(secret))).toMatchObject({ status: 204 })
    expect(await state()).toEqual(before)
    for (const db of userDatabases(env)) {
      const { results } = await db
        .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'`)
        .all<{ name: string }>()
      for (const { name } of results) {
        const rows = await db.prepare(`SELECT * FROM "${name}"`).all()
        expect(JSON.stringify(rows.results), name).not.toContain(secret)
      }
    }
    for (const list of [
      `/v1/campaigns/${points.id}/grants`,
      `/v1/campaigns/${coupons.id}/grants`,
      `/v1/coupons/${codes.id}/codes`,
    ]) {
      expect(JSON.stringify(await ok('GET', list))).not.toContain(secret)
    }
    expectProblem(await call('GET', `${path(secret)}/timeline`), 404, 'not_found')
    expectProblem(await call('DELETE', path(secret)), 404, 'not_found')
    expect(await ok('GET', '/v1/users/stays/wallets')).toMatchObject([{ active: 10 }])
    // Who comes back is somebody new, to whom nothing was ever given.
    const again = await send([{ userId: secret, id: 'e1', name: 'Erase' }])
    expect(again.decisions.map((one: { outcome: string }) => one.outcome)).toEqual(['granted', 'granted'])
    expect(await ok('GET', path(secret))).toMatchObject({ name: null, phone: null })
    expect(await ok('GET', `${path(secret)}/wallets`)).toMatchObject([{ active: 10 }])
  })
})
