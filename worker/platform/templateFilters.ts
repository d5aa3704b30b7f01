import { defaultOperators, type FilterImplOptions, isTruthy, filters as library, toValue } from 'liquidjs'
import { isZone, offsetsBetween, parseScheduleTime } from './calendar.ts'
import { type Meter, TemplateFault } from './templateMeter.ts'

type Filter = Extract<FilterImplOptions, (...values: never[]) => unknown>
type Self = ThisParameterType<Filter>

/**
 * What is taken of liquidjs as it is: the filters of Liquid itself. Left out are those that read expressions when they
 * are rendered (`where_exp`), draw lots (`sample`), wait (`sha256`) or nest lists in lists (`push`, `group_by`), which
 * could make something endless of little.
 */
const taken = [
  ...[
    'abs',
    'at_least',
    'at_most',
    'ceil',
    'divided_by',
    'floor',
    'minus',
    'modulo',
    'plus',
    'round',
    'times',
  ],
  ...['append', 'capitalize', 'downcase', 'lstrip', 'prepend', 'remove', 'remove_first', 'remove_last'],
  ...['replace', 'replace_first', 'replace_last', 'rstrip', 'slice', 'split', 'squish', 'strip', 'upcase'],
  ...['strip_html', 'strip_newlines', 'newline_to_br', 'truncate', 'truncatewords'],
  ...['escape', 'escape_once', 'url_encode', 'url_decode', 'base64_encode', 'base64_decode'],
  ...[
    'compact',
    'concat',
    'first',
    'join',
    'last',
    'map',
    'reverse',
    'size',
    'sort',
    'sort_natural',
    'sum',
    'uniq',
  ],
  ...['default', 'json'],
]

/** The filters that are Boon's own. */
const own: Record<string, Filter> = {
  date,
  where: function* (this: Self, items: unknown, property: unknown, expected: unknown) {
    const { list, found } = yield* search(this, items, property, expected)
    return list.filter((_, index) => found.has(index))
  },
  reject: function* (this: Self, items: unknown, property: unknown, expected: unknown) {
    const { list, found } = yield* search(this, items, property, expected)
    return list.filter((_, index) => !found.has(index))
  },
  find: function* (this: Self, items: unknown, property: unknown, expected: unknown) {
    const { list, found } = yield* search(this, items, property, expected)
    return list.find((_, index) => found.has(index))
  },
  has: function* (this: Self, items: unknown, property: unknown, expected: unknown) {
    return (yield* search(this, items, property, expected)).found.size > 0
  },
}

/**
 * The filters that templates may use, by their names. Each counts what goes in and what comes out.
 *
 * @param meterOf the meter of the rendering that a filter runs in
 */
export function meteredFilters(meterOf: (context: Self['context']) => Meter): Map<string, Filter> {
  const metered = (filter: Filter): Filter =>
    function* (this: Self, ...values: unknown[]): Generator<unknown, unknown, unknown> {
      const meter = meterOf(this.context)
      meter.check()
      for (const value of values) meter.weigh(value)
      const result = yield filter.apply(this, values as Parameters<Filter>)
      meter.weigh(result)
      return typeof result === 'number' ? withoutNoise(result) : result
    }
  const named = taken.map((name): [string, Filter] => [name, libraryFilter(name)])
  return new Map([...named, ...Object.entries(own)].map(([name, filter]) => [name, metered(filter)]))
}

function libraryFilter(name: string): Filter {
  const filter = library[name]
  if (typeof filter !== 'function') throw new Error(`liquidjs has no filter ${name}`)
  return filter
}

/** 0.1 + 0.2 is 0.3 to whoever reads it: fractions are cut to the digits that a number can keep. */
function withoutNoise(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(15))
}

/**
 * Which items of a list have something (or the expected thing) as a property. Written here because the filters of
 * liquidjs take an expression as the property, which could loop without an end; as with `map`, a name may hold blanks, and a dot leads inward.
 */
function* search(
  { context }: Self,
  items: unknown,
  property: unknown,
  expected: unknown,
): Generator<unknown, { list: unknown[]; found: Set<number> }, unknown> {
  const list = Array.isArray(items) ? items : items === undefined || items === null ? [] : [items]
  const found = new Set<number>()
  const isEqual = libraryOperator('==')
  for (const [index, item] of list.entries()) {
    const value = yield context._getFromScope(item, String(property), false)
    const isFound =
      expected === undefined ? isTruthy(value, context) : yield isEqual(value, expected, context)
    if (isFound === true) found.add(index)
  }
  return { list, found }
}

function libraryOperator(name: string) {
  const operator = defaultOperators[name]
  if (operator === undefined) throw new Error(`liquidjs has no operator ${name}`)
  return operator
}

const DATE_FORMAT = '%A, %B %-e, %Y at %-l:%M %P %z'
/** What looking up a zone, or writing out a part of a date, costs as against a character: both ask the runtime. */
const DATE_WEIGHT = 1_000
/** As far as a calendar of this runtime reaches, less a day for the zone. */
const FURTHEST_MS = 8.64e15 - 86_400_000

/**
 * `date: format, zone`: a time as text. The zone is UTC unless one is named (`Asia/Kolkata`). A time is what an
 * event may hold: RFC 3339, a date alone or a local date-time of the zone, or seconds since the epoch. `now` and
 * `today` are the time of the grant (`now` of the scope), so that rendering again says the same. What is no time stays
 * as it is.
 */
function* date(this: Self, ...given: unknown[]): Generator<unknown, unknown, unknown> {
  const [value, format, zone] = given.map(toValue)
  const parts = String(format ?? DATE_FORMAT)
  this.context.memoryLimit.use(DATE_WEIGHT * parts.split('%').length)
  const zoneName = zone === undefined || zone === null || zone === '' ? 'UTC' : zone
  if (typeof zoneName !== 'string' || !isZone(zoneName)) {
    throw new TemplateFault(`"${String(zoneName).slice(0, 50)}" is not a time zone such as Asia/Kolkata`)
  }
  const isNow = value === 'now' || value === 'today'
  const atMs = momentOf(isNow ? nowOf(this.context.environments) : value, zoneName)
  if (atMs === undefined) return isNow ? '' : value
  const offsetMs = offsetsBetween(atMs, atMs + 1, zoneName)[0]?.offsetMs ?? 0
  return yield libraryFilter('date').call(this, new Date(atMs), parts, -offsetMs / 60_000)
}

function nowOf(scope: object): unknown {
  return 'now' in scope ? scope.now : undefined
}

function momentOf(value: unknown, zone: string): number | undefined {
  const isSeconds = typeof value === 'number' || (typeof value === 'string' && /^\d{1,15}$/.test(value))
  const atMs = isSeconds
    ? Math.trunc(Number(value) * 1_000)
    : typeof value === 'string'
      ? parseScheduleTime(value, zone, 'start')
      : undefined
  return atMs !== undefined && Math.abs(atMs) <= FURTHEST_MS ? atMs : undefined
}
