import fc from 'fast-check'
import { formatInstant, parseInstant, parseScheduleTime } from '../../worker/platform/calendar.ts'
import type { Condition } from '../../worker/segments/conditionContract.ts'
import type { Compare, Did, Interest, Rule, RuleNode, Within } from '../../worker/segments/ruleContract.ts'
import { FUTURE_TOLERANCE_MS } from '../../worker/users/event.ts'
import {
  matchesRule,
  type Properties,
  startOfLast,
  type World,
  type WorldEvent,
  type WorldUser,
} from './reference.ts'

/** A world, and rules to ask of it. */
export interface Inquiry {
  world: World
  rules: Rule[]
}

const DAY = 86_400_000

/*
 * The vocabularies are small, so that a rule often speaks of what somebody has, and odd, so that it is often asked of
 * something that a store could get wrong.
 */

/** Texts, alike but for case in threes; the first are the most frequent. */
const TEXTS = [
  ['Shoes', 'shoes', 'SHOES'],
  ['straße', 'STRASSE', 'Straẞe'],
  ['dankefür', 'dankefu\u0308r', 'DANKEFU\u0308R'],
  ['ΣΑΣ', 'σας', 'σασ'],
  ['İstanbul', 'i\u0307stanbul', 'istanbul'],
  ['😀', '😀 shoes', '5', 'true', ''],
]
const ODD_TEXTS = [
  ...['null', '%', '_', '%shoes%', "o'neil", '"', '\\', '\\"', ' shoes', 'a\u0000b', 'a\u0000c', 'a'],
  ...['\u0001', '\u212A', 'k', 'ﬀ', 'ff', 'ŉ', 'ǆ', 'Ǆ', 'e\u0301', 'é', '0', '1', '[]', '{}', '\ufeffa'],
  ...['\u2028'],
]
/** Parts of texts, some of them of none. */
const PARTS = [
  ...['sh', 'S', 'ss', 'ß', 'ü', 'u', '\u0308', 'σ', 'ς', 'i', 'İ', 'ist', '😀', '5', 'e', 'danke'],
  ...['%', '_', '"', '\\', ' ', '\u0000', 'stra', 'Straß', '\u0307'],
]
/**
 * Numbers that are added up. A store adds binary fractions, so that it cannot tell on which side of a half in the
 * seventh decimal an amount lies, nor keep decimals of huge ones: none of these, and no few of them, come to such.
 */
