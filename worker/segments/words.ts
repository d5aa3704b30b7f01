import { parseDuration } from '../platform/calendar.ts'
import type { Condition, Op } from './conditionContract.ts'
import type { DidLeaf, InterestLeaf, Measure } from './core.ts'
import type { Compare, Within } from './ruleContract.ts'

/** What was found of a leaf: its amounts, or the value of a property as JSON, null where there is none. */
export type Found = (number | string | null)[]

const UNITS = ['year', 'month', 'week', 'day', 'hour', 'minute', 'second'] as const
const LONGEST_VALUE = 200

/** A did leaf in words: `did Charged 1 time in 30 days, needs at least 2`. */
export function didInWords(leaf: DidLeaf, found: Found, isNegated: boolean): string {
  const where = leaf.where.length === 0 ? '' : ` with ${leaf.where.map(conditionInWords).join(' and ')}`
  const amounts = leaf.measures
    .map((measure, place) => amountInWords(measure, found[place] ?? null))
    .join(', ')
  const needs = leaf.measures.map(({ compare }) => compareInWords(isNegated ? opposite(compare) : compare))
  return `did ${leaf.event}${where} ${amounts}${withinInWords(leaf.within)}, needs ${needs.join(isNegated ? ' or ' : ' and ')}`
}

/** An interest in words: `3 of 7 Product Viewed have Category "Shoes", needs at least 40 %`. */
export function interestInWords(leaf: InterestLeaf, found: Found, isNegated: boolean): string {
  const [hits = 0, count = 0] = found.map((amount) => amount ?? 0)
  const most = isNegated ? 'no more of them than another value' : 'more of them than any other value'
  const needs = leaf.share === 'most' ? most : `${isNegated ? 'less than' : 'at least'} ${leaf.share} %`
  return `${hits} of ${count} ${leaf.event}${withinInWords(leaf.within)} have ${leaf.property} ${JSON.stringify(leaf.value)}, needs ${needs}`
}

/** A condition on a user in words: `city is "Pune", needs one of ["Mumbai"]`. */
export function userInWords(condition: Condition, [value = null]: Found, isNegated: boolean): string {
  const is = value === null ? 'is missing' : `is ${shortened(String(value))}`
  return `${condition.property} ${is}, needs ${isNegated ? 'not ' : ''}${testInWords(condition)}`
}

function conditionInWords(condition: Condition): string {
  return `${condition.property} ${testInWords(condition)}`
}

const TESTS: Record<Op, string> = {
  eq: 'equal to',
  ne: 'other than',
  gt: 'more than',
  gte: 'at least',
  lt: 'less than',
  lte: 'at most',
  between: 'between',
  in: 'one of',
  notIn: 'none of',
  contains: 'containing',
  notContains: 'without',
  startsWith: 'beginning with',
  exists: 'to be there',
  notExists: 'to be missing',
  before: 'before',
  after: 'after',
}

function testInWords(condition: Condition): string {
  const words = TESTS[condition.op]
  return 'value' in condition ? `${words} ${shortened(JSON.stringify(condition.value))}` : words
}

const OPPOSITES = { eq: 'ne', ne: 'eq', gt: 'lte', gte: 'lt', lt: 'gte', lte: 'gt' } as const

function opposite(compare: Compare): Compare | { op: 'outside'; value: [number, number] } {
  return compare.op === 'between'
    ? { op: 'outside', value: compare.value }
    : { op: OPPOSITES[compare.op], value: compare.value }
}

function amountInWords(measure: Measure, amount: Found[number]): string {
  if (measure.of === 'times') return `${amount ?? 0} ${amount === 1 ? 'time' : 'times'}`
  if (measure.of === 'sum') return `for ${amount ?? 0} ${measure.property} in all`
  return amount === null ? `without any ${measure.property}` : `for ${amount} ${measure.property} on average`
}

function compareInWords(compare: ReturnType<typeof opposite>): string {
  switch (compare.op) {
    case 'eq':
      return `exactly ${compare.value}`
    case 'ne':
      return `anything but ${compare.value}`
    case 'gt':
      return `more than ${compare.value}`
    case 'gte':
      return `at least ${compare.value}`
    case 'lt':
      return `less than ${compare.value}`
    case 'lte':
      return `at most ${compare.value}`
    case 'between':
      return `${compare.value[0]} to ${compare.value[1]}`
    case 'outside':
      return `less than ${compare.value[0]} or more than ${compare.value[1]}`
  }
}

function withinInWords(within: Within | undefined): string {
  if (within === undefined) return ''
  if ('last' in within) return ` in ${durationInWords(within.last)}`
  const from = within.from === undefined ? '' : ` from ${within.from}`
  return `${from}${within.to === undefined ? '' : ` to ${within.to}`}`
}

function durationInWords(text: string): string {
  const duration = parseDuration(text)
  const parts = UNITS.flatMap((unit) => {
    const n = duration?.[`${unit}s`] ?? 0
    return n === 0 ? [] : [`${n} ${unit}${n === 1 ? '' : 's'}`]
  })
  return parts.length === 0 ? text : parts.join(' ')
}

function shortened(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}
