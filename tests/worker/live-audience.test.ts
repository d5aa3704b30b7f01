import { beforeAll, describe, expect, test } from 'vitest'
import { recordStep } from '../../worker/ingest/recordStep.ts'
import { now } from '../../worker/platform/clock.ts'
import { usersDb } from '../../worker/platform/databases.ts'
import { readMeta } from '../../worker/platform/settings.ts'
import { call, campaign, clock, env, inFlight, ok, send, wallet } from './boon.ts'
import { campaignNow, setUpAt, userAt } from './records.ts'

beforeAll(() => setUpAt('2026-05-10T12:00:00Z'))
let walletId = ''
beforeAll(async () => {
  walletId = (await wallet()).id
})

const outcomes = (answer: { decisions: { outcome: string; reason?: string }[] }) =>
  answer.decisions.map(({ outcome, reason }) => reason ?? outcome)

const times = (event: string, op: string, value: number, within?: object) => ({
  did: { event, times: { op, value }, ...(within === undefined ? {} : { within }) },
})

describe('the audience of a live campaign', () => {
  test('the third purchase this month is the third, the triggering one included, whatever shares its batch', async () => {
    await campaign('Bought', walletId, {
      audience: { rule: { all: [times('Bought', 'eq', 3, { from: '2026-05-01' })] } },
    })
    const bought = (userId: string, n: number) => ({ id: `${userId}-${n}`, userId, name: 'Bought' })
    const users = [userAt(0, 'third-a'), userAt(1, 'third-b')]
    await send(users.map((userId) => ({ userId, name: 'Bought', timestamp: '2026-04-30T23:59:59Z' })))
    const events = [1, 2, 3, 4].flatMap((n) => users.map((userId) => bought(userId, n)))
    const no = 'not_in_audience'
    expect(outcomes(await send(events))).toEqual([no, no, no, no, 'granted', 'granted', no, no])
    // Sent again, all are answered as they were.
    expect(outcomes(await send(events))).toEqual([no, no, no, no, 'granted', 'granted', no, no])
  })

  test('exactly one of ten purchases that race is the third', async () => {
    const { id } = await campaign('Raced', walletId, { audience: { rule: times('Raced', 'eq', 3) } })
    const answers = await inFlight(
      10,
      Array.from({ length: 10 }, (_, n) => () => send([{ id: `r${n}`, userId: 'racer', name: 'Raced' }])),
    )
    expect(answers.flatMap(outcomes).filter((outcome) => outcome === 'granted')).toHaveLength(1)
    expect((await campaignNow(id)).stats).toMatchObject({ granted: 1, refused: { not_in_audience: 9 } })
  })

  test('who somebody is counts as it is at that moment, by a segment or in place', async () => {
    const segment = await ok('POST', '/v1/segments', {
      name: 'Pune',
      rule: { user: { property: 'city', op: 'eq', value: 'pune' } },
    })
    await campaign('Visited', walletId, { audience: { segmentId: segment.id } })
    const visit = () => send([{ userId: 'mover', name: 'Visited' }]).then(outcomes)
    expect(await visit()).toEqual(['not_in_audience'])
    await ok('PUT', '/v1/users/mover', { properties: { city: 'Pune' } })
    expect(await visit()).toEqual(['granted'])
    await ok('PUT', '/v1/users/mover', { properties: { city: null } })
    expect(await visit()).toEqual(['not_in_audience'])
  })

  test('a rule on what campaigns gave sees grants', async () => {
    await campaign('First', walletId)
    await campaign('Second', walletId, {
      audience: { rule: { didNot: { event: 'CT Points Credited', within: { last: 'P1D' } } } },
    })
    expect(outcomes(await send([{ userId: 'rewarded', name: 'Second' }]))).toEqual(['granted'])
    expect(outcomes(await send([{ userId: 'rewarded', name: 'Second' }]))).toEqual(['not_in_audience'])
    await clock('P1DT1S')
    expect(outcomes(await send([{ userId: 'rewarded', name: 'Second' }]))).toEqual(['granted'])
  })

  test('what it names must be there', async () => {
    const answer = await call('POST', '/v1/campaigns', {
      name: 'N',
      qualification: 'live',
      trigger: { event: 'E' },
      audience: { rule: { all: [{ any: [{ segment: 'seg_none' }] }] } },
      reward: { type: 'points', walletId, scheme: { kind: 'flat', value: 1 } },
      schedule: { start: 'now' },
    })
    expect(answer.status).toBe(422)
    expect(answer.json.issues).toEqual([
      { path: 'audience.rule.all.0.any.0.segment', message: 'there is no segment seg_none' },
    ])
  })
})