const NUMBERS = [0, -0, 1, 2, 5, -3, 0.1, 0.2, 0.1 + 0.2, 1 / 3, 19.99, 99.5, 100, 100.25, -0.5]
/** Numbers that are only compared. */
const ODD_NUMBERS = [
  ...[1e21, -1e21, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 1e-7, 5e-7, 4.9999999e-7, 0.3000001, 1 / 3, 66.666667],
  ...[1e300, 5e-324, 1.5e15, 12345678901.1234, 33.333333, 0.0000015, -0.0000005, 1e15 + 0.5],
]
const ZONED = [
  ...['2026-03-01T00:00:00Z', '2026-03-01T05:30:00+05:30', '2026-02-28T23:59:59.999Z'],
  ...['2026-03-01T00:00:00.001Z', '2026-03-01T00:00:00.0009Z', '2026-03-01T00:00:00.123456789Z'],
  ...['2026-03-01T00:00:00.1Z', '1969-12-31T23:59:59Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'],
  ...['2026-03-01T23:59:00+23:59', '2026-02-28T00:01:00-23:59', '2024-02-29T12:00:00Z'],
  ...['2026-01-01T00:00:00-00:00'],
]
/** Almost times. */
const ODD_TIMES = [
  ...['2026-03-01T00:00:00z', '2026-03-01t00:00:00Z', '2026-03-01 00:00:00Z', '2026-03-01T00:00:00'],
  ...['2026-03-01', '2026-02-30T00:00:00Z', '2026-02-29T00:00:00Z', '2026-03-01T24:00:00Z'],
  ...['2026-03-01T00:00:60Z', '2026-03-01T00:00:00+24:00', '2026-03-01T00:00Z', '2026-03-01T00:00:00.Z'],
  ...['2026-03-01T00:00:00+0530', '20260301T000000Z', '2026-3-1T00:00:00Z', '2026-00-01T00:00:00Z'],
  ...['2026-13-01T00:00:00Z', 'tomorrow', 'now', ' 2026-03-01T00:00:00Z', '2026-03-01T00:00:00Z\n'],
  ...['2026-03-01T00:00:00,5Z', '+2026-03-01T00:00:00Z', '2461101', '-0001-03-01T00:00:00Z'],
  ...['2026-03-01T00:00:00.1234567890123Z', '1900-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
]
const LEGAL_TIMES = [...ZONED, ...ODD_TIMES].filter((text) => parseInstant(text) !== undefined)
/** What products are told apart by. */
const KEYS = [
  ['A', 'a'],
  ['B', 1, '1', 'b'],
  [2, true, 'É', 'E\u0301'],
]
/** Names of properties that a path into JSON or a literal in SQL could take for something else. */
const ODD_NAMES = [
  ...['say "hi"', 'back\\slash', 'a.b', ' ', '', '$', '$.a', '😀', '__proto__', 'constructor', 'toString'],
  ...['\u0001', '\u0000', 'a\u0000b', '[0]', 'Items[0]', '#', '[#-1]', "it's", '?1', 'ü', 'u\u0308'],
  ...['amount', 'a', '"', '\\', '\n', 'Items[].a.b', 'Items[].length', 'Items[].0', 'Items[].', '[].sku'],
  ...['Items[].say "hi"', 'tags[].sku', '\\u0041', 'Items[].Items[].sku', '"a"', 'a"b', 'null', '[].x[].y'],
  ...['say "hi"[].sku', '$[0]', 'length', '0', '%', '\u2028'],
]

const oneOf = <const T>(...values: T[]) => fc.constantFrom(...values)
/** Mostly the one, sometimes the other. */
const mostly = <A, B>(often: fc.Arbitrary<A>, seldom: fc.Arbitrary<B>, weight = 6) =>
  fc.oneof({ arbitrary: often, weight }, { arbitrary: seldom, weight: 1 })

/** Any of several lists, the first the most often. */
const skewed = <T>(lists: readonly (readonly T[])[]) =>
  fc.oneof(
    ...lists.map((list, index) => ({
      arbitrary: fc.constantFrom(...list),
      weight: Math.ceil(10 / (index + 1)),
    })),
  )

const text = mostly(skewed(TEXTS), oneOf(...ODD_TEXTS))
const filledText = skewed(TEXTS.map((alike) => alike.filter((one) => one !== '')))
const amount = oneOf(...NUMBERS)
const number = mostly(amount, oneOf(...ODD_NUMBERS))
const time = mostly(oneOf(...ZONED), oneOf(...ODD_TIMES), 2)
const key = skewed<string | number | boolean>(KEYS)
const scalar = fc.oneof(text, number, fc.boolean(), key, time)
/** What values of properties are like, in rules. */
const flavours = { text, amount: number, size: number, time, key, flag: fc.boolean(), any: scalar }
type Flavour = keyof typeof flavours

/** Names of properties, and what they mostly hold. */
type Names = readonly (readonly [name: string, flavour: Flavour])[]
const EVENT_NAMES: Names = [
  ['Category', 'text'],
  ['Amount', 'amount'],
  ['Size', 'size'],
  ['Product', 'key'],
  ['When', 'time'],
  ['Flag', 'flag'],
  ['Items[].category', 'text'],
  ['Items[].price', 'amount'],
  ['Items[].sku', 'key'],
]
const USER_NAMES: Names = [
  ['city', 'text'],
  ['age', 'size'],
  ['since', 'time'],
  ['vip', 'flag'],
  ['Items[].category', 'text'],
  ['Items[].price', 'amount'],
]
/** The names that only some properties of one world have; a rule may not speak of the empty one. */
const seldomOf = (odd: string[]): Names =>
  [...odd.filter((name) => name !== ''), 'Items', 'tags', 'Nothing'].map((name) => [name, 'any'])
/** Names of what items may hold beside what they mostly do. */
const FIELD = fc.constantFrom('a.b', 'length', '0', 'say "hi"', 'Items[].sku', '__proto__', 'A')
const EVENTS = ['Viewed', 'Charged', 'say "hi"']
const IDS = ['ann', 'Ann', 'bob', "o'neil", 'ü', 'u\u0308', '😀 "x"', 'di']
const EMAILS = ['ann@example.com', 'ANN@example.com', 'straße@example.com', 'bob@example.org']
const PHONES = ['+491701', '+911234', '5']
const LISTS = ['lst_a', 'lst_b', 'lst_empty']

// What there is

/** An object with names of its own, `__proto__` among them. */
const objectOf = (entries: readonly (readonly [string, unknown])[]): Properties =>
  Object.fromEntries(entries.filter(([, value]) => value !== undefined))

const nested = fc.oneof(
  oneOf<unknown>(null, [], {}, ['shoes'], [5, null], { a: 'shoes' }, { '0': 'shoes' }, [[1]], { '': 1 }),
  fc.array(fc.record({ sku: key }), { maxLength: 2 }),
)
/** What may be added up is kept apart from what is only compared. */
const kept = { ...flavours, amount, any: fc.oneof(text, amount, fc.boolean(), key, time) }
/** A value such as a property of this flavour mostly has, sometimes anything. */
const held = (flavour: Flavour): fc.Arbitrary<unknown> =>
  fc.oneof(
    { arbitrary: (flavour === 'size' ? number : kept[flavour]) as fc.Arbitrary<unknown>, weight: 14 },
    { arbitrary: kept.any, weight: 1 },
    { arbitrary: nested, weight: 1 },
  )
const maybe = (value: fc.Arbitrary<unknown>) => fc.option(value, { nil: undefined, freq: 6 })
const item = fc.oneof(
  {
    arbitrary: fc
      .tuple(
        maybe(held('text')),
        maybe(held('amount')),
        maybe(held('key')),
        fc.array(fc.tuple(FIELD, kept.any)),
      )
      .map(([category, price, sku, more]) =>
        objectOf([['category', category], ['price', price], ['sku', sku], ...more.slice(0, 2)]),
      ),
    weight: 10,
  },
  { arbitrary: oneOf<unknown>(null, 7, 'shoes', true, ['shoes'], [1], [], [[{ sku: 'A' }]]), weight: 1 },
)
const items = fc.oneof(
  { arbitrary: fc.array(item, { maxLength: 3 }), weight: 8 },
  { arbitrary: oneOf<unknown>(undefined, null, 'shoes', { category: 'shoes', sku: 'A' }, 5), weight: 1 },
)

/** Properties of these names, of lists of items, and now and then of a name that looks like a path. */
const propertiesOf = (names: Names, odd: string[]): fc.Arbitrary<Properties> => {
  const plain = names.filter(([name]) => !name.includes('[]'))
  const paths = names.filter(([name]) => name.includes('[]'))
  return fc
    .tuple(
      fc.tuple(...plain.map(([, flavour]) => maybe(held(flavour)))),
      fc.option(items, { nil: undefined, freq: 2 }),
      fc.constantFrom(...paths).chain(([name, flavour]) => fc.tuple(fc.constant(name), held(flavour))),
      fc.array(fc.tuple(fc.constantFrom(...odd), fc.oneof(kept.any, nested)), { maxLength: 3 }),
      fc.nat(9),
    )
    .map(([values, list, path, more, often]) =>
      objectOf([
        ...plain.map(([name], index) => [name, values[index]] as const),
        ['Items', list],
        ...(often === 0 ? [path] : []),
        ...more,
      ]),
    )
}

const userProperties = (odd: string[]) =>
  fc
    .tuple(
      propertiesOf(USER_NAMES, odd),
      // Hidden by what is built in.
      mostly(fc.constant({}), fc.record({ email: text, createdAt: time, lastSeenAt: nested, name: nested })),
      mostly(fc.constant({}), fc.record({ tags: nested, 'email[].sku': key })),
    )
    .map(([own, hidden, more]): Properties => ({ ...own, ...hidden, ...more }))

const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 3 })

