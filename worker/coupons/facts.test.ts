import { expect, test } from 'vitest'
import { couponDefinitionSchema } from './contract.ts'
import { type CouponFacts, factsOf, holdingExpiry } from './facts.ts'

const ms = (text: string) => Date.parse(text)
const at = (text: string | null) => (text === null ? null : ms(text))
const NOW = ms('2026-07-01T12:00:00Z')

function definitionWith(validity: object) {
  return couponDefinitionSchema.parse({
    name: 'C',
    audience: 'campaign',
    kind: 'bulk',
    effect: { on: 'order', benefit: { kind: 'percentage', percent: 10 }, as: 'discount' },
    validity,
  })
}
const factsWith = (validity: object) => factsOf('cpn_1', definitionWith(validity), 'Asia/Kolkata', NOW)

test.each([
  ['now', 'never', undefined, '2026-07-01T12:00:00Z', null],
  ['2021-07-01', '2021-07-01', undefined, '2021-06-30T18:30:00Z', '2021-07-01T18:30:00Z'],
  ['2021-07-01', '2021-07-01', 'UTC', '2021-07-01T00:00:00Z', '2021-07-02T00:00:00Z'],
  ['2026-12-24T18:00', '2026-12-24T20:00', undefined, '2026-12-24T12:30:00Z', '2026-12-24T14:30:00Z'],
  ['2026-12-24T18:00:00Z', 'never', undefined, '2026-12-24T18:00:00Z', null],
])('T4: from %s to %s in %s', (start, end, timezone, startsAt, endsAt) => {
  const facts = factsWith({ start, end, ...(timezone === undefined ? {} : { timezone }) })
  expect(facts).toMatchObject({
    couponId: 'cpn_1',
    kind: 'bulk',
    code: null,
    startsMs: at(startsAt),
    endsMs: at(endsAt),
    zone: timezone ?? 'Asia/Kolkata',
  })
})

test.each([
  [{ start: 'soon', end: 'later' }, ['validity.start', 'validity.end']],
  [{ start: '2026-02-30', end: 'never' }, ['validity.start']],
  [{ start: '2026-07-02', end: '2026-07-01' }, ['validity.end']],
])('%j is refused at %j', (validity, paths) => {
  const issues = factsWith(validity)
  expect(Array.isArray(issues) && issues.map((issue) => issue.path)).toEqual(paths)
})

test.each([
  [null, null, null],
  [null, '2026-08-01T00:00:00Z', '2026-08-01T00:00:00Z'],
  ['P7D', null, '2026-07-08T12:00:00Z'],
  ['P7D', '2026-07-03T00:00:00Z', '2026-07-03T00:00:00Z'],
  ['PT30M', '2026-08-01T00:00:00Z', '2026-07-01T12:30:00Z'],
])('a code that lasts %s of a coupon that ends at %s expires at %s', (expiresAfter, ends, expires) => {
  const facts: CouponFacts = {
    couponId: 'c',
    kind: 'bulk',
    code: null,
    expiresAfter,
    zone: 'UTC',
    startsMs: 0,
    endsMs: at(ends),
  }
  expect(holdingExpiry(facts, NOW)).toBe(at(expires))
})
