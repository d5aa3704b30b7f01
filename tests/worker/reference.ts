import Big from 'big.js'
import { Temporal } from 'temporal-polyfill'
import { formatInstant, parseInstant, parseScheduleTime } from '../../worker/platform/calendar.ts'
import { foldText } from '../../worker/platform/text.ts'
import type { Condition } from '../../worker/segments/conditionContract.ts'
import type { Compare, Did, Interest, Rule, RuleNode, Within } from '../../worker/segments/ruleContract.ts'

/** Decimals that are divided to six places, a half going away from zero. */
const Decimal = Big()
Decimal.DP = 6
Decimal.RM = Big.roundHalfUp

/** Names and what they hold, as they came in. */
export type Properties = Readonly<Record<string, unknown>>

/** Somebody, as the API tells of them. */
export interface WorldUser {
  id: string
  email: string | null
  phone: string | null
  name: string | null
  timezone: string | null
  language: string | null
  createdMs: number
  properties: Properties
}

/** Something that somebody did. */
export interface WorldEvent {
  id: string
  userId: string
  name: string
  atMs: number
  properties: Properties
}

/** All that a rule can ask about, in plain lists. */
export interface World {
  nowMs: number
  /** The zone of the account. */
  zone: string
  users: readonly WorldUser[]
  events: readonly WorldEvent[]
  segments: ReadonlyMap<string, Rule>
  /** The ids of the users on each list. */
  lists: ReadonlyMap<string, ReadonlySet<string>>
}

/** The value that everything done is held to below a `same`, in the form in which values are told apart. */
interface Held {
  property: string
  value: string
}

/** One user, and the world they live in. */
interface Subject {
  world: World
  user: WorldUser
  events: readonly WorldEvent[]
}

/**
 * Says whether a user is among those that a rule speaks of. Written to be read beside the contract and to share
 * nothing with the product but its calendar and its way of folding texts; it is slow on purpose.
 * @throws Error when the user, a segment or a list is unknown to the world
 */
export function matchesRule(world: World, rule: Rule, userId: string): boolean {
  const user = world.users.find(({ id }) => id === userId)
  if (user === undefined) throw new Error(`Nobody is called ${userId}`)
  const events = world.events.filter((event) => event.userId === userId)
  return ruleHolds({ world, user, events }, rule, undefined)
}

/** A rule with a `same` chooses a value of its own, whatever it stands in; one without is held to the value around it. */
function ruleHolds(subject: Subject, rule: Rule, held: Held | undefined): boolean {
  const { same: property } = rule
  if (property === undefined) return partHolds(subject, rule, held)
  const compared = new Set(namesDone(subject.world, rule))
  const values = subject.events
    .filter(({ name }) => compared.has(name))
    .flatMap(({ properties }) => distinctValues(properties, property))
  return values.some((value) => partHolds(subject, rule, { property, value }))
}

/** The names of the events that a rule's `same` compares. */
function namesDone(world: World, part: RuleNode): string[] {
  if ('all' in part) return part.all.flatMap((inner) => namesDone(world, inner))
  if ('any' in part) return part.any.flatMap((inner) => namesDone(world, inner))
  if ('not' in part) return namesDone(world, part.not)
  if ('did' in part) return [part.did.event]
  if ('didNot' in part) return [part.didNot.event]
  if ('segment' in part) {
    const rule = segmentRule(world, part.segment)
    return rule.same === undefined ? namesDone(world, rule) : []
  }
  return []
}

function partHolds(subject: Subject, part: RuleNode, held: Held | undefined): boolean {
  if ('all' in part) return part.all.every((inner) => partHolds(subject, inner, held))
  if ('any' in part) return part.any.some((inner) => partHolds(subject, inner, held))
  if ('not' in part) return !partHolds(subject, part.not, held)
  if ('did' in part) return didHolds(subject, part.did, held)
  if ('didNot' in part) return !didHolds(subject, part.didNot, held)
  if ('user' in part) return conditionHolds(part.user, knownOf(subject))
  if ('interest' in part) return interestHolds(subject, part.interest)
  if ('segment' in part) return ruleHolds(subject, segmentRule(subject.world, part.segment), held)
  const members = subject.world.lists.get(part.list)
  if (members === undefined) throw new Error(`There is no list ${part.list}`)
  return members.has(subject.user.id)
}