const userOf = (
  id: string,
  moments: fc.Arbitrary<number>,
  properties: fc.Arbitrary<Properties>,
): fc.Arbitrary<WorldUser> =>
  fc.record({
    id: fc.constant(id),
    email: nullable(oneOf(...EMAILS)),
    phone: nullable(oneOf(...PHONES)),
    name: nullable(filledText),
    timezone: nullable(oneOf('Asia/Kolkata', 'Europe/Berlin')),
    language: nullable(oneOf('en-IN', 'de', 'DE')),
    createdMs: moments,
    properties,
  })

const eventOf = (
  moments: fc.Arbitrary<number>,
  properties: fc.Arbitrary<Properties>,
): fc.Arbitrary<WorldEvent> =>
  fc.record({
    id: fc.constant(''),
    userId: oneOf(...IDS),
    name: fc.oneof(
      { arbitrary: oneOf('Viewed', 'Charged'), weight: 8 },
      { arbitrary: oneOf(...EVENTS), weight: 1 },
    ),
    atMs: moments,
    properties,
  })

// When

/** Moments at which calendars do something, each with the zones in which they do. */
const NOWS: [string, string[]][] = [
  ['2026-03-29T01:30:00.000Z', ['Europe/Berlin', 'UTC']],
  ['2026-03-30T12:00:00.500Z', ['Europe/Berlin', 'Africa/Casablanca', 'Asia/Kathmandu']],
  ['2026-10-25T00:30:00.000Z', ['Europe/Berlin', 'Asia/Kolkata']],
  ['2026-11-01T06:00:00.000Z', ['America/New_York', 'America/St_Johns']],
  ['2026-03-31T23:59:59.999Z', ['UTC', 'Pacific/Auckland']],
  ['2026-04-05T15:00:00.000Z', ['Australia/Lord_Howe', 'Pacific/Chatham']],
  ['2024-02-29T12:00:00.000Z', ['Asia/Kolkata', 'UTC']],
  ['2012-01-02T00:00:00.000Z', ['Pacific/Apia']],
]
const LASTS = [
  ...['PT1H', 'P1D', 'P7D', 'P1W', 'P30D', 'P1M', 'P1Y', 'P2M1DT3H', 'PT1.5S', 'PT0.001S', 'P10Y', 'P3M'],
  ...['PT36H'],
  ...['P13M', 'P6M', 'P1Y1M1W1DT1H1M1S'],
]

