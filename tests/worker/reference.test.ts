import { describe, expect, test } from 'vitest'
import type { Rule } from '../../worker/segments/ruleContract.ts'
import { matchesRule, type World, type WorldEvent, type WorldUser } from './reference.ts'

const NOW = '2026-03-31T12:00:00.000Z'

const user = (id: string, more: Partial<WorldUser> = {}): WorldUser => ({
  id,
  email: null,
  phone: null,
  name: null,
  timezone: null,
  language: null,
  createdMs: Date.parse('2026-01-15T08:00:00Z'),
  properties: {},
  ...more,
})

/** An event as a line: name, time, properties. */
type Line = [name: string, at: string, properties?: Record<string, unknown>]

const history: Record<string, Line[]> = {
  // Two purchases, of which one was looked at before.
  ann: [
    ['Viewed', '2026-03-01T10:00:00Z', { Product: 'A', Category: 'Shoes' }],
    ['Viewed', '2026-03-02T10:00:00Z', { Product: 'B', Category: 'shoes' }],
    ['Viewed', '2026-03-03T10:00:00Z', { Product: 5, Category: 'Bags' }],
    [
      'Charged',
      '2026-03-20T10:00:00Z',
      { Product: 'a', Amount: 0.1, Items: [{ price: 5, sku: 'X' }, { price: 'free' }, null] },
    ],
    ['Charged', '2026-03-31T12:00:00Z', { Product: 'C', Amount: 0.2, Items: [{ price: 7, sku: 'x' }] }],
  ],
  // One of each, the purchase of something else; a tie of categories.
  bob: [
    ['Viewed', '2026-02-28T12:00:00Z', { Product: 'A', Category: 'Straße' }],
    ['Viewed', '2026-03-29T10:00:00Z', { Category: 'Bags' }],
    ['Charged', '2026-03-29T10:00:00Z', { Product: '5', Amount: '100', Items: [{ sku: 'Y' }] }],
  ],
  // Views only.
  cy: [
    ['Viewed', '2026-03-31T11:00:00Z', { Product: true, Category: 'STRASSE' }],
    ['Viewed', '2026-03-31T11:30:00Z', { Product: null, Category: 'strasse' }],
    ['Viewed', '2026-03-31T11:45:00Z', { Product: ['A'] }],
  ],
  // Nothing at all.
  di: [],
}

const world: World = {
  nowMs: Date.parse(NOW),
  zone: 'Asia/Kolkata',
  users: [
    user('ann', {
      email: 'Ann@Example.com',
      properties: { city: 'Pune', age: 30, tags: [{ x: 1 }, { x: 2 }] },
    }),
    user('bob', { properties: { city: 'MUMBAI', age: '30', email: 'bob@example.com' } }),
    user('cy', { properties: { city: null, age: 17.5 } }),
    user('di', { createdMs: Date.parse(NOW), properties: { city: 5, 'tags[].x': 2, tags: [{ x: 1 }] } }),
  ],
  events: Object.entries(history).flatMap(([userId, lines]) =>
    lines.map(
      ([name, at, properties = {}], index): WorldEvent => ({
        id: `e${index}`,
        userId,
        name,
        atMs: Date.parse(at),
        properties,
      }),
    ),
  ),
  segments: new Map<string, Rule>([
    ['buyers', { did: { event: 'Charged' } }],
    ['viewed twice', { did: { event: 'Viewed', times: { op: 'gte', value: 2 } } }],
    [
      'viewed something twice',
      { did: { event: 'Viewed', times: { op: 'gte', value: 2 } }, same: 'Category' },
    ],
  ]),
  lists: new Map([
    ['some', new Set(['ann', 'cy', 'nobody'])],
    ['none', new Set<string>()],
  ]),
}

