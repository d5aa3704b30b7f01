import { expect, test } from 'vitest'
import { ruleSchema } from './ruleContract.ts'

const did = (more: object = {}) => ({ did: { event: 'Charged', ...more } })
const leaf = did()
const nested = (groups: number): object => (groups === 0 ? leaf : { not: nested(groups - 1) })
const wide = (leaves: number) => ({ any: Array(leaves).fill(leaf) })
const within = (window: object) => did({ within: window })
const interest = (more: object) => ({
  interest: { event: 'Viewed', property: 'Category', value: 'Shoes', ...more },
})
const user = (condition: object) => ({ user: condition })

test.each<[string, object]>([
  ['a leaf alone', leaf],
  ['eight groups in each other', nested(8)],
  ['fifty leaves', wide(50)],
  [
    'a count, a sum and an average at once',
    did({
      times: { op: 'between', value: [0, 2] },
      sum: { property: 'Amount', op: 'lt', value: -0.5 },
      average: { property: 'Items[].price', op: 'ne', value: 3 },
    }),
  ],
  ['ten years', within({ last: 'P10Y' })],
  ['the same in days', within({ last: 'P3653D' })],
  ['a window to the second', within({ last: 'PT1S' })],
  ['a day from its beginning to its end', within({ from: '2026-01-01', to: '2026-01-01' })],
  ['a window without an end', within({ from: '2026-01-01T00:00:00Z' })],
  ['a share of one', interest({ share: 1 })],
  ['a share of a hundred', interest({ share: 100 })],
  ['a share with decimals', interest({ share: 8.8 })],
  ['the most, where nothing is said', interest({})],
  ['one value of a property', { all: [leaf, { didNot: { event: 'Refunded' } }], same: 'Product ID' }],
])('taken: %s', (_, rule) => {
  expect(ruleSchema.safeParse(rule).error).toBeUndefined()
})

// what is written → the path that is refused, and what is said of it
test.each<[string, unknown, string, RegExp]>([
  ['nothing', undefined, '', /must be a rule/],
  ['a list', [leaf], '', /must be a rule/],
  ['an empty object', {}, '', /exactly one of all, any, not/],
  ['two parts in one', { all: [{ ...leaf, segment: 'seg_1' }] }, 'all.0', /exactly one of/],
  ['an unknown part', { all: [{ dit: {} }] }, 'all.0.dit', /is not a part of a rule/],
  ['a part that objects inherit', { constructor: {} }, 'constructor', /is not a part of a rule/],
  ['an empty group', { all: [] }, 'all', /at least one part/],
  ['a group that is no list', { any: leaf }, 'any', /at least one part/],
  ['nine groups in each other', nested(9), Array(9).fill('not').join('.'), /8 levels are allowed/],
  ['fifty-one leaves', wide(51), '', /50 leaves at most/],
  ['an unknown field', did({ when: 1 }), 'did.when', /not a known field/],
  [
    'an unknown field of a measure',
    did({ sum: { property: 'A', op: 'eq', value: 1, of: 2 } }),
    'did.sum.of',
    /not a known field/,
  ],
  ['no event', { did: {} }, 'did.event', /./],
  ['an unknown operator', user({ property: 'a', op: 'like', value: 'b' }), 'user.op', /./],
  ['a reversed range', user({ property: 'a', op: 'between', value: [3, 1] }), 'user.value', /lower bound/],
  ['a reversed count', did({ times: { op: 'between', value: [3, 1] } }), 'did.times.value', /lower bound/],
  ['a broken count', did({ times: { op: 'eq', value: 1.5 } }), 'did.times.value', /whole number/],
  ['a negative count', did({ times: { op: 'eq', value: -1 } }), 'did.times.value', /./],
  ['a negative window', within({ last: '-P1D' }), 'did.within.last', /duration/],
  ['a window of nothing', within({ last: 'PT0S' }), 'did.within.last', /duration/],
  ['a window of words', within({ last: '30 days' }), 'did.within.last', /duration/],
  ['more than ten years', within({ last: 'P10Y2D' }), 'did.within.last', /10 years at most/],
  ['more than ten years in days', within({ last: 'P3655D' }), 'did.within.last', /10 years at most/],
  [
    'a window that ends before it begins',
    within({ from: '2026-01-02', to: '2026-01-01' }),
    'did.within.to',
    /before/,
  ],
  ['a day that does not exist', within({ from: '2026-02-30' }), 'did.within.from', /date/],
  ['an empty window', within({}), 'did.within', /"last"/],
  [
    'two kinds of window',
    within({ last: 'P1D', from: '2026-01-01' }),
    'did.within.from',
    /not a known field/,
  ],
  ['a share of nothing', interest({ share: 0 }), 'interest.share', /"most" or a percentage/],
  ['a share above all', interest({ share: 101 }), 'interest.share', /"most" or a percentage/],
  ['a share in words', interest({ share: 'half' }), 'interest.share', /"most" or a percentage/],
  [
    'half of a surrogate pair',
    user({ property: 'a', op: 'contains', value: '\ud83d' }),
    'user.value',
    /surrogate/,
  ],
  ['one value of nothing done', { all: [{ didNot: { event: 'A' } }], same: 'P' }, 'same', /needs a "did"/],
  ['one value further down', { all: [{ ...leaf, same: 'P' }] }, 'all.0', /exactly one of/],
])('refused: %s', (_, rule, path, message) => {
  const issues = ruleSchema.safeParse(rule).error?.issues ?? []
  expect(issues.map((issue) => issue.path.join('.'))).toEqual([path])
  expect(issues[0]?.message).toMatch(message)
})
