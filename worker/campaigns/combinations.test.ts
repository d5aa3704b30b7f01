import { describe, expect, test } from 'vitest'
import { campaignDefinitionSchema } from './contract.ts'

const points = { type: 'points', walletId: 'wal_1', scheme: { kind: 'flat', value: 10 } }
const campaign = {
  name: 'N',
  qualification: 'live',
  trigger: { event: 'Charged' },
  reward: points,
  schedule: { start: 'now' },
}

const pathsOf = (more: object): string[] => {
  const result = campaignDefinitionSchema.safeParse({ ...campaign, ...more })
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join('.'))
}

test('the plain one is taken, and its end is never', () => {
  expect(pathsOf({})).toEqual([])
  expect(campaignDefinitionSchema.parse(campaign).schedule.end).toBe('never')
})

// what is written → the paths that are refused
test.each<[object, string[]]>([
  [{ trigger: undefined }, ['trigger']],
  [{ trigger: { event: 'Charged', same: 'Product ID' } }, ['trigger.same']],
  [{ schedule: { start: 'now', deliver: 'userTime' } }, ['schedule.deliver']],
  [
    { schedule: { start: 'now', ifPast: 'skip', fallback: '18:00' } },
    ['schedule.ifPast', 'schedule.fallback'],
  ],
  [{ limits: { budget: { user: 5 } } }, ['limits.budget.user']],
  [{ limits: { budget: { user: null, campaign: 5 } } }, []],
  [{ reward: { type: 'coupon', couponId: 'cpn_1' }, limits: { budget: { campaign: 5 } } }, ['limits.budget']],
  [{ reward: { ...points, maxPerReward: 5 } }, ['reward.maxPerReward']],
  [{ reward: { ...points, scheme: { kind: 'flat', value: 0 } } }, ['reward.scheme.value']],
  [
    { reward: { ...points, metadata: [{ system: 'orderId' }, { key: 'orderId', value: 'x' }] } },
    ['reward.metadata.1.key'],
  ],
  [{ reward: { type: 'cash' } }, ['reward.type']],
  [{ limits: { perUser: { total: 0 } } }, ['limits.perUser.total']],
  [{ limits: { perUser: { total: 1.5 } } }, ['limits.perUser.total']],
  [{ limits: { perUser: { total: '1' } } }, ['limits.perUser.total']],
  [{ limits: { perUser: { year: 1 } } }, ['limits.perUser']],
  [{ limits: { budget: { campaign: 0 } } }, ['limits.budget.campaign']],
  [{ limits: { perUser: { total: null }, perCampaign: {} } }, []],
  [{ schedule: { start: 'now', timezone: '+05:30' } }, ['schedule.timezone']],
  [{ name: '' }, ['name']],
])('%j', (more, paths) => {
  expect(pathsOf(more).sort()).toEqual([...paths].sort())
})

const rule = { did: { event: 'Charged' } }
const at = { start: '2026-12-24T18:00', timezone: 'Asia/Kolkata' }
const userTime = { ...at, deliver: 'userTime' }
const bestTime = { start: '2026-12-24', deliver: 'bestTime' }
const custom = { type: 'custom', endpointId: 'ept_1', itemId: 'itm_1' }

describe.each([
  ['past', { audience: { rule } }],
  ['list', { audience: { listId: 'lst_1' } }],
])('a %s campaign', (qualification, who) => {
  const plain = { qualification, trigger: undefined, ...who }

  test.each<[object]>([
    [{}],
    [{ schedule: { start: 'now', end: 'never' } }],
    [{ schedule: { start: '2026-12-24T18:00:00+05:30' } }],
    [{ schedule: { start: '2026-12-24' } }],
    [{ schedule: { ...at, deliver: 'account' } }],
    [{ schedule: userTime }],
    [{ schedule: { ...userTime, start: '2026-12-24T18:00:30', ifPast: 'skip' } }],
    [{ schedule: { ...userTime, ifPast: 'nextDay' } }],
    [{ schedule: bestTime }],
    [{ schedule: { ...bestTime, ifPast: 'nextDay', fallback: '09:30' } }],
    [{ limits: { perCampaign: { total: 5, day: 2 }, budget: { campaign: 50 } } }],
    [{ limits: { perUser: { total: null, day: null } } }],
    [{ reward: { type: 'coupon', couponId: 'cpn_1' } }],
    [{ reward: custom, limits: { perUser: { total: 1, week: 1 }, perCampaign: { month: 1_000 } } }],
  ])('may have %j', (more) => {
    expect(pathsOf({ ...plain, ...more })).toEqual([])
  })

  // what is written → the paths that are refused
  test.each<[object, string[]]>([
    [{ trigger: { event: 'Charged' } }, ['trigger']],
    [{ trigger: { event: 'Charged', unless: { event: 'Paid', within: 'PT1H' } } }, ['trigger']],
    [{ audience: undefined }, ['audience']],
    [{ audience: { listId: 'lst_1', segmentId: 'seg_1' } }, ['audience']],
    [{ schedule: { start: 'now', end: '2026-12-31' } }, ['schedule.end']],
    [{ schedule: { ...userTime, end: '2026-12-31' } }, ['schedule.end']],
    [{ schedule: { ...userTime, start: 'now' } }, ['schedule.start']],
    [{ schedule: { ...userTime, start: '2026-12-24' } }, ['schedule.start']],
    [{ schedule: { ...userTime, start: '2026-12-24T18:00:00Z' } }, ['schedule.start']],
    [{ schedule: { ...userTime, start: '2026-12-24T18:00+05:30' } }, ['schedule.start']],
    [{ schedule: { ...userTime, start: '2026-02-30T18:00' } }, ['schedule.start']],
    [{ schedule: { ...userTime, start: '2026-12-24T24:00' } }, ['schedule.start']],
    [{ schedule: { ...userTime, fallback: '18:00' } }, ['schedule.fallback']],
    [{ schedule: { ...bestTime, start: 'now' } }, ['schedule.start']],
    [{ schedule: { ...bestTime, start: '2026-12-24T18:00' } }, ['schedule.start']],
    [{ schedule: { ...bestTime, start: '2026-02-29' } }, ['schedule.start']],
    [{ schedule: { ...bestTime, fallback: '24:00' } }, ['schedule.fallback']],
    [{ schedule: { ...bestTime, fallback: '9:30' } }, ['schedule.fallback']],
    [{ schedule: { ...bestTime, ifPast: 'later' } }, ['schedule.ifPast']],
    [{ schedule: { ...at, ifPast: 'skip', fallback: '18:00' } }, ['schedule.ifPast', 'schedule.fallback']],
    [{ schedule: { ...at, deliver: 'local' } }, ['schedule.deliver']],
    [{ schedule: { ...at, timezone: 'Mars/Olympus' } }, ['schedule.timezone']],
    [{ limits: { perUser: { total: 1 } } }, ['limits.perUser']],
    [{ limits: { perUser: { day: 1, total: null } } }, ['limits.perUser']],
    [{ reward: { type: 'coupon', couponId: 'cpn_1' }, limits: { perUser: { week: 1 } } }, ['limits.perUser']],
    [{ limits: { budget: { user: 5 } } }, ['limits.budget.user']],
  ])('may not have %j', (more, paths) => {
    expect(pathsOf({ ...plain, ...more }).sort()).toEqual([...paths].sort())
  })

  // Amounts that are worked out from an event need one.
  test.each([
    { kind: 'percentage', percent: 10, of: 'Amount' },
    { kind: 'proportional', value: 1, per: 10, of: 'Amount' },
  ])('may not have the scheme %j', (scheme) => {
    expect(pathsOf({ ...plain, reward: { ...points, scheme } })).toEqual(['reward.scheme.kind'])
  })
})