const viewed = (more: object = {}) => ({ did: { event: 'Viewed', ...more } })
const charged = (more: object = {}) => ({ did: { event: 'Charged', ...more } })
const times = (op: string, value: unknown) => ({ times: { op, value } })
const sum = (op: string, value: unknown, property = 'Amount') => ({ sum: { property, op, value } })
const average = (op: string, value: unknown, property = 'Amount') => ({ average: { property, op, value } })
const within = (from?: string, to?: string) => ({ within: { ...(from && { from }), ...(to && { to }) } })
const last = (duration: string) => ({ within: { last: duration } })
const where = (property: string, op: string, value?: unknown) => ({ where: [{ property, op, value }] })
const is = (property: string, op: string, value?: unknown) => ({ user: { property, op, value } })
const likes = (value: unknown, more: object = {}) => ({
  interest: { event: 'Viewed', property: 'Category', value, ...more },
})

/** What is asked, and of whom it is true: the initials of Ann, Bob, Cy and Di. */
const cases: [title: string, rule: object, who: string][] = [
  // What users are
  ['a text is one in any case', is('city', 'in', ['pune', 'Mumbai']), 'ab'],
  ['a negative condition is true of what is missing, not of another type', is('city', 'ne', 'Pune'), 'bc'],
  ['what is there is there, whatever it is', is('city', 'exists'), 'abd'],
  ['a text is no number', is('age', 'gte', 18), 'a'],
  ['a number is no text', is('age', 'eq', '30'), 'b'],
  ['what is built in hides a property of its name', is('email', 'exists'), 'a'],
  ['an e-mail address is a text', is('email', 'contains', '@EXAMPLE'), 'a'],
  ['a built-in that is missing is missing', is('phone', 'notExists'), 'abcd'],
  ['strictly before', is('createdAt', 'before', NOW), 'abc'],
  ['not after the very moment', is('createdAt', 'after', '2026-03-31T11:59:59.999Z'), 'd'],
  ['times are texts as well', is('createdAt', 'startsWith', '2026-01-15t08:00:00.000z'), 'abc'],
  ['the newest event', is('lastSeenAt', 'eq', '2026-03-31T12:00:00.000Z'), 'a'],
  ['never seen', is('lastSeenAt', 'notExists'), 'd'],
  ['any item', is('tags[].x', 'eq', 2), 'ad'],
  ['no item, or no items', is('tags[].x', 'ne', 1), 'bcd'],
  ['a list only exists', is('tags', 'notIn', ['a']), 'bc'],
  // What they did
  ['once or more', charged(), 'ab'],
  ['never', { didNot: { event: 'Charged' } }, 'cd'],
  ['counts include those of nothing', viewed(times('lt', 3)), 'bd'],
  ['counts from and to', viewed(times('between', [1, 2])), 'b'],
  ['exactly as often', viewed(times('ne', 3)), 'bd'],
  ['not so often', { didNot: { event: 'Viewed', ...times('gte', 3) } }, 'bd'],
  [
    'what counts meets the conditions',
    viewed({ ...where('Category', 'eq', 'SHOES'), ...times('gte', 2) }),
    'a',
  ],
  [
    'all conditions',
    viewed({
      where: [
        { property: 'Product', op: 'eq', value: 'a' },
        { property: 'Category', op: 'eq', value: 'shoes' },
      ],
    }),
    'a',
  ],
  ['decimals add up', charged(sum('eq', 0.3)), 'a'],
  ['nobody’s sum is nought', charged(sum('lte', 0)), 'bcd'],
  ['a sum of items', charged(sum('eq', 12, 'Items[].price')), 'a'],
  ['a text is left out of a sum', charged(sum('between', [0, 0])), 'bcd'],
  ['an average of those that have a number', charged(average('eq', 0.15)), 'a'],
  ['an average of items', charged(average('eq', 6, 'Items[].price')), 'a'],
  ['no average compares with nothing', charged(average('ne', 7)), 'a'],
  ['a count and a sum', charged({ ...times('gte', 3), ...sum('gt', 0) }), ''],
  ['a sum alone asks for no count', charged({ ...sum('lt', 1), ...where('Product', 'eq', 'Z') }), 'abcd'],
  // When
  ['the last hour, its first moment as well', viewed(last('PT1H')), 'c'],
  ['a moment less', viewed({ ...last('PT59M59.999S'), ...times('eq', 3) }), ''],
  ['a month back from the 31st', viewed({ ...last('P1M'), ...times('gte', 2) }), 'abc'],
  ['the moment at which a month begins is in it', viewed({ ...last('P1M'), ...times('eq', 2) }), 'b'],
  ['thirty days', viewed({ ...last('P30D'), ...times('eq', 2) }), 'a'],
  ['from a date in the zone of the account', viewed(within('2026-03-04')), 'bc'],
  ['to a date, all of it', viewed(within(undefined, '2026-03-01')), 'ab'],
  ['to the day before, where the day is', viewed(within(undefined, '2026-02-28')), 'b'],
  ['to a time, itself as well', viewed(within('2026-02-28T12:00:00Z', '2026-02-28T12:00:00Z')), 'b'],
  ['a time without an offset is of the zone', viewed(within('2026-02-28T17:30', '2026-02-28T17:30:00')), 'b'],
  // What they like
  ['mostly', likes('shoes'), 'a'],
  ['a tie is not mostly, and case is no difference', likes('straße'), 'c'],
  ['a share of all, whether they have one or not', likes('strasse', { share: 66 }), 'c'],
  ['more than the share', likes('strasse', { share: 67 }), ''],
  ['half is half', likes('bags', { share: 50 }), 'b'],
  ['nobody likes what is not there', likes('Hats', { share: 1 }), ''],
  ['mostly by any item', { interest: { event: 'Charged', property: 'Items[].sku', value: 'X' } }, 'a'],
  ['of another type', { interest: { event: 'Viewed', property: 'Product', value: 5 } }, ''],
  // Together
  ['all', { all: [viewed(), charged()] }, 'ab'],
  ['any', { any: [charged(), is('age', 'lt', 18)] }, 'abc'],
  ['not', { not: { all: [viewed(), charged()] } }, 'cd'],
  ['on a list', { list: 'some' }, 'ac'],
  ['on an empty list', { not: { list: 'none' } }, 'abcd'],
  ['a segment', { all: [{ segment: 'viewed twice' }, { not: { segment: 'buyers' } }] }, 'c'],
  ['a segment that holds things to one value', { segment: 'viewed something twice' }, 'ac'],
  // The same
  ['viewed and bought the same', { all: [viewed(), charged()], same: 'Product' }, 'a'],
  [
    'viewed and did not buy the same',
    { all: [viewed(), { didNot: { event: 'Charged' } }], same: 'Product' },
    'abc',
  ],
  [
    'a number and a text are not the same',
    { all: [viewed(where('Product', 'exists')), charged(where('Product', 'eq', '5'))], same: 'Product' },
    '',
  ],
  ['some one thing twice', { ...viewed(times('gte', 2)), same: 'Product' }, ''],
  ['some one item twice', { ...charged(times('gte', 2)), same: 'Items[].sku' }, 'a'],
  ['what is not the same for anybody', { ...viewed(times('lt', 9)), same: 'Nothing' }, ''],
  [
    'what users are, and like, is held to nothing',
    { all: [viewed(where('Product', 'eq', 'B')), likes('shoes')], same: 'Product' },
    'a',
  ],
  [
    'a segment within is held to the same',
    { all: [{ segment: 'viewed twice' }, viewed()], same: 'Product' },
    '',
  ],
  [
    'unless it holds to something itself',
    { all: [{ segment: 'viewed something twice' }, charged()], same: 'Product' },
    'a',
  ],
  [
    'only the events named have values to choose from',
    { all: [{ not: charged() }, { didNot: { event: 'Nothing' } }], same: 'Category' },
    '',
  ],
]

describe('of Ann, Bob, Cy and Di', () => {
  test.each(cases)('%s', (_, rule, who) => {
    const matched = world.users.map(({ id }) => id).filter((id) => matchesRule(world, rule as Rule, id))
    expect(matched.map((id) => id[0]).join('')).toBe(who)
  })
})

test('whoever or whatever is not there is no answer', () => {
  expect(() => matchesRule(world, { list: 'some' }, 'eve')).toThrow('Nobody is called eve')
  expect(() => matchesRule(world, { list: 'others' }, 'ann')).toThrow('no list others')
  expect(() => matchesRule(world, { segment: 'others' }, 'ann')).toThrow('no segment others')
})
