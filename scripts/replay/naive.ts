import type { Purchase } from './history.ts'

/** The campaign that is replayed: flat points for a purchase of at least `minimum`. */
export interface Rules {
  minimum: number
  value: number
  perUser: { total: number; day: number; month: number }
  perCampaign: { day: number }
  /** In points, for the whole campaign. */
  budget: number
}

/** What a purchase should get: nothing said, a reason, or points (with what was asked when the budget cut it). */
export type Expected =
  | { outcome: 'not mentioned' }
  | { outcome: 'refused'; reason: string }
  | { outcome: 'granted'; value: number; asked?: number }

export interface Outcome {
  expected: Expected[]
  granted: number
  sum: number
  users: number
  refused: Record<string, number>
}

/**
 * Decides a whole history with nothing but counters in memory. It shares no code with the product on purpose: two
 * programs that agree on tens of thousands of decisions are unlikely to be wrong in the same way.
 */
export function decideNaively(history: Purchase[], rules: Rules): Outcome {
  const counts = new Map<string, number>()
  const count = (...key: string[]) => counts.get(key.join(' ')) ?? 0
  const add = (...key: string[]) => counts.set(key.join(' '), count(...key) + 1)
  const outcome: Outcome = { expected: [], granted: 0, sum: 0, users: 0, refused: {} }

  for (const { userId, day, amount } of history) {
    if (amount < rules.minimum) {
      outcome.expected.push({ outcome: 'not mentioned' })
      continue
    }
    const month = day.slice(0, 7)
    const left = rules.budget - outcome.sum
    let reason: string | undefined
    if (count('user', userId) >= rules.perUser.total) reason = 'user_limit_total'
    else if (count('user', userId, 'day', day) >= rules.perUser.day) reason = 'user_limit_day'
    else if (count('user', userId, 'month', month) >= rules.perUser.month) reason = 'user_limit_month'
    else if (count('campaign', 'day', day) >= rules.perCampaign.day) reason = 'campaign_limit_day'
    else if (left <= 0) reason = 'campaign_budget'

    if (reason !== undefined) {
      outcome.expected.push({ outcome: 'refused', reason })
      outcome.refused[reason] = (outcome.refused[reason] ?? 0) + 1
      continue
    }
    const value = Math.min(rules.value, left)
    outcome.expected.push({
      outcome: 'granted',
      value,
      ...(value < rules.value ? { asked: rules.value } : {}),
    })
    outcome.granted += 1
    outcome.sum += value
    if (count('user', userId) === 0) outcome.users += 1
    add('user', userId)
    add('user', userId, 'day', day)
    add('user', userId, 'month', month)
    add('campaign', 'day', day)
  }
  return outcome
}