/** Dates and times around a moment, and some that are far from every one. */
function edgesAround(nowMs: number): string[] {
  const at = (days: number) => formatInstant(nowMs + days * DAY)
  const dates = [-366, -31, -30, -7, -2, -1, 0, 1].map((days) => at(days).slice(0, 10))
  return [
    ...dates,
    at(-3),
    at(0),
    `${at(-10).slice(0, 19)}+05:30`,
    `${at(-5).slice(0, 16)}`,
    `${at(-1).slice(0, 19)}.123456789`,
    ...[
      '2026-03-29T02:30',
      '2026-10-25T02:30:00',
      '2011-12-30',
      '2011-12-30T12:00',
      '1969-12-31',
      '0000-01-01',
    ],
    ...['9999-12-31', '1970-01-01T00:00:00Z', '2024-02-29'],
  ]
}

function windowsOf(edges: string[]): fc.Arbitrary<Within> {
  const edge = mostly(oneOf(...edges.slice(0, 13)), oneOf(...edges), 4)
  const startOf = (text: string) => parseScheduleTime(text, 'UTC', 'start') ?? 0
  return fc.oneof(
    { arbitrary: fc.record({ last: oneOf(...LASTS) }), weight: 4 },
    { arbitrary: fc.record({ from: edge }), weight: 1 },
    { arbitrary: fc.record({ to: edge }), weight: 1 },
    {
      arbitrary: fc.tuple(edge, edge).map(([one, other]) => {
        const [from = one, to = other] = [one, other].sort((a, b) => startOf(a) - startOf(b))
        return { from, to }
      }),
      weight: 2,
    },
  )
}

