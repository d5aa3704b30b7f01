import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addToTally,
  emptyTally,
  type Judged,
  judge,
  type LimitReason,
  type Limits,
  limitChecks,
  type Periods,
  type Tally,
  takeFromTally,
} from './limits.ts'

const DAY = 86_400_000
const periods = (startMs = DAY): Periods => {
  const span = { startMs, endMs: startMs + DAY }
  return { day: span, week: span, month: span }
}
const unlimited: Limits = {
  perUser: {},
  perCampaign: {},
  budget: { campaign: null, user: null, policy: 'truncate' },
}

/** A tally of so many grants of so many units each, all in the present periods. */
function tallyOf(grants: number, units = 0): Tally {
  const tally = emptyTally()
  for (let n = 0; n < grants; n++) addToTally(tally, periods(), units)
  return tally
}

function judged(more: Partial<Judged> = {}): Judged {
  return {
    limits: unlimited,
    periods: periods(),
    user: emptyTally(),
    campaign: emptyTally(),
    award: 10,
    nothingLeft: undefined,
    ...more,
  }
}

const ten = { total: 1, day: 1, week: 1, month: 1 }
const everything: Limits = {
  perUser: ten,
  perCampaign: ten,
  budget: { campaign: 10, user: 10, policy: 'truncate' },
}

