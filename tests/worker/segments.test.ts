import { beforeAll, describe, expect, test } from 'vitest'
import { call, campaign, env, ok, setUp, wallet } from './boon.ts'
import { expectProblem } from './problems.ts'

let purse: { id: string }

beforeAll(async () => {
  await setUp()
  purse = await wallet()
})

const inPune = { user: { property: 'city', op: 'eq', value: 'Pune' } }
const inDelhi = { user: { property: 'city', op: 'eq', value: 'Delhi' } }
const segment = (rule: object, name = 'S') => ok('POST', '/v1/segments', { name, rule })
const put = (id: string, rule: object, name = 'S') => call('PUT', `/v1/segments/${id}`, { name, rule })
const remove = (path: string) => call('DELETE', path)
const draft = (audience: object) =>
  ok('POST', '/v1/campaigns', {
    name: 'N',
    qualification: 'live',
    trigger: { event: 'E' },
    audience,
    reward: { type: 'points', walletId: purse.id, scheme: { kind: 'flat', value: 1 } },
    schedule: { start: 'now', end: 'never' },
  })
const issuesOf = (answer: { json: { issues: { path: string; message: string }[] } }) =>
  answer.json.issues.map(({ path, message }) => `${path}: ${message}`)

/** Segments each of which names the one before; the first names nobody. */
async function chain(length: number): Promise<{ id: string }[]> {
  const made: { id: string }[] = []
  for (let n = 0; n < length; n++) {
    const below = made.at(-1)
    made.push(await segment(below === undefined ? inPune : { not: { segment: below.id } }))
  }
  return made
}

test('a segment is made, read, changed and deleted', async () => {
  const made = await segment({ all: [inPune] }, 'Pune')
  expect(made).toEqual({
    id: expect.stringMatching(/^seg_/),
    name: 'Pune',
    rule: { all: [inPune] },
    createdBy: 'key_s',
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: made.createdAt,
    usedBy: { campaigns: [], segments: [] },
  })
  const path = `/v1/segments/${made.id}`
  expect(await ok('GET', path)).toEqual(made)
  const { json: changed } = await put(made.id, inDelhi, 'Delhi')
  expect(changed).toEqual({ ...made, name: 'Delhi', rule: inDelhi, updatedAt: expect.any(String) })
  expect(await ok('GET', path)).toEqual(changed)
  expect(await remove(path)).toMatchObject({ status: 204, text: '' })
  for (const answer of [await call('GET', path), await remove(path), await put(made.id, inDelhi)]) {
    expectProblem(answer, 404, 'not_found')
  }
})

test('segments are listed newest first, page by page and by name, without who uses them', async () => {
  const names = ['Paged one', 'Paged two', 'paged three']
  for (const name of names) await segment(inPune, name)
  const first = await ok('GET', '/v1/segments?limit=2&q=PAGED')
  const second = await ok('GET', `/v1/segments?limit=2&q=PAGED&cursor=${first.nextCursor}`)
  const all = [...first.data, ...second.data]
  expect(all.map(({ name }) => name)).toEqual(names.reverse())
  expect(second.nextCursor).toBeNull()
  expect(Object.keys(all[0])).toEqual(['id', 'name', 'rule', 'createdBy', 'createdAt', 'updatedAt'])
})

test('every write tells the isolates that who campaigns are for may have changed', async () => {
  const version = async () =>
    (await env.DB.prepare('SELECT version FROM meta').first<{ version: number }>())?.version
  const seen = [await version()]
  const { id } = await segment(inPune)
  seen.push(await version())
  await put(id, inDelhi)
  seen.push(await version())
  await remove(`/v1/segments/${id}`)
  seen.push(await version())
  expect(new Set(seen).size).toBe(4)
})

