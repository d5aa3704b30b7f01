import type { Period, Span } from '../platform/calendar.ts'
import type { LimitsByPeriod } from '../platform/contract.ts'
import type { NoAward } from '../rewards/schemes.ts'

/** Everything that a campaign's ledger can refuse for, once the campaign runs. The order is the order of checks. */
export type LimitReason =
  | 'user_limit_total'
  | 'user_limit_day'
  | 'user_limit_week'
  | 'user_limit_month'
  | NoAward
  | 'user_budget'
  | 'campaign_limit_total'
  | 'campaign_limit_day'
  | 'campaign_limit_week'
  | 'campaign_limit_month'
  | 'campaign_budget'
  | 'out_of_stock'
  | 'reward_inactive'

/** The limits of a campaign. Budgets are units of the purse's smallest part; null or absent is unlimited. */
export interface Limits {
  perUser: LimitsByPeriod
  perCampaign: LimitsByPeriod
  budget: { campaign: number | null; user: number | null; policy: 'truncate' | 'reject' }
}

/** The calendar day, week and month of a decision, in the campaign's zone. */
export type Periods = Record<Period, Span>

/** How often and how much somebody (a user, or the whole campaign) was granted. */
export interface Tally {
  total: number
  units: number
  /** The period that was last counted in, and how often; a later period starts at nought. */
  day: PeriodCount
  week: PeriodCount
  month: PeriodCount
}

interface PeriodCount {
  startMs: number
  count: number
}

/** What is being judged. `units` shrinks as budgets cut it. */
export interface Judged {
  limits: Limits
  periods: Periods
  user: Tally
  campaign: Tally
  /** What the scheme awards, or why nothing; null for a reward that has no amount. */
  award: number | NoAward | null
  /** Why there is nothing left to give, once that is known. */
  nothingLeft: 'out_of_stock' | 'reward_inactive' | undefined
}

/** The outcome of one check: passed with what is left of the award, or refused; either way in words. */
export interface Checked {
  units: number | null
  refused: LimitReason | undefined
  detail: () => string
}

/** One check of the order. */
export interface LimitCheck {
  name: string
  run: (judged: Judged, units: number | null) => Checked
}

/** A tally of nothing. */
export function emptyTally(): Tally {
  const none = () => ({ startMs: 0, count: 0 })
  return { total: 0, units: 0, day: none(), week: none(), month: none() }
}

/** How often a tally counted in the period that starts at `startMs`. */
function countIn(tally: Tally, period: Period, startMs: number): number {
  return tally[period].startMs === startMs ? tally[period].count : 0
}

function totalCheck(who: 'user' | 'campaign'): LimitCheck {
  return {
    name: `${who}_limit_total`,
    run: ({ limits, user, campaign }, units) => {
      const limit = (who === 'user' ? limits.perUser : limits.perCampaign).total ?? null
      const { total } = who === 'user' ? user : campaign
      return countChecked(`${who}_limit_total`, total, limit, units, 'in all')
    },
  }
}

function periodCheck(who: 'user' | 'campaign', period: Period): LimitCheck {
  return {
    name: `${who}_limit_${period}`,
    run: ({ limits, periods, user, campaign }, units) => {
      const limit = (who === 'user' ? limits.perUser : limits.perCampaign)[period] ?? null
      const count = countIn(who === 'user' ? user : campaign, period, periods[period].startMs)
      return countChecked(`${who}_limit_${period}`, count, limit, units, `this ${period}`)
    },
  }
}

function countChecked(
  reason: LimitReason,
  count: number,
  limit: number | null,
  units: number | null,
  when: string,
): Checked {
  return {
    units,
    refused: limit !== null && count >= limit ? reason : undefined,
    detail: () => `granted ${count} of ${limit ?? 'unlimited'} ${when}`,
  }
}

const amountCheck: LimitCheck = {
  name: 'amount',
  run: ({ award }) =>
    typeof award === 'string'
      ? { units: null, refused: award, detail: () => `the scheme gives nothing: ${award}` }
      : {
          units: award,
          refused: undefined,
          detail: () => (award === null ? 'this reward has no amount' : `${award} units`),
        },
}

function budgetCheck(who: 'user' | 'campaign'): LimitCheck {
  return {
    name: `${who}_budget`,
    run: ({ limits, user, campaign }, units) => {
      const budget = limits.budget[who]
      const used = (who === 'user' ? user : campaign).units
      if (budget === null || units === null) {
        return { units, refused: undefined, detail: () => `used ${used} of unlimited units` }
      }
      const left = Math.max(0, budget - used)
      const falls = left === 0 || (units > left && limits.budget.policy === 'reject')
      return {
        units: Math.min(units, left),
        refused: falls ? `${who}_budget` : undefined,
        detail: () => `used ${used} of ${budget} units, ${units} are asked for`,
      }
    },
  }
}

const stockCheck: LimitCheck = {
  name: 'stock',
  run: ({ nothingLeft }, units) => ({
    units,
    refused: nothingLeft,
    detail: () =>
      nothingLeft === undefined ? 'there is something to give' : nothingLeft.replaceAll('_', ' '),
  }),
}

/** The checks in their order (product rule): the first that refuses is the one reason that is reported. */
export const limitChecks: readonly LimitCheck[] = [
  totalCheck('user'),
  periodCheck('user', 'day'),
  periodCheck('user', 'week'),
  periodCheck('user', 'month'),
  amountCheck,
  budgetCheck('user'),
  totalCheck('campaign'),
  periodCheck('campaign', 'day'),
  periodCheck('campaign', 'week'),
  periodCheck('campaign', 'month'),
  budgetCheck('campaign'),
  stockCheck,
]

/** The verdict on a grant: how many units it gives (null for a reward without an amount), or why it is refused. */
export type Verdict = { units: number | null } | { refused: LimitReason }

/** Judges one grant against all limits. Pure: the tallies are not touched, see {@link addToTally}. */
export function judge(judged: Judged): Verdict {
  let units: number | null = null
  for (const check of limitChecks) {
    const checked = check.run(judged, units)
    if (checked.refused !== undefined) return { refused: checked.refused }
    units = checked.units
  }
  return { units }
}

/** Counts one grant. */
export function addToTally(tally: Tally, periods: Periods, units: number | null): void {
  tally.total += 1
  tally.units += units ?? 0
  for (const period of ['day', 'week', 'month'] as const) {
    const { startMs } = periods[period]
    tally[period] = { startMs, count: countIn(tally, period, startMs) + 1 }
  }
}

/** Takes one grant back out of the count, in the periods it was counted in. */
export function takeFromTally(tally: Tally, periods: Periods, units: number | null): void {
  tally.total -= 1
  tally.units -= units ?? 0
  for (const period of ['day', 'week', 'month'] as const) {
    if (tally[period].startMs === periods[period].startMs) tally[period].count -= 1
  }
}
