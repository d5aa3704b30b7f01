import { beforeAll, describe, expect, test } from 'vitest'
import { call, campaign, clock, coupon, jobDone, ok, send, wallet } from './boon.ts'
import { campaignNow, setUpAt } from './records.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))

const verbs = ['publish', 'pause', 'resume', 'stop', 'archive'] as const
type Verb = (typeof verbs)[number]

/** Where each verb leads from each status; what is not here is 409 `wrong_status`. */
const table: Record<string, Partial<Record<Verb, string>>> = {
  draft: { publish: 'running', archive: 'archived' },
  scheduled: { stop: 'stopped' },
  running: { pause: 'paused', stop: 'stopped' },
  paused: { resume: 'running', stop: 'stopped' },
  completed: { archive: 'archived' },
  stopped: { archive: 'archived' },
  archived: {},
}

const path = (id: string, verb = '') => `/v1/campaigns/${id}${verb === '' ? '' : `/${verb}`}`

async function draft(more: object = {}): Promise<string> {
  // Ids of one moment have no order; those of two do.
  await clock('PT1S')
  const purse = await wallet()
  const made = await ok('POST', '/v1/campaigns', {
    name: 'N',
    qualification: 'live',
    trigger: { event: 'lifecycle' },
    reward: { type: 'points', walletId: purse.id, scheme: { kind: 'flat', value: 1 } },
    schedule: { start: 'now', end: 'never' },
    ...more,
  })
  return made.id
}

async function campaignIn(status: string): Promise<string> {
  const start = status === 'scheduled' ? '2030-01-01' : 'now'
  const end = status === 'completed' ? new Date(Date.parse(await time()) + 60_000).toISOString() : 'never'
  const id = await draft({ schedule: { start, end } })
  if (status !== 'draft' && status !== 'archived') await ok('POST', path(id, 'publish'))
  if (status === 'paused') await ok('POST', path(id, 'pause'))
  if (status === 'stopped') await ok('POST', path(id, 'stop'))
  if (status === 'archived') await ok('POST', path(id, 'archive'))
  if (status === 'completed') await clock('PT1M')
  expect((await campaignNow(id)).status).toBe(status)
  return id
}

const time = async (): Promise<string> => (await ok('GET', '/v1/test/clock')).now

describe.each(Object.entries(table))('a campaign that is %s', (status, allowed) => {
  test.each(verbs)('%s', async (verb) => {
    const id = await campaignIn(status)
    const answer = await call('POST', path(id, verb))
    const next = allowed[verb]
    if (next === undefined) expect(answer).toMatchObject({ status: 409, json: { code: 'wrong_status' } })
    else expect(answer.status).toBe(200)
    expect((await campaignNow(id)).status).toBe(next ?? status)
    // The catalogue, by which lists are made, says the same.
    const listed = await ok('GET', `/v1/campaigns?limit=1&status=${next ?? status}`)
    expect(listed.data[0].id).toBe(id)
  })

  test('clone makes a draft of it with counts of its own', async () => {
    const id = await campaignIn(status)
    const { stats: _, name, ...before } = await campaignNow(id)
    const copy = await ok('POST', path(id, 'clone'))
    expect(copy).toMatchObject({ status: 'draft', name: `Copy of ${name}`, startsAt: null, endsAt: null })
    expect(copy).toMatchObject({ trigger: before.trigger, reward: before.reward, schedule: before.schedule })
    expect(copy.id).not.toBe(id)
    expect((await campaignNow(id)).status).toBe(status)
  })
})