describe('the order of checks', () => {
  /** Everything refuses; whatever refuses first is then lifted, one after the other. */
  const lifts: [LimitReason, (given: Judged) => Judged][] = [
    ['user_limit_total', (given) => lift(given, 'perUser', 'total')],
    ['user_limit_day', (given) => lift(given, 'perUser', 'day')],
    ['user_limit_week', (given) => lift(given, 'perUser', 'week')],
    ['user_limit_month', (given) => lift(given, 'perUser', 'month')],
    ['property_missing', (given) => ({ ...given, award: 'amount_zero' })],
    ['amount_zero', (given) => ({ ...given, award: 10 })],
    ['user_budget', (given) => budgets(given, { user: null })],
    ['campaign_limit_total', (given) => lift(given, 'perCampaign', 'total')],
    ['campaign_limit_day', (given) => lift(given, 'perCampaign', 'day')],
    ['campaign_limit_week', (given) => lift(given, 'perCampaign', 'week')],
    ['campaign_limit_month', (given) => lift(given, 'perCampaign', 'month')],
    ['campaign_budget', (given) => budgets(given, { campaign: null })],
    ['out_of_stock', (given) => ({ ...given, nothingLeft: undefined })],
  ]

  function lift(given: Judged, who: 'perUser' | 'perCampaign', period: keyof typeof ten): Judged {
    return { ...given, limits: { ...given.limits, [who]: { ...given.limits[who], [period]: null } } }
  }

  function budgets(given: Judged, change: Partial<Limits['budget']>): Judged {
    return { ...given, limits: { ...given.limits, budget: { ...given.limits.budget, ...change } } }
  }

  test('is that of the product, and the first that applies is the one reason', () => {
    const spent = { user: tallyOf(1, 10), campaign: tallyOf(1, 10) }
    let given = judged({
      ...spent,
      limits: everything,
      award: 'property_missing',
      nothingLeft: 'out_of_stock',
    })
    for (const [reason, lifted] of lifts) {
      expect(judge(given)).toEqual({ refused: reason })
      given = lifted(given)
    }
    expect(judge(given)).toEqual({ units: 10 })
  })

  test('names each check once', () => {
    const names = limitChecks.map((check) => check.name)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('counts', () => {
  test.each([
    [0, undefined],
    [1, undefined],
    [2, 'user_limit_day'],
    [3, 'user_limit_day'],
  ])('%i of 2 a day', (count, refused) => {
    const given = judged({ limits: { ...unlimited, perUser: { day: 2 } }, user: tallyOf(count) })
    expect(judge(given)).toEqual(refused === undefined ? { units: 10 } : { refused })
  })

  test.each([null, undefined])('%s is unlimited', (limit) => {
    const perUser = limit === undefined ? {} : { total: limit }
    expect(judge(judged({ limits: { ...unlimited, perUser }, user: tallyOf(1_000) }))).toEqual({ units: 10 })
  })

  test('another period starts at nought, the total does not', () => {
    const limits = { ...unlimited, perUser: { day: 1 } }
    const user = tallyOf(1)
    expect(judge(judged({ limits, user }))).toEqual({ refused: 'user_limit_day' })
    expect(judge(judged({ limits, user, periods: periods(2 * DAY) }))).toEqual({ units: 10 })
    const total = { ...unlimited, perUser: { total: 1 } }
    expect(judge(judged({ limits: total, user, periods: periods(2 * DAY) }))).toEqual({
      refused: 'user_limit_total',
    })
  })

  test('judging touches nothing', () => {
    const given = judged({ limits: everything })
    const before = structuredClone(given)
    judge(given)
    expect(given).toEqual(before)
  })
})

describe('budgets', () => {
  // M8, and around it: who has the budget, its policy, what of 5,000 is used, what is asked → the verdict
  test.each<['campaign' | 'user', 'truncate' | 'reject', number, number, number | 'refused']>([
    ['campaign', 'truncate', 4_990, 50, 10],
    ['campaign', 'reject', 4_990, 50, 'refused'],
    ['campaign', 'truncate', 4_950, 50, 50],
    ['campaign', 'reject', 4_950, 50, 50],
    ['campaign', 'truncate', 5_000, 50, 'refused'],
    ['campaign', 'truncate', 5_010, 50, 'refused'],
    ['campaign', 'truncate', 4_999, 1, 1],
    ['user', 'truncate', 4_990, 50, 10],
    ['user', 'reject', 4_990, 50, 'refused'],
    ['user', 'truncate', 5_000, 1, 'refused'],
  ])('a %s budget that %ss: used %i, asked %i → %s', (who, policy, used, award, expected) => {
    const budget = { campaign: null, user: null, policy, [who]: 5_000 }
    const given = judged({ award, limits: { ...unlimited, budget }, [who]: tallyOf(1, used) })
    expect(judge(given)).toEqual(expected === 'refused' ? { refused: `${who}_budget` } : { units: expected })
  })

  test('what the budget of the user has cut is what the budget of the campaign is asked for', () => {
    const budget = { campaign: 100, user: 30, policy: 'truncate' } as const
    const given = { limits: { ...unlimited, budget }, award: 50 }
    expect(judge(judged({ ...given, campaign: tallyOf(1, 80) }))).toEqual({ units: 20 })
    expect(judge(judged({ ...given, campaign: tallyOf(1, 60) }))).toEqual({ units: 30 })
  })

  test('a reward without an amount has no budget', () => {
    expect(judge(judged({ award: null, limits: { ...unlimited, budget: everything.budget } }))).toEqual({
      units: null,
    })
  })
})

test('taking grants back out, in any order, leaves what would be without them', () => {
  const grant = fc.record({
    day: fc.integer({ min: 0, max: 3 }),
    units: fc.integer({ min: 1, max: 9 }),
    keep: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 20 }), (grants) => {
      // Time only moves forward; taking back happens at any time after.
      const inTime = grants.toSorted((one, other) => one.day - other.day)
      const all = emptyTally()
      for (const { day, units } of inTime) addToTally(all, periods(day * DAY), units)
      for (const { day, units, keep } of inTime) if (!keep) takeFromTally(all, periods(day * DAY), units)
      const kept = inTime.filter(({ keep }) => keep)
      const today = (inTime.at(-1)?.day ?? 0) * DAY
      expect(all.total).toBe(kept.length)
      expect(all.units).toBe(kept.reduce((sum, { units }) => sum + units, 0))
      const ofToday = kept.filter(({ day }) => day * DAY === today).length
      for (const period of ['day', 'week', 'month'] as const) {
        expect(all[period].startMs === today ? all[period].count : 0).toBe(ofToday)
      }
    }),
  )
})
