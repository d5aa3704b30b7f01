import { beforeAll, describe, expect, test } from 'vitest'
import { call, campaign, clock, ok, setUp, wallet } from './boon.ts'
import { expectProblem, rowCounts } from './problems.ts'

beforeAll(setUp)

let made = 0
/** An item with a clientRewardId of its own, unless one is given. */
const make = (more: object = {}) => {
  made++
  return ok('POST', '/v1/catalogue', { clientRewardId: `reward-${made}`, name: `Item ${made}`, ...more })
}
const read = (id: string) => ok('GET', `/v1/catalogue/${id}`)
const patch = (id: string, body: object) => call('PATCH', `/v1/catalogue/${id}`, body)
const archive = (id: string) => call('POST', `/v1/catalogue/${id}/archive`)
const ids = async (query: string) =>
  (await ok('GET', `/v1/catalogue?${query}`)).data.map(({ id }: { id: string }) => id)

test('an item is made and read again', async () => {
  const answer = await call('POST', '/v1/catalogue', {
    clientRewardId: 'MUG-1',
    name: 'Mug ☕',
    description: 'holds\n0.3 l',
    expiresAt: '2099-01-01T02:00:00+02:00',
  })
  expect(answer).toMatchObject({
    status: 201,
    json: {
      id: expect.stringMatching(/^itm_/),
      clientRewardId: 'MUG-1',
      name: 'Mug ☕',
      description: 'holds\n0.3 l',
      expiresAt: '2099-01-01T00:00:00.000Z',
      status: 'active',
      createdBy: 'key_s',
    },
  })
  expect(await read(answer.json.id)).toEqual(answer.json)
  expect(await make()).toMatchObject({ description: null, expiresAt: null })
  expectProblem(await call('GET', '/v1/catalogue/itm_none'), 404, 'not_found')
})

test.each<[object, string]>([
  [{ clientRewardId: '' }, 'clientRewardId'],
  [{ clientRewardId: 'x'.repeat(201) }, 'clientRewardId'],
  [{ clientRewardId: 5 }, 'clientRewardId'],
  [{ name: '' }, 'name'],
  [{ name: 'a\u0000b' }, 'name'],
  [{ description: 'x'.repeat(2_001) }, 'description'],
  [{ description: '\ud800' }, 'description'],
  [{ expiresAt: '2099-01-01' }, 'expiresAt'],
  [{ expiresAt: '2099-02-30T00:00:00Z' }, 'expiresAt'],
  [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
  [{ status: 'archived' }, 'status'],
  [{ price: 5 }, 'price'],
])('%j is refused, in a new item and in a patch', async (more, path) => {
  const item = await make()
  const before = await rowCounts()
  expectProblem(
    await call('POST', '/v1/catalogue', { clientRewardId: 'other', name: 'N', ...more }),
    422,
    'invalid',
    [path],
  )
  expectProblem(await patch(item.id, more), 422, 'invalid', [path])
  expect(await rowCounts()).toEqual(before)
  expect(await read(item.id)).toEqual(item)
})

describe('a clientRewardId', () => {
  test('is in the catalogue once, archived items included', async () => {
    const one = await make()
    const same = { clientRewardId: one.clientRewardId, name: 'N' }
    expectProblem(await call('POST', '/v1/catalogue', same), 409, 'reward_exists')
    expect((await archive(one.id)).status).toBe(200)
    expectProblem(await call('POST', '/v1/catalogue', same), 409, 'reward_exists')
    const two = await make()
    expectProblem(await patch(two.id, { clientRewardId: one.clientRewardId }), 409, 'reward_exists')
    expect(await read(two.id)).toEqual(two)
    expect(await patch(two.id, { clientRewardId: two.clientRewardId })).toMatchObject({ status: 200 })
  })

  test('goes to one of ten who want it at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        call('POST', '/v1/catalogue', { clientRewardId: 'wanted', name: `${n}` }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 9 }, () => 409)])
  })
})