/** Moments just before, at and after the edges of windows; and any others. */
function momentsOf(nowMs: number, zone: string, edges: string[]): fc.Arbitrary<number> {
  const bounds = [
    ...LASTS.map((last) => startOfLast(nowMs, last, zone)),
    ...edges.flatMap((text) =>
      (['start', 'end'] as const).map((edge) => parseScheduleTime(text, zone, edge) ?? nowMs),
    ),
  ].filter((ms) => ms <= nowMs)
  return fc.oneof(
    {
      arbitrary: fc.tuple(oneOf(...bounds), oneOf(-1, 0, 0, 1)).map(([bound, by]) => bound + by),
      weight: 4,
    },
    { arbitrary: fc.integer({ min: nowMs - 90 * DAY, max: nowMs + FUTURE_TOLERANCE_MS }), weight: 4 },
    {
      arbitrary: oneOf(
        nowMs,
        nowMs + FUTURE_TOLERANCE_MS,
        0,
        -1,
        -DAY,
        -62_167_219_200_000,
        -62_167_219_200_001,
      ),
      weight: 1,
    },
  )
}

// Rules

const comparing = <Value extends fc.Arbitrary<number>>(value: Value): fc.Arbitrary<Compare> =>
  fc.oneof(
    { arbitrary: fc.record({ op: oneOf('gt', 'gte', 'lt', 'lte'), value }), weight: 4 },
    { arbitrary: fc.record({ op: oneOf('eq', 'ne'), value }), weight: 1 },
    { arbitrary: fc.record({ op: fc.constant('between' as const), value: pair(value) }), weight: 1 },
  )
const pair = (value: fc.Arbitrary<number>) =>
  fc.tuple(value, value).map(([one, other]): [number, number] => (one <= other ? [one, other] : [other, one]))

/** A condition on one property, such as mostly fits what it mostly holds. */
function conditionOn(name: string, flavour: Flavour): fc.Arbitrary<Condition> {
  const property = fc.constant(name)
  const value = mostly(flavours[flavour] as fc.Arbitrary<string | number | boolean>, scalar)
  const ofNumber: fc.Arbitrary<Condition> = fc.oneof(
    fc.record({ property, op: oneOf('gt', 'gte', 'lt', 'lte'), value: number }),
    fc.record({ property, op: fc.constant('between' as const), value: pair(number) }),
  )
  const ofText: fc.Arbitrary<Condition> = fc.record({
    property,
    op: oneOf('contains', 'notContains', 'startsWith'),
    value: mostly(oneOf(...PARTS), filledText),
  })
  const ofTime: fc.Arbitrary<Condition> = fc.record({
    property,
    op: oneOf('before', 'after'),
    value: oneOf(...LEGAL_TIMES),
  })
  const ofAny: fc.Arbitrary<Condition> = fc.oneof(
    fc.record({ property, op: oneOf('eq', 'ne'), value }),
    fc.record({ property, op: oneOf('in', 'notIn'), value: fc.array(value, { minLength: 1, maxLength: 5 }) }),
    fc.record({ property, op: oneOf('exists', 'notExists') }),
  )
  const others = fc.oneof(ofText, ofNumber, ofTime)
  const fitting = {
    text: ofText,
    amount: ofNumber,
    size: ofNumber,
    time: ofTime,
    key: ofAny,
    flag: ofAny,
    any: others,
  }
  return fc.oneof(
    { arbitrary: fitting[flavour], weight: 6 },
    { arbitrary: ofAny, weight: 5 },
    { arbitrary: others, weight: 1 },
  )
}

const conditionAmong = (names: Names) =>
  fc.oneof(...names.map(([name, flavour]) => conditionOn(name, flavour)))

const eventConditionOf = (odd: string[], weight = 5): fc.Arbitrary<Condition> =>
  mostly(conditionAmong(EVENT_NAMES), conditionAmong(seldomOf(odd)), weight)

/** The properties of an event, and a condition on them. */
export const asked: fc.Arbitrary<[Properties, Condition]> = fc
  .subarray(ODD_NAMES, { minLength: 2, maxLength: 4 })
  .chain((odd) => fc.tuple(propertiesOf(EVENT_NAMES, odd), eventConditionOf(odd, 1)))

const BUILT_IN = {
  email: oneOf(...EMAILS),
  phone: oneOf(...PHONES),
  name: text,
  timezone: oneOf('asia/kolkata', 'Europe/Berlin', 'Europe'),
  language: oneOf('de', 'en', 'EN-IN'),
}