describe('a try-out', () => {
  test('says leaf by leaf what was found', async () => {
    const { id } = await campaign('Charged', walletId, {
      audience: {
        rule: {
          all: [
            times('Charged', 'gte', 3, { last: 'P30D' }),
            { didNot: { event: 'App Uninstalled' } },
            { user: { property: 'city', op: 'in', value: ['Mumbai'] } },
            {
              any: [
                { did: { event: 'Charged', sum: { property: 'Amount', op: 'gte', value: 100 } } },
                { not: { user: { property: 'vip', op: 'exists' } } },
              ],
            },
            { interest: { event: 'Charged', property: 'Category', value: 'shoes', share: 40 } },
          ],
        },
      },
    })
    await ok('PUT', '/v1/users/tester', { properties: { city: 'Pune' } })
    await send([
      { userId: 'tester', name: 'Charged', properties: { Amount: 30 } },
      { userId: 'tester', name: 'App Uninstalled' },
    ])
    const event = { properties: { Amount: 5.5, Category: 'Shoes' } }
    const { outcome, reason, trace } = await ok('POST', `/v1/campaigns/${id}/test`, {
      userId: 'tester',
      event,
    })
    expect({ outcome, reason }).toEqual({ outcome: 'refused', reason: 'not_in_audience' })
    const audience = trace.filter(({ check }: { check: string }) => check.startsWith('audience'))
    expect(
      audience.map(({ check, passed, detail }: { check: string; passed: boolean; detail: string }) => [
        check,
        passed,
        detail,
      ]),
    ).toEqual([
      ['audience', false, 'tester does not belong to the audience'],
      ['audience.rule.all.0.did', false, 'did Charged 2 times in 30 days, needs at least 3'],
      ['audience.rule.all.1.didNot', false, 'did App Uninstalled 1 time, needs less than 1'],
      ['audience.rule.all.2.user', false, 'city is "Pune", needs one of ["Mumbai"]'],
      ['audience.rule.all.3.any.0.did', false, 'did Charged for 35.5 Amount in all, needs at least 100'],
      ['audience.rule.all.3.any.1.not.user', true, 'vip is missing, needs not to be there'],
      ['audience.rule.all.4.interest', true, '1 of 2 Charged have Category "shoes", needs at least 40 %'],
    ])
    // Nothing of it has happened.
    expect((await ok('GET', '/v1/users/tester/timeline')).data).toHaveLength(2)
  })
})

test('a try-out of inaction is not triggered by an event that has nothing to share', async () => {
  const trigger = { event: 'Added', unless: { event: 'Paid', within: 'PT1H' }, same: 'cart' }
  const { id } = await campaign('Added', walletId, { trigger })
  const tryOut = (properties: object) =>
    ok('POST', `/v1/campaigns/${id}/test`, { userId: 'u', event: { properties } })
  expect(await tryOut({ cart: 'c1' })).toMatchObject({ outcome: 'waiting', reward: { value: 10 } })
  expect(await tryOut({ cart: ['c1'] })).toMatchObject({
    outcome: 'not_triggered',
    trace: [{ check: 'trigger', passed: false, detail: 'Added has no cart to share with Paid' }],
  })
})