test('a list campaign takes a list and nothing else; a past campaign takes any audience', () => {
  const list = { qualification: 'list', trigger: undefined }
  expect(pathsOf({ ...list, audience: { rule } })).toEqual(['audience.listId'])
  expect(pathsOf({ ...list, audience: { segmentId: 'seg_1' } })).toEqual(['audience.listId'])
  expect(pathsOf({ ...list, qualification: 'past', audience: { segmentId: 'seg_1' } })).toEqual([])
  expect(pathsOf({ ...list, qualification: 'past', audience: { listId: 'lst_1' } })).toEqual([])
  expect(pathsOf({ ...list, qualification: 'past', audience: {} })).toEqual(['audience'])
  expect(pathsOf({ ...list, qualification: 'past', audience: { rule: {} } })).toEqual(['audience.rule'])
})

describe('inaction', () => {
  const trigger = (unless: object, more: object = {}) => ({ trigger: { event: 'Added', unless, ...more } })
  const paid = (within: string) => ({ event: 'Paid', within })

  test.each(['PT1M', 'PT60S', 'P90D', 'PT2160H', 'P12W', 'P1DT30M', 'PT90.5S'])('may wait %s', (within) => {
    expect(pathsOf(trigger(paid(within)))).toEqual([])
  })

  test.each([
    'PT59S',
    'PT59.999S',
    'PT0S',
    'P91D',
    'P90DT1S',
    'P13W',
    'P1M',
    'P1Y',
    'P0M',
    '-PT5M',
    '30',
    'pt5m',
    '',
  ])('may not wait %j', (within) => {
    const paths = new Set(pathsOf(trigger(paid(within))))
    expect([...paths]).toEqual(['trigger.unless.within'])
  })

  test.each<[object, string[]]>([
    [trigger(paid('PT5M'), { same: 'cart', where: [{ property: 'n', op: 'gt', value: 1 }] }), []],
    [trigger({ ...paid('PT5M'), where: [{ property: 'n', op: 'exists' }] }), []],
    [trigger({ ...paid('PT5M'), event: 'Added' }), []],
    [trigger({ event: 'Paid' }), ['trigger.unless.within']],
    [trigger({ within: 'PT5M' }), ['trigger.unless.event']],
    [trigger({ ...paid('PT5M'), same: 'cart' }), ['trigger.unless']],
    [trigger(paid('PT5M'), { same: '' }), ['trigger.same']],
    [trigger(paid('PT5M'), { same: 'Items[].sku' }), ['trigger.same']],
    [
      trigger({ ...paid('PT5M'), where: [{ property: 'n', op: 'like', value: 1 }] }),
      ['trigger.unless.where.0.op'],
    ],
    [{ ...trigger(paid('PT5M')), limits: { perUser: { total: 1, day: 1 } } }, []],
  ])('%j', (more, paths) => {
    expect(pathsOf(more).sort()).toEqual([...paths].sort())
  })

  test.each([
    { kind: 'percentage', percent: 10, of: 'Amount' },
    { kind: 'proportional', value: 1, per: 10, of: 'Amount' },
  ])('may not have the scheme %j', (scheme) => {
    expect(pathsOf({ ...trigger(paid('PT5M')), reward: { ...points, scheme } })).toEqual([
      'reward.scheme.kind',
    ])
  })
})