/** A condition on a user. */
function userConditionOf({ times, odd }: Ground): fc.Arbitrary<Condition> {
  const texts = Object.entries(BUILT_IN).map(([name, value]) =>
    fc.oneof<fc.Arbitrary<Condition>[]>(
      fc.record({
        property: fc.constant(name),
        op: oneOf('eq', 'ne', 'contains', 'notContains', 'startsWith'),
        value: name === 'name' ? filledText : value,
      }),
      fc.record({
        property: fc.constant(name),
        op: oneOf('in', 'notIn'),
        value: fc.array(mostly<string, string | number | boolean>(value, scalar), {
          minLength: 1,
          maxLength: 3,
        }),
      }),
      conditionOn(name, 'any'),
    ),
  )
  const property = oneOf('createdAt', 'lastSeenAt')
  const seen: fc.Arbitrary<Condition> = fc.oneof(
    { arbitrary: fc.record({ property, op: oneOf('before', 'after'), value: times }), weight: 4 },
    {
      arbitrary: fc.record({ property, op: oneOf('eq', 'ne', 'startsWith', 'contains'), value: times }),
      weight: 1,
    },
    { arbitrary: fc.oneof(conditionOn('createdAt', 'time'), conditionOn('lastSeenAt', 'time')), weight: 2 },
  )
  return fc.oneof(
    { arbitrary: conditionAmong(USER_NAMES), weight: 5 },
    { arbitrary: fc.oneof(...texts), weight: 3 },
    { arbitrary: seen, weight: 3 },
    { arbitrary: fc.oneof(conditionAmong(seldomOf(odd)), conditionOn('email[].sku', 'key')), weight: 1 },
  )
}

const eventName = fc.oneof(
  { arbitrary: oneOf('Viewed', 'Charged'), weight: 12 },
  { arbitrary: oneOf(...EVENTS, 'viewed', 'Nothing'), weight: 1 },
)
const whereOf = (odd: string[]) =>
  mostly(
    fc.array(eventConditionOf(odd), { minLength: 1, maxLength: 1 }),
    fc.array(eventConditionOf(odd), { maxLength: 3 }),
  )
const SUMS = [
  0.3, 5, 19.99, 25, 99.5, 100, 199.5, 33.333333, 66.666667, 50.05, 2.5, 0.333333, 119.99, 1.000001,
]
const reached = mostly(oneOf(...SUMS), number, 3)
const measureOf = (odd: string[]) =>
  fc
    .tuple(
      mostly(
        oneOf('Amount', 'Items[].price'),
        oneOf('Product', 'Items[].sku', ...seldomOf(odd).map(([name]) => name)),
      ),
      comparing(reached),
    )
    .map(([property, compare]) => ({ property, ...compare }))

/** A field that is there as often as not. */
const sometimes = <Name extends string, T>(name: Name, value: fc.Arbitrary<T>) =>
  fc.tuple(fc.boolean(), value).map(([is, one]) => (is ? { [name]: one } : {}) as { [Key in Name]?: T })

function didOf({ within, odd }: Ground): fc.Arbitrary<Did> {
  const times = comparing(fc.nat(6))
  const measure = measureOf(odd)
  return fc
    .tuple(
      fc.record({ event: eventName }),
      sometimes('where', whereOf(odd)),
      sometimes('within', within),
      fc.oneof(
        { arbitrary: fc.constant({}), weight: 4 },
        { arbitrary: fc.record({ times }), weight: 4 },
        { arbitrary: fc.record({ sum: measure }), weight: 3 },
        { arbitrary: fc.record({ average: measure }), weight: 3 },
        { arbitrary: fc.record({ times, sum: measure, average: measure }, { requiredKeys: [] }), weight: 1 },
      ),
    )
    .map(([did, where, window, measures]): Did => ({ ...did, ...where, ...window, ...measures }))
}

/** A value of a property that somebody may like. */
const likedAmong = (names: Names) =>
  fc.oneof(
    ...names.map(([name, flavour]) =>
      fc.record({
        property: fc.constant(name),
        value: mostly(flavours[flavour] as fc.Arbitrary<string | number | boolean>, scalar),
      }),
    ),
  )
const share = fc.oneof(
  fc.constant('most' as const),
  fc.integer({ min: 1, max: 100 }),
  oneOf(1, 12.5, 20, 25, 33.3, 33.34, 40, 50, 66.67, 100),
)