function segmentRule(world: World, id: string): Rule {
  const rule = world.segments.get(id)
  if (rule === undefined) throw new Error(`There is no segment ${id}`)
  return rule
}

/** A user's properties; the built-in ones hide those of the same name, even where they are missing. */
function knownOf({ user, events }: Subject): Properties {
  const times = events.map(({ atMs }) => atMs)
  const { email, phone, name, timezone, language } = user
  const createdAt = formatInstant(user.createdMs)
  const lastSeenAt = times.length === 0 ? null : formatInstant(Math.max(...times))
  return { ...user.properties, email, phone, name, timezone, language, createdAt, lastSeenAt }
}

function didHolds(subject: Subject, did: Did, held: Held | undefined): boolean {
  const found = eventsOf(subject, did).filter(
    ({ properties }) => held === undefined || distinctValues(properties, held.property).includes(held.value),
  )
  const { times, sum, average } = did
  const count = new Decimal(found.length)
  if (times === undefined && sum === undefined && average === undefined) return found.length >= 1
  if (times !== undefined && !compares(count, times)) return false
  if (sum !== undefined && !compares(total(numbersIn(found, sum.property)), sum)) return false
  if (average === undefined) return true
  const numbers = numbersIn(found, average.property)
  return numbers.length > 0 && compares(total(numbers).div(numbers.length), average)
}

/** The user's events that a leaf names, in its window, that meet its conditions. */
function eventsOf(
  { world, events }: Subject,
  { event, where = [], within }: Pick<Did, 'event' | 'where' | 'within'>,
): WorldEvent[] {
  return events.filter(
    ({ name, atMs, properties }) =>
      name === event &&
      isWithin(atMs, within, world) &&
      where.every((condition) => conditionHolds(condition, properties)),
  )
}

function isWithin(atMs: number, within: Within | undefined, { nowMs, zone }: World): boolean {
  if (within === undefined) return true
  if ('last' in within) return atMs >= startOfLast(nowMs, within.last, zone)
  const { from, to } = within
  if (from !== undefined && atMs < moment(from, zone, 'start')) return false
  if (to === undefined) return true
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(to)
  return isDate ? atMs < moment(to, zone, 'end') : atMs <= moment(to, zone, 'end')
}

function moment(text: string, zone: string, edge: 'start' | 'end'): number {
  const ms = parseScheduleTime(text, zone, edge)
  if (ms === undefined) throw new Error(`${text} is no time`)
  return ms
}

/**
 * The moment at which a window such as `P30D` begins. Years and months go back on the calendar of the zone; whatever is
 * shorter is exact, a day being 24 hours.
 */
export function startOfLast(nowMs: number, last: string, zone: string): number {
  const { years, months, weeks, days, hours, minutes, seconds, milliseconds } = Temporal.Duration.from(last)
  const start = Temporal.Instant.fromEpochMilliseconds(nowMs)
    .toZonedDateTimeISO(zone)
    .subtract({ years, months })
  const allHours = (weeks * 7 + days) * 24 + hours
  return start.epochMilliseconds - (((allHours * 60 + minutes) * 60 + seconds) * 1_000 + milliseconds)
}

function total(numbers: number[]): Big {
  return numbers.reduce((sum, number) => sum.plus(number), new Decimal(0))
}

/** Compares as decimals of six places. */
function compares(found: Big, compare: Compare): boolean {
  const round = (value: Big | number) => new Decimal(value).round(6, Big.roundHalfUp)
  const value = round(found)
  switch (compare.op) {
    case 'eq':
      return value.eq(round(compare.value))
    case 'ne':
      return !value.eq(round(compare.value))
    case 'gt':
      return value.gt(round(compare.value))
    case 'gte':
      return value.gte(round(compare.value))
    case 'lt':
      return value.lt(round(compare.value))
    case 'lte':
      return value.lte(round(compare.value))
    case 'between':
      return value.gte(round(compare.value[0])) && value.lte(round(compare.value[1]))
  }
}

function numbersIn(events: WorldEvent[], property: string): number[] {
  return events
    .flatMap(({ properties }) => read(properties, property).values)
    .filter((value) => typeof value === 'number')
}