describe('no limit of the database is reached by a legal rule', () => {
  const long = 'x'.repeat(200)
  const where = (n: number, of: (n: number) => object) => Array.from({ length: n }, (_, i) => of(i))
  const conditions: Record<string, (n: number) => object> = {
    lists: (n) => ({ property: `L"${n}[].p\\${n}`, op: 'notIn', value: ['a', n, true, long] }),
    times: (n) => ({ property: `L"${n}[].p\\${n}`, op: 'before', value: '2026-01-01T00:00:00Z' }),
    texts: (n) => ({ property: `${long}${n}`, op: 'contains', value: `${long}${long}${n}` }),
  }
  const deep = (node: object, levels: number): object =>
    levels === 0 ? node : { not: deep(node, levels - 1) }

  test.each(Object.keys(conditions))(
    '50 leaves of 50 conditions on %s, eight levels deep, with one value',
    async (kind) => {
      const leaf = {
        did: {
          event: 'Huge',
          where: where(50, conditions[kind] ?? (() => ({}))),
          times: { op: 'lt', value: 2 },
        },
      }
      const rule = { ...deep({ any: Array(kind === 'texts' ? 20 : 50).fill(leaf) }, 6), same: 'Product "ID' }
      await send([{ userId: 'huge', name: 'Huge', properties: { 'Product "ID': 'p' } }])
      const answer = await call('POST', '/v1/segments/estimate', { rule })
      expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
      // Whoever has a value at all did it less than twice.
      expect(answer.json.sample).toEqual(['huge'])
    },
  )

  test('a try-out tells of a leaf of 50 conditions with three measures', async () => {
    const measure = (of: string) => ({ property: `L"[].p\\${of}`, op: 'gte', value: 1 })
    const long = { event: 'Huge', where: where(50, conditions['times'] ?? (() => ({}))) }
    const measures = { times: { op: 'gte', value: 1 }, sum: measure('sum'), average: measure('average') }
    const { id } = await campaign('Tried', walletId, {
      audience: { rule: { did: { ...long, ...measures } } },
    })
    const { reason, trace } = await ok('POST', `/v1/campaigns/${id}/test`, { userId: 'huge' })
    expect(reason).toBe('not_in_audience')
    expect(trace.find(({ check }: { check: string }) => check === 'audience.rule.did')).toMatchObject({
      passed: false,
      detail: expect.stringMatching(/0 times, for 0 .* in all, without any .*, needs at least 1 and/),
    })
  })

  test('segments of segments that hold thousands of leaves', async () => {
    const leaf = { did: { event: 'Huge', where: [{ property: 'p', op: 'eq', value: 'q' }] } }
    await send([{ userId: 'met', name: 'Huge', properties: { p: 'Q' } }])
    let inner: object = leaf
    for (let level = 0; level < 4; level++) {
      const rule = { any: [...Array(9).fill(inner), leaf] }
      inner = { segment: (await ok('POST', '/v1/segments', { name: `level ${level}`, rule })).id }
    }
    const rule = { not: inner }
    expect(await ok('POST', '/v1/segments/estimate', { rule })).toMatchObject({ users: (await users()) - 1 })
    expect(await ok('POST', '/v1/segments/estimate', { rule: inner })).toMatchObject({
      users: 1,
      sample: ['met'],
    })
  })

  const users = async () =>
    (await ok('POST', '/v1/segments/estimate', { rule: { not: { user: { property: 'no', op: 'exists' } } } }))
      .of
})

test('an event concerns only the campaigns that listen to its name', async () => {
  const { id } = await campaign('Heard', walletId)
  const waiting = await campaign('Begun', walletId, {
    trigger: { event: 'Begun', unless: { event: 'Heard', within: 'PT1H' } },
  })
  for (let n = 0; n < 20; n++) await campaign(`Elsewhere ${n}`, walletId)
  const concerned = async (name: string) => {
    const event = { id: name, userId: 'q', name, atMs: now(), properties: {} }
    const db = usersDb(env, event.userId)
    const [recorded] = await recordStep(env, db, await readMeta(env), [event], new Set(), now())
    return [recorded?.asking, recorded?.cancels].map((of) => of?.map(({ campaignId }) => campaignId))
  }
  expect(await concerned('Heard')).toEqual([[id], [waiting.id]])
  expect(await concerned('Nobody listens')).toEqual([[], []])
})