function interestOf({ within, odd }: Ground): fc.Arbitrary<Interest> {
  return fc
    .tuple(
      fc.record({ event: eventName }),
      sometimes('share', share),
      sometimes('where', whereOf(odd)),
      sometimes('within', within),
      fc.oneof(
        // What these events mostly hold, so that it is now and then somebody's most frequent.
        fc.record({ property: fc.constant('Category'), value: oneOf('SHOES', 'strasse', 'dankefür', 'σας') }),
        fc.record({ property: fc.constant('Product'), value: oneOf<string | number>('A', 'b', 1, 'É') }),
        fc.record({ property: fc.constant('Flag'), value: fc.boolean() }),
        mostly(likedAmong(EVENT_NAMES), likedAmong(seldomOf(odd)), 2),
      ),
    )
    .map(
      ([event, shared, where, window, liked]): Interest => ({
        ...event,
        ...shared,
        ...where,
        ...window,
        ...liked,
      }),
    )
}

/** What rules may speak of in one world. */
interface Ground {
  within: fc.Arbitrary<Within>
  /** Texts such as a user's times may be compared with. */
  times: fc.Arbitrary<string>
  odd: string[]
  segments: string[]
}

/** Rules of up to so many groups in each other. */
function rulesOf(ground: Ground, depth: number): fc.Arbitrary<Rule> {
  const did = didOf(ground)
  const { segments, odd } = ground
  const didPart: fc.Arbitrary<RuleNode> = fc.oneof(
    { arbitrary: fc.record({ did }), weight: 3 },
    { arbitrary: fc.record({ didNot: did }), weight: 1 },
  )
  const segment = segments.length === 0 ? [] : [fc.record({ segment: oneOf(...segments) })]
  const leaf: fc.Arbitrary<RuleNode> = fc.oneof(
    { arbitrary: didPart, weight: 5 },
    { arbitrary: fc.record({ user: userConditionOf(ground) }), weight: 3 },
    { arbitrary: fc.record({ interest: interestOf(ground) }), weight: 2 },
    { arbitrary: fc.oneof(fc.record({ list: oneOf(...LISTS) }), ...segment), weight: 1 },
  )
  const levels = [leaf]
  for (let level = 1; level <= depth; level++) {
    const below = levels.at(-1) ?? leaf
    levels.push(
      fc.oneof(
        { arbitrary: leaf, weight: 2 },
        { arbitrary: fc.record({ all: fc.array(below, { minLength: 1, maxLength: 3 }) }), weight: 3 },
        { arbitrary: fc.record({ any: fc.array(below, { minLength: 1, maxLength: 3 }) }), weight: 3 },
        { arbitrary: fc.record({ not: below }), weight: 1 },
      ),
    )
  }
  /** Eight groups in each other, each with a leaf beside the next. */
  const deep = fc
    .tuple(leaf, fc.array(fc.tuple(oneOf('all', 'any', 'not'), leaf), { minLength: 8, maxLength: 8 }))
    .map(([core, groups]) =>
      groups.reduce<RuleNode>((inner, [kind, beside]) => groupOf(kind, inner, beside), core),
    )
  const tree = fc.oneof(
    { arbitrary: levels.at(0) ?? leaf, weight: 3 },
    ...levels.slice(1).map((arbitrary, level) => ({ arbitrary, weight: 5 - level })),
    ...(depth < 4 ? [] : [{ arbitrary: deep, weight: 1 }]),
  )
  const same = mostly(
    oneOf('Product', 'Category', 'Items[].sku', 'Flag'),
    oneOf('Amount', ...seldomOf(odd).map(([name]) => name)),
  )
  const compared = fc
    .tuple(
      fc.record({ did }),
      fc.array(fc.oneof({ arbitrary: didPart, weight: 3 }, { arbitrary: leaf, weight: 1 }), { maxLength: 2 }),
      fc.boolean(),
    )
    .map(
      ([first, others, every]): RuleNode =>
        every ? { all: [first, ...others] } : { any: [first, ...others] },
    )
  return fc
    .oneof(
      { arbitrary: tree, weight: 5 },
      {
        arbitrary: fc
          .tuple(fc.oneof({ arbitrary: compared, weight: 3 }, { arbitrary: tree, weight: 1 }), same)
          .map(([rule, property]): Rule => (doesSomething(rule) ? { ...rule, same: property } : rule)),
        weight: 2,
      },
    )
    .filter((rule) => leavesIn(rule) <= 50)
}