describe('a patch', () => {
  test('changes what it names, and null takes away', async () => {
    const { id } = await make({ description: 'd', expiresAt: '2099-01-01T00:00:00Z' })
    expect(await patch(id, { name: 'New', clientRewardId: 'renamed' })).toMatchObject({
      status: 200,
      json: {
        name: 'New',
        clientRewardId: 'renamed',
        description: 'd',
        expiresAt: '2099-01-01T00:00:00.000Z',
      },
    })
    expect((await patch(id, { description: null, expiresAt: null })).json).toMatchObject({
      name: 'New',
      description: null,
      expiresAt: null,
    })
    expectProblem(await patch(id, { name: null }), 422, 'invalid', ['name'])
    expectProblem(await patch('itm_none', { name: 'N' }), 404, 'not_found')
    expect((await patch(id, {})).status).toBe(200)
  })

  test('at the same moment as another loses nothing of it', async () => {
    const { id } = await make()
    const answers = await Promise.all([
      patch(id, { name: 'A' }),
      patch(id, { description: 'B' }),
      patch(id, { expiresAt: '2099-01-01T00:00:00Z' }),
      patch(id, { clientRewardId: 'C at once' }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(await read(id)).toMatchObject({
      name: 'A',
      description: 'B',
      expiresAt: '2099-01-01T00:00:00.000Z',
      clientRewardId: 'C at once',
    })
  })

  test('leaves an expiry that has passed, but sets none', async () => {
    const expiresAt = new Date(Date.parse((await ok('GET', '/v1/test/clock')).now) + 60_000).toISOString()
    const { id } = await make({ expiresAt })
    await clock('PT2M')
    expect(await patch(id, { name: 'Late' })).toMatchObject({ status: 200, json: { expiresAt } })
    const earlier = new Date(Date.parse(expiresAt) - 1).toISOString()
    expectProblem(await patch(id, { expiresAt: earlier }), 422, 'invalid', ['expiresAt'])
    expect((await patch(id, { expiresAt: '2099-01-01T00:00:00Z' })).status).toBe(200)
  })
})

test('the list is filtered and paged; archived items are shown when asked for', async () => {
  const [one, two, three] = [
    await make({ name: 'Listed Bag' }),
    await make({ name: 'Listed BAG %' }),
    await make({ name: 'Listed cup' }),
  ]
  await archive(three.id)
  expect(await ids('q=listed')).toEqual([two.id, one.id])
  expect(await ids('q=listed%20bag')).toEqual([two.id, one.id])
  expect(await ids('q=%25')).toEqual([two.id])
  expect(await ids('q=listed&status=archived')).toEqual([three.id])
  expect(await ids('q=listed&status=active')).toEqual([two.id, one.id])
  const first = await ok('GET', '/v1/catalogue?q=listed&limit=1')
  expect(await ids(`q=listed&limit=1&cursor=${first.nextCursor}`)).toEqual([one.id])
  expectProblem(await call('GET', '/v1/catalogue?status=gone'), 422, 'invalid', ['status'])
})

describe('an archive', () => {
  test('is final', async () => {
    const { id } = await make()
    expect(await archive(id)).toMatchObject({ status: 200, json: { id, status: 'archived' } })
    expectProblem(await archive(id), 409, 'wrong_status')
    expectProblem(await patch(id, { name: 'N' }), 409, 'not_editable')
    expectProblem(await archive('itm_none'), 404, 'not_found')
    expect(await read(id)).toMatchObject({ status: 'archived' })
  })

  test('waits until no campaign gives the item any more', async () => {
    const { id } = await make()
    const endpoint = await ok('POST', '/v1/endpoints', { name: 'E', url: 'https://example.com/' })
    const reward = { type: 'custom', endpointId: endpoint.id, itemId: id }
    const running = await campaign('Archive', '', { reward })
    const draft = await ok('POST', '/v1/campaigns', {
      name: 'draft',
      qualification: 'live',
      trigger: { event: 'Archive' },
      reward,
      schedule: { start: 'now', end: 'never' },
    })
    await campaign('Archive', (await wallet()).id)
    const refused = await archive(id)
    expectProblem(refused, 409, 'in_use')
    expect(refused.json.campaigns.sort()).toEqual([running.id, draft.id].sort())
    await ok('POST', `/v1/campaigns/${draft.id}/archive`)
    await ok('POST', `/v1/campaigns/${running.id}/pause`)
    expectProblem(await archive(id), 409, 'in_use')
    await ok('POST', `/v1/campaigns/${running.id}/stop`)
    expect(await archive(id)).toMatchObject({ status: 200 })
    const late = await ok('POST', '/v1/campaigns', {
      name: 'late',
      qualification: 'live',
      trigger: { event: 'Archive' },
      reward,
      schedule: { start: 'now', end: 'never' },
    })
    expectProblem(await call('POST', `/v1/campaigns/${late.id}/publish`), 409, 'not_publishable', [
      'reward.itemId',
    ])
  })
})
