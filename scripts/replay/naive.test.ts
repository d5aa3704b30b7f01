import { expect, test } from 'vitest'
import { firstDays, type Purchase } from './history.ts'
import { decideNaively, type Rules } from './naive.ts'

const RULES: Rules = {
  minimum: 20,
  value: 7,
  perUser: { total: 3, day: 1, month: 2 },
  perCampaign: { day: 2 },
  budget: 40,
}

/** The naive program is the judge of the product, so it is itself judged by a table made by hand. */
const TABLE: [day: string, user: string, amount: number, should: string][] = [
  ['1997-01-01', 'a', 19.99, 'not mentioned'],
  ['1997-01-01', 'a', 20, '7'],
  ['1997-01-01', 'a', 50, 'user_limit_day'],
  ['1997-01-01', 'b', 50, '7'],
  ['1997-01-01', 'c', 50, 'campaign_limit_day'],
  ['1997-01-02', 'a', 50, '7'],
  ['1997-01-03', 'a', 50, 'user_limit_month'],
  ['1997-02-01', 'a', 50, '7'],
  ['1997-02-01', 'a', 50, 'user_limit_total'],
  ['1997-02-02', 'b', 50, '7'],
  ['1997-02-02', 'c', 50, '5 of 7'],
  ['1997-02-02', 'd', 50, 'campaign_limit_day'],
  ['1997-02-03', 'd', 50, 'campaign_budget'],
]

test('the naive program decides a table as a person would', () => {
  const history: Purchase[] = TABLE.map(([day, userId, amount], at) => ({
    id: String(at),
    day,
    userId,
    amount,
  }))
  const { expected, ...totals } = decideNaively(history, RULES)
  const told = expected.map((one) => {
    if (one.outcome === 'granted') return `${one.value}${one.asked === undefined ? '' : ` of ${one.asked}`}`
    return one.outcome === 'refused' ? one.reason : one.outcome
  })
  expect(told).toEqual(TABLE.map(([, , , should]) => should))
  expect(totals).toMatchObject({ granted: 6, sum: 40, users: 3 })
})

test('first days count only days with purchases', () => {
  const history = ['1', '1', '3', '7'].map((day, at) => ({ id: String(at), day, userId: 'u', amount: 1 }))
  expect(firstDays(history, 2).map(({ day }) => day)).toEqual(['1', '1', '3'])
})