describe('what keeps a campaign from being published', () => {
  const refusal = async (id: string) => {
    const answer = await call('POST', path(id, 'publish'))
    expect(answer).toMatchObject({ status: 409, json: { code: 'not_publishable' } })
    expect((await campaignNow(id)).status).toBe('draft')
    return answer.json.issues.map((issue: { path: string }) => issue.path)
  }
  const giving = (couponId: string) => ({ reward: { type: 'coupon', couponId } })

  test('a wallet that does not exist', async () => {
    const reward = { type: 'points', walletId: 'wal_none', scheme: { kind: 'flat', value: 1 } }
    expect(await refusal(await draft({ reward }))).toEqual(['reward.walletId'])
  })

  test('a coupon that does not exist, is a draft, has no codes, is paused; and then nothing', async () => {
    expect(await refusal(await draft(giving('cpn_none')))).toEqual(['reward.couponId'])
    const { id: couponId } = await coupon()
    const id = await draft(giving(couponId))
    expect(await refusal(id)).toEqual(['reward.couponId'])
    await jobDone((await ok('POST', `/v1/coupons/${couponId}/codes/generate`, { count: 1, length: 8 })).id)
    await ok('POST', `/v1/coupons/${couponId}/pause`)
    expect(await refusal(id)).toEqual(['reward.couponId'])
    await ok('POST', `/v1/coupons/${couponId}/resume`)
    expect(await ok('POST', path(id, 'publish'))).toMatchObject({
      campaign: { status: 'running' },
      warnings: [],
    })
  })

  test('a start or an end in the past', async () => {
    expect(await refusal(await draft({ schedule: { start: '2026-01-01' } }))).toEqual(['schedule.start'])
    const ended = await draft({ schedule: { start: 'now', end: '2026-01-01' } })
    expect(await refusal(ended)).toEqual(['schedule.end'])
  })

  test('published twice, and ten times at once: once', async () => {
    const id = await draft()
    const statuses = await Promise.all(
      Array.from({ length: 10 }, async () => (await call('POST', path(id, 'publish'))).status),
    )
    expect(statuses.sort()).toEqual([200, ...Array.from({ length: 9 }, () => 409)])
    expect(await call('POST', path(id, 'publish'))).toMatchObject({ json: { code: 'wrong_status' } })
  })

  test('nothing does, but it warns of no limits and of limits beyond the stock', async () => {
    const codes = (answer: { warnings: { code: string }[] }) => answer.warnings.map(({ code }) => code)
    expect(codes(await ok('POST', path(await draft(), 'publish')))).toEqual(['no_limits'])
    const { id: couponId } = await coupon()
    await jobDone((await ok('POST', `/v1/coupons/${couponId}/codes/generate`, { count: 1, length: 8 })).id)
    const beyond = await draft({ ...giving(couponId), limits: { perCampaign: { total: 2 } } })
    expect(codes(await ok('POST', path(beyond, 'publish')))).toEqual(['limit_exceeds_stock'])
  })
})

describe('lists', () => {
  test('archived campaigns are hidden until asked for, filters combine, pages do not overlap', async () => {
    const { id: first } = await campaign('listed', (await wallet()).id, { name: 'Élan of spring' })
    const names = Array.from({ length: 5 }, (_, n) => `Paged ${n}`)
    const ids: string[] = []
    for (const name of names) ids.push(await draft({ name }))
    const [gone = ''] = ids
    await ok('POST', path(gone, 'archive'))
    const list = async (query: string) =>
      (await ok('GET', `/v1/campaigns?${query}`)).data.map((one: { id: string }) => one.id)
    expect(await list('q=paged')).toEqual(ids.slice(1).reverse())
    expect(await list('q=paged&status=archived')).toEqual([gone])
    expect(await list('q=paged&status=running')).toEqual([])
    expect(await list('q=of%20SPRING&status=running&type=live&reward=points&createdBy=key_s')).toEqual([
      first,
    ])
    expect(await list('q=paged&createdBy=somebody')).toEqual([])
    expect(await list('q=paged&reward=coupon')).toEqual([])
    expect(await list('q=paged&type=past')).toEqual([])
    const pages: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: { data: { id: string }[]; nextCursor: string | null } = await ok(
        'GET',
        `/v1/campaigns?q=paged&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
      )
      pages.push(...page.data.map((one) => one.id))
      cursor = page.nextCursor
    }
    expect(pages).toEqual(ids.slice(1).reverse())
    expect((await call('GET', path(gone))).json.status).toBe('archived')
    expect((await call('GET', '/v1/campaigns?status=gone')).status).toBe(422)
    expect((await call('GET', '/v1/campaigns?cursor=%21%21')).status).toBe(422)
  })
})

test('what was granted and counted is still told when it is archived', async () => {
  const { id } = await campaign('told', (await wallet()).id)
  await send([{ userId: 'told', name: 'told' }])
  await ok('POST', path(id, 'stop'))
  await ok('POST', path(id, 'archive'))
  expect(await campaignNow(id)).toMatchObject({ status: 'archived', stats: { granted: 1, value: 10 } })
  expect((await ok('GET', path(id, 'grants'))).data).toMatchObject([{ userId: 'told', status: 'fulfilled' }])
})