describe('what a rule names', () => {
  test('must be there, and is named where it stands', async () => {
    const rule = { any: [inPune, { not: { segment: 'seg_none' } }, { all: [{ list: 'lst_none' }] }] }
    const answer = await call('POST', '/v1/segments', { name: 'N', rule })
    expectProblem(answer, 422, 'invalid')
    expect(issuesOf(answer)).toEqual([
      'rule.any.1.not.segment: there is no segment seg_none',
      'rule.any.2.all.0.list: there is no list lst_none',
    ])
    const { id } = await segment(inPune)
    expectProblem(await put(id, rule), 422, 'invalid', ['rule.any.1.not.segment', 'rule.any.2.all.0.list'])
    expectProblem(
      await call('POST', '/v1/segments/estimate', { rule: { segment: 'lst_1' } }),
      422,
      'invalid',
      ['rule.segment'],
    )
    expectProblem(
      await call('POST', '/v1/segments', { name: 'N', rule: { all: [{ list: 5 }] } }),
      422,
      'invalid',
      ['rule.all.0.list'],
    )
  })

  test('is named where the rule leads to it, if it is a segment of it that names it', async () => {
    const inner = await segment(inPune)
    const outer = await segment({ any: [inDelhi, { segment: inner.id }] })
    // As if it had been there when it was named: no operation leaves such a state.
    await env.DB.prepare('DELETE FROM segments WHERE id = ?1').bind(inner.id).run()
    const answer = await call('POST', '/v1/segments', {
      name: 'N',
      rule: { all: [inPune, { segment: outer.id }] },
    })
    expectProblem(answer, 422, 'invalid')
    expect(issuesOf(answer)).toEqual([
      `rule.all.1.segment: there is no segment ${inner.id}, which the segment ${outer.id} names`,
    ])
  })

  test('may lead through eight segments and not nine', async () => {
    const made = await chain(8)
    const top = { segment: made[7]?.id }
    expect((await call('POST', '/v1/segments/estimate', { rule: top })).status).toBe(200)
    const answer = await call('POST', '/v1/segments', { name: 'N', rule: { all: [inPune, top] } })
    expectProblem(answer, 422, 'invalid', ['rule.all.1.segment'])
    const another = await segment(inDelhi)
    // Seven lead to the lowest already.
    const lowest = made[0]?.id ?? ''
    expectProblem(await put(lowest, { segment: another.id }), 422, 'invalid', ['rule.segment'])
    expect((await put(made[1]?.id ?? '', { segment: another.id })).status).toBe(200)
    expect((await put(lowest, { segment: another.id })).status).toBe(200)
  })
})

describe('a circle is refused', () => {
  test.each([1, 2, 5, 8])('of %i segments', async (length) => {
    const made = await chain(length)
    const [first, last] = [made[0]?.id ?? '', made.at(-1)?.id ?? '']
    const answer = await put(first, { any: [inPune, { all: [{ segment: last }] }] })
    expectProblem(answer, 422, 'segment_cycle', ['rule.any.1.all.0.segment'])
    expect((await ok('GET', `/v1/segments/${first}`)).rule).toEqual(inPune)
  })

  test('of two that are changed at the same moment', async () => {
    for (let round = 0; round < 10; round++) {
      const [one, other] = [await segment(inPune), await segment(inPune)]
      const answers = await Promise.all([
        put(one.id, { segment: other.id }),
        put(other.id, { not: { segment: one.id } }),
      ])
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 422])
      expectProblem(answers.find(({ status }) => status === 422) ?? answers[0], 422, 'segment_cycle')
    }
  })
})

