import { rounded } from '../platform/decimal.ts'
import { itemPath } from './condition.ts'
import type { Measure } from './core.ts'
import { ofItems, readProperty } from './reading.ts'
import type { Compare } from './ruleContract.ts'
import type { SqlValues } from './sqlValues.ts'

/** How many decimals of a sum or an average are compared, so that 0.1 + 0.2 is 0.3. */
const DECIMALS = 6

const OPERATORS = { eq: '=', ne: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const

/** SQL over the events of a user: what a measure comes to, NULL for an average of nothing. */
export function amountSql(measure: Measure, document: string, values: SqlValues): string {
  if (measure.of === 'times') return 'count(*)'
  const { sum, count } = numbersSql(measure.property, document, values)
  return measure.of === 'sum'
    ? `round(total(${sum}),${DECIMALS})`
    : `round(total(${sum})/nullif(total(${count}),0),${DECIMALS})`
}

/** SQL over the events of a user that is 1 when a measure is met, and 0 otherwise. */
export function measureSql(measure: Measure, document: string, values: SqlValues): string {
  const amount = amountSql(measure, document, values)
  const { compare } = measure
  const value = (of: number) => values.one(measure.of === 'times' ? of : rounded(of, DECIMALS))
  if (compare.op === 'between') {
    const [low, high] = compare.value
    return `coalesce(${amount} BETWEEN ${value(low)} AND ${value(high)},0)`
  }
  return `coalesce(${amount}${OPERATORS[compare.op]}${value(compare.value)},0)`
}

/** Whether somebody who did nothing meets a measure: their count and sum are nought, and they have no average. */
export function metByNothing(measure: Measure): boolean {
  const { of, compare } = measure
  if (of === 'average') return false
  return of === 'times' ? compares(0, compare) : compares(0, roundedCompare(compare))
}

function roundedCompare(compare: Compare): Compare {
  if (compare.op !== 'between') return { ...compare, value: rounded(compare.value, DECIMALS) }
  const [low, high] = compare.value
  return { ...compare, value: [rounded(low, DECIMALS), rounded(high, DECIMALS)] }
}

/** Whether an amount meets a comparison. */
function compares(amount: number, compare: Compare): boolean {
  switch (compare.op) {
    case 'eq':
      return amount === compare.value
    case 'ne':
      return amount !== compare.value
    case 'gt':
      return amount > compare.value
    case 'gte':
      return amount >= compare.value
    case 'lt':
      return amount < compare.value
    case 'lte':
      return amount <= compare.value
    case 'between':
      return amount >= compare.value[0] && amount <= compare.value[1]
  }
}

/** The numbers of a property in one event: their sum, and how many they are. */
function numbersSql(property: string, document: string, values: SqlValues) {
  const { type, value } = readProperty(property, document, values)
  const path = itemPath(property)
  const overItems = (what: 'total' | 'count') =>
    path === undefined
      ? ''
      : ` WHEN 'null' THEN (${ofItems(path, document, values, (field) => ({
          what: `${what}(${what === 'count' ? '*' : field.value})`,
          where: `${field.type} IN ('integer','real')`,
        }))})`
  const cases = (number: string, items: string) =>
    `CASE coalesce(${type},'null') WHEN 'integer' THEN ${number} WHEN 'real' THEN ${number}${items} END`
  return { sum: cases(value, overItems('total')), count: cases('1', overItems('count')) }
}
