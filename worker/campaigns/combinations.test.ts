import { expect, test } from 'vitest'
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

test.each(['past', 'list'])('%s campaigns do not exist yet, and say so', (qualification) => {
  expect(pathsOf({ qualification })).toEqual(['qualification'])
})