/** What a `same` does not hold: an interest speaks of all that somebody did. */
function interestHolds(subject: Subject, interest: Interest): boolean {
  const { property, value, share = 'most' } = interest
  const found = eventsOf(subject, interest).map(({ properties }) => distinctValues(properties, property))
  const countOf = (one: string) => found.filter((values) => values.includes(one)).length
  const wanted = toldApart(value)
  const hits = countOf(wanted)
  if (hits === 0) return false
  if (share !== 'most') return new Decimal(hits).times(100).gte(new Decimal(share).times(found.length))
  return found.flat().every((other) => other === wanted || countOf(other) < hits)
}

/** The texts, numbers and booleans of a property, each once. */
function distinctValues(properties: Properties, property: string): string[] {
  const scalars = read(properties, property).values.filter(isScalar)
  return [...new Set(scalars.map(toldApart))]
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** A value in a form that is the same for two values just when they are equal: of one type, and alike but for case. */
function toldApart(value: string | number | boolean): string {
  // Adding zero turns minus zero, which JSON does not tell from zero, into zero.
  const alike = typeof value === 'string' ? foldText(value) : typeof value === 'number' ? value + 0 : value
  return `${typeof value} ${alike}`
}

/** The values that a name finds; whether it was found as it is written, and not in the items of a list. */
interface Read {
  literally: boolean
  values: unknown[]
}

/** A name is first taken as it is. `Items[].price` then reads `price` of each object in the list `Items`. */
function read(properties: Properties, name: string): Read {
  const literal = own(properties, name)
  if (literal !== undefined) return { literally: true, values: [literal] }
  const [list = '', ...rest] = name.split('[].')
  const field = rest.join('[].')
  const items = list === '' ? undefined : own(properties, list)
  if (field === '' || !Array.isArray(items)) return { literally: false, values: [] }
  const values = items.filter(isObject).map((item) => own(item, field))
  return { literally: false, values: values.filter((value) => value !== undefined) }
}

function isObject(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What an object itself has under a name; null is nothing. */
function own(properties: Properties, name: string): unknown {
  const entry = Object.entries(properties).find(([key]) => key === name)
  return entry?.[1] ?? undefined
}

/** Whether one condition holds for properties. */
export function conditionHolds(condition: Condition, properties: Properties): boolean {
  const { literally, values } = read(properties, condition.property)
  const some = values.some((value) => meets(condition, value))
  if (!isNegative(condition)) return some
  return literally ? !some && values.every((value) => speaksOf(condition, value)) : !some
}

function isNegative({ op }: Condition): boolean {
  return op === 'ne' || op === 'notIn' || op === 'notContains' || op === 'notExists'
}

/** Whether a value that is there meets a condition or, for a negative one, what it denies. */
function meets(condition: Condition, value: unknown): boolean {
  switch (condition.op) {
    case 'exists':
    case 'notExists':
      return true
    case 'eq':
    case 'ne':
      return equal(value, condition.value)
    case 'in':
    case 'notIn':
      return condition.value.some((wanted) => equal(value, wanted))
    case 'gt':
      return typeof value === 'number' && value > condition.value
    case 'gte':
      return typeof value === 'number' && value >= condition.value
    case 'lt':
      return typeof value === 'number' && value < condition.value
    case 'lte':
      return typeof value === 'number' && value <= condition.value
    case 'between':
      return typeof value === 'number' && condition.value[0] <= value && value <= condition.value[1]
    case 'contains':
    case 'notContains':
      return typeof value === 'string' && foldText(value).includes(foldText(condition.value))
    case 'startsWith':
      return typeof value === 'string' && foldText(value).startsWith(foldText(condition.value))
    case 'before':
      return instant(value) < instant(condition.value)
    case 'after':
      return instant(value) > instant(condition.value)
  }
}

/** Whether a value is of a type about which a negative condition says anything. */
function speaksOf(condition: Condition, value: unknown): boolean {
  if (condition.op === 'ne') return typeof value === typeof condition.value
  if (condition.op === 'notIn') return condition.value.some((wanted) => typeof wanted === typeof value)
  return typeof value === 'string'
}

function equal(value: unknown, wanted: string | number | boolean): boolean {
  return isScalar(value) && toldApart(value) === toldApart(wanted)
}

/** Milliseconds since the epoch; what is no time is neither before nor after anything. */
function instant(value: unknown): number {
  return (typeof value === 'string' ? parseInstant(value) : undefined) ?? Number.NaN
}