describe('who relies on a segment', () => {
  /** Segments `low` and `top`, which names it, and drafts that name them in every way. */
  async function scene() {
    const low = await segment(inPune)
    const top = await segment({ any: [inDelhi, { not: { segment: low.id } }] })
    const drafts = [
      await draft({ segmentId: low.id }),
      await draft({ rule: { all: [inDelhi, { any: [{ not: { segment: low.id } }] }] } }),
      await draft({ segmentId: top.id }),
      await draft({ rule: { segment: top.id } }),
    ]
    const ids = drafts.map(({ id }) => id)
    return { low, top, ids: ids.sort() }
  }

  test('is found however deep it is named, and keeps it from being deleted', async () => {
    const { low, top, ids } = await scene()
    await draft({ rule: { user: { property: 'segment', op: 'eq', value: low.id } } })
    expect((await ok('GET', `/v1/segments/${low.id}`)).usedBy).toEqual({ campaigns: ids, segments: [top.id] })
    const { usedBy } = await ok('GET', `/v1/segments/${top.id}`)
    expect(usedBy).toEqual({ campaigns: ids.filter((id) => usedBy.campaigns.includes(id)), segments: [] })
    expect(usedBy.campaigns).toHaveLength(2)
    const answer = await remove(`/v1/segments/${low.id}`)
    expectProblem(answer, 409, 'in_use')
    expect(answer.json).toMatchObject({ campaigns: ids, segments: [top.id] })
    expect(answer.json.detail).toContain(ids[0])
    expect(answer.json.detail).toContain(top.id)
    const refused = await remove(`/v1/segments/${top.id}`)
    expect(refused.json).toMatchObject({ code: 'in_use', ...usedBy })
    for (const id of ids) await ok('POST', `/v1/campaigns/${id}/archive`)
    expect((await remove(`/v1/segments/${low.id}`)).json).toMatchObject({
      code: 'in_use',
      campaigns: [],
      segments: [top.id],
    })
    expect((await remove(`/v1/segments/${top.id}`)).status).toBe(204)
    expect((await remove(`/v1/segments/${low.id}`)).status).toBe(204)
  })

  test.each(['directly', 'in a rule', 'through another'])(
    'keeps its rule from changing once a campaign has started that uses it %s',
    async (how) => {
      const low = await segment({ all: [{ user: { property: 'city', op: 'eq', value: 'Pune' } }] })
      const top = await segment({ any: [{ segment: low.id }] })
      const audiences: Record<string, object> = {
        directly: { segmentId: low.id },
        'in a rule': { rule: { all: [inDelhi, { segment: low.id }] } },
        'through another': { segmentId: top.id },
      }
      const { id } = await campaign(`Used ${how}`, purse.id, { audience: audiences[how] })
      for (const verb of ['pause', 'resume']) {
        const answer = await put(low.id, inDelhi, 'new')
        expectProblem(answer, 409, 'in_use')
        expect(answer.json).toMatchObject({ campaigns: [id], segments: [] })
        await ok('POST', `/v1/campaigns/${id}/${verb}`)
      }
      const reordered = { all: [{ user: { value: 'Pune', op: 'eq', property: 'city' } }] }
      const renamed = await put(low.id, reordered, 'new')
      expect(renamed).toMatchObject({ status: 200, json: { name: 'new', rule: low.rule } })
      await ok('POST', `/v1/campaigns/${id}/stop`)
      expect((await put(low.id, inDelhi)).json).toMatchObject({ rule: inDelhi, usedBy: { campaigns: [] } })
    },
  )

  test('while a campaign is only planned, the rule may change', async () => {
    const { id } = await segment(inPune)
    await draft({ segmentId: id })
    await campaign('Planned', purse.id, {
      audience: { segmentId: id },
      schedule: { start: '2099-01-01T00:00:00Z', end: 'never' },
    })
    const answer = await put(id, inDelhi)
    expect(answer).toMatchObject({ status: 200, json: { rule: inDelhi } })
    expect(answer.json.usedBy.campaigns).toHaveLength(2)
  })

  test('who names a segment while it is deleted is refused, or it is not deleted', async () => {
    for (let round = 0; round < 10; round++) {
      const { id } = await segment(inPune)
      const [made, deleted] = await Promise.all([
        call('POST', '/v1/segments', { name: 'N', rule: { segment: id } }),
        remove(`/v1/segments/${id}`),
      ])
      expect([
        [201, 409],
        [422, 204],
      ]).toContainEqual([made.status, deleted.status])
    }
  })
})
