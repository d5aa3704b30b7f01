import { parseInstant } from '../platform/calendar.ts'
import { foldText } from '../platform/text.ts'
import type { Condition, Op } from './conditionContract.ts'

/** The properties of an event, a user, a cart or an item, as they came in. */
export type Properties = Readonly<Record<string, unknown>>

/** What a condition makes of a value: undefined when the value is of a type that the condition does not speak of. */
type Test = (value: unknown) => boolean | undefined

/**
 * Prepares conditions, all of which must hold, for being asked many times. The answer is pure: no clock, no state.
 *
 * - Numbers compare as numbers (a numeric text is none), text without regard to case, `before` and `after` are strict
 *   and speak of RFC 3339 text only.
 * - A property that is absent or null is missing: its condition is false, but `ne`, `notIn`, `notContains` and
 *   `notExists` are true.
 * - A value of another type makes every condition false, the negative ones as well: `ne 5` says nothing about a text.
 *   (`in` and `notIn` speak of the types in their list; lists and objects only ever `exist`.)
 * - A name is first taken literally. If there is no such property, `Items[].category` reads `category` of every
 *   element of the list `Items` (one level): a positive condition is true when any element meets it, a negative one
 *   when no element meets its positive form.
 */
export function compile(conditions: readonly Condition[]): (properties: Properties) => boolean {
  const predicates = conditions.map(predicate)
  return (properties) => predicates.every((holds) => holds(properties))
}

/** {@link compile} for a single question. */
export function matches(conditions: readonly Condition[], properties: Properties): boolean {
  return conditions.every((condition) => predicate(condition)(properties))
}

const NEGATIVE: ReadonlySet<Op> = new Set<Op>(['ne', 'notIn', 'notContains', 'notExists'])

function predicate(condition: Condition): (properties: Properties) => boolean {
  const { property } = condition
  const negative = NEGATIVE.has(condition.op)
  const test = positiveTest(condition)
  const path = itemPath(property)
  return (properties) => {
    const value = own(properties, property)
    if (value !== undefined) return test(value) === !negative
    const items = path === undefined ? undefined : own(properties, path.list)
    if (path === undefined || !Array.isArray(items)) return negative
    return items.some((item) => test(fieldOf(item, path.field)) === true) !== negative
  }
}

/** The test of a condition or, for a negative one, of the condition that it denies. */
function positiveTest(condition: Condition): Test {
  switch (condition.op) {
    case 'eq':
    case 'ne':
      return oneOf([condition.value])
    case 'in':
    case 'notIn':
      return oneOf(condition.value)
    case 'gt':
      return ofNumber((value) => value > condition.value)
    case 'gte':
      return ofNumber((value) => value >= condition.value)
    case 'lt':
      return ofNumber((value) => value < condition.value)
    case 'lte':
      return ofNumber((value) => value <= condition.value)
    case 'between':
      return ofNumber((value) => value >= condition.value[0] && value <= condition.value[1])
    case 'contains':
    case 'notContains':
      return ofText(condition.value, (value, part) => value.includes(part))
    case 'startsWith':
      return ofText(condition.value, (value, part) => value.startsWith(part))
    case 'before':
      return ofTime(condition.value, (value, bound) => value < bound)
    case 'after':
      return ofTime(condition.value, (value, bound) => value > bound)
    case 'exists':
    case 'notExists':
      return (value) => value !== undefined
  }
}

function ofNumber(holds: (value: number) => boolean): Test {
  return (value) => (typeof value === 'number' ? holds(value) : undefined)
}

function ofText(part: string, holds: (value: string, part: string) => boolean): Test {
  const folded = foldText(part)
  return (value) => (typeof value === 'string' ? holds(foldText(value), folded) : undefined)
}

function ofTime(text: string, holds: (valueMs: number, boundMs: number) => boolean): Test {
  const boundMs = parseInstant(text)
  return (value) => {
    const valueMs = typeof value === 'string' ? parseInstant(value) : undefined
    return valueMs === undefined || boundMs === undefined ? undefined : holds(valueMs, boundMs)
  }
}

function oneOf(wanted: readonly (string | number | boolean)[]): Test {
  const comparable = (value: unknown) => (typeof value === 'string' ? foldText(value) : value)
  const values = new Set<unknown>(wanted.map(comparable))
  const types = new Set<string>(wanted.map((value) => typeof value))
  return (value) => (types.has(typeof value) ? values.has(comparable(value)) : undefined)
}

/** `Items[].category` taken apart; undefined for a plain name. */
export function itemPath(property: string): { list: string; field: string } | undefined {
  const at = property.indexOf('[].')
  if (at < 1 || at + 3 === property.length) return undefined
  return { list: property.slice(0, at), field: property.slice(at + 3) }
}

function fieldOf(item: unknown, field: string): unknown {
  // A list has a `length` of its own, which is no field.
  const isObject = typeof item === 'object' && item !== null && !Array.isArray(item)
  return isObject ? own(item as Properties, field) : undefined
}

/** A property of the value itself, never of its prototype (`constructor`); null counts as missing. */
function own(properties: Properties, name: string): unknown {
  return Object.hasOwn(properties, name) ? (properties[name] ?? undefined) : undefined
}