function groupOf(kind: 'all' | 'any' | 'not', inner: RuleNode, beside: RuleNode): RuleNode {
  if (kind === 'not') return { not: inner }
  return kind === 'all' ? { all: [inner, beside] } : { any: [beside, inner] }
}

/** Whether a rule says that something was done, without which nothing can be the same. */
function doesSomething(node: RuleNode): boolean {
  if ('all' in node) return node.all.some(doesSomething)
  if ('any' in node) return node.any.some(doesSomething)
  return 'not' in node ? doesSomething(node.not) : 'did' in node
}

function leavesIn(node: RuleNode): number {
  const inner = 'all' in node ? node.all : 'any' in node ? node.any : 'not' in node ? [node.not] : undefined
  return inner === undefined ? 1 : inner.reduce((sum, part) => sum + leavesIn(part), 0)
}

// Both

function worldsAt(nowMs: number, zone: string, odd: string[], rules: number): fc.Arbitrary<Inquiry> {
  const edges = edgesAround(nowMs)
  const within = windowsOf(edges)
  const moments = momentsOf(nowMs, zone, edges)
  // The clock of an app may be ahead of ours, by which users are made.
  const past = moments.map((ms) => Math.min(ms, nowMs))
  const times = moments.filter((ms) => ms >= -62_167_219_200_000).map(formatInstant)
  const rulesNaming = (segments: string[], depth: number) => rulesOf({ within, times, odd, segments }, depth)
  return fc
    .record({
      users: fc
        .subarray(IDS, { minLength: 5 })
        .chain((ids) => fc.tuple(...ids.map((id) => userOf(id, past, userProperties(odd))))),
      events: fc.array(eventOf(moments, propertiesOf(EVENT_NAMES, odd)), { maxLength: 110, size: 'max' }),
      segments: fc.tuple(rulesNaming([], 1), rulesNaming(['seg_0'], 1), rulesNaming(['seg_0', 'seg_1'], 2)),
      lists: fc.tuple(fc.subarray(IDS), fc.subarray(IDS)),
      rules: fc.array(rulesNaming(['seg_0', 'seg_1', 'seg_2'], 4), {
        minLength: 1,
        maxLength: rules,
        size: 'max',
      }),
    })
    .map(({ users, events, segments, lists, rules }): Inquiry => {
      const known = new Set(users.map(({ id }) => id))
      return {
        world: {
          nowMs,
          zone,
          users,
          events: events
            .filter(({ userId }) => known.has(userId))
            .map((event, index) => ({ ...event, id: `e${index}` })),
          segments: new Map(segments.map((rule, index) => [`seg_${index}`, rule])),
          lists: new Map([...lists, []].map((members, index) => [LISTS[index] ?? '', new Set(members)])),
        },
        rules,
      }
    })
}

/**
 * Worlds of a few users and what they did, each with up to so many rules that speak of them. Every other rule that is
 * true of all users or of none is left out: it asks less of whoever answers.
 */
export function inquiries(rules: number): fc.Arbitrary<Inquiry> {
  const places = NOWS.flatMap(([now, zones]) => zones.map((zone) => [Date.parse(now), zone] as const))
  // Nor would the small and empty worlds that bias brings.
  return fc.noBias(
    fc
      .tuple(oneOf(...places), fc.subarray(ODD_NAMES, { minLength: 2, maxLength: 4 }))
      .chain(([[nowMs, zone], odd]) => worldsAt(nowMs, zone, odd, rules))
      .map(({ world, rules: all }) => ({
        world,
        rules: all.filter((rule, index) => index % 2 === 0 || tells(world, rule)),
      })),
  )
}

/** Whether a rule is true of some users of a world and not of others. */
export function tells(world: World, rule: Rule): boolean {
  return new Set(world.users.map(({ id }) => matchesRule(world, rule, id))).size > 1
}
