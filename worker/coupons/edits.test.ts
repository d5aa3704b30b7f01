import { describe, expect, test } from 'vitest'
import { mergePatch } from '../platform/edit.ts'
import { type CouponDefinition, couponDefinitionSchema } from './contract.ts'
import { editRefusal } from './edits.ts'

const before = couponDefinitionSchema.parse({
  name: 'C',
  audience: 'everyone',
  kind: 'single',
  code: 'CODE',
  effect: { on: 'order', benefit: { kind: 'percentage', percent: 10 }, as: 'discount' },
  validity: { start: 'now', end: '2030-01-01' },
  limits: { global: { total: 100, day: 10 }, perUser: { total: 2 } },
})
const patched = (patch: Record<string, unknown>): CouponDefinition =>
  couponDefinitionSchema.parse(mergePatch(before, patch, ['effect', 'activation']))
const refusedPaths = (status: Parameters<typeof editRefusal>[0], patch: Record<string, unknown>) =>
  editRefusal(status, before, patched(patch))?.extras.issues?.map((issue) => issue.path) ?? []

describe.each(['active', 'paused'] as const)('while it is %s', (status) => {
  test.each([
    { name: 'N', description: 'd', terms: 't', visible: false, lowStock: 5 },
    { validity: { end: '2031-01-01' } },
    { validity: { end: 'never' } },
    { limits: { global: { total: 101 } } },
    { limits: { global: { total: null, day: null } } },
    { limits: { perUser: null } },
    { limits: null },
    {},
  ])('%j is free', (patch) => {
    expect(refusedPaths(status, patch)).toEqual([])
  })

  test.each([
    [{ limits: { global: { total: 99 } } }, ['limits.global.total']],
    [{ limits: { global: { month: 5 } } }, ['limits.global.month']],
    [{ limits: { perUser: { week: 1 } }, name: 'N' }, ['limits.perUser.week']],
    [{ code: 'OTHER', audience: 'campaign' }, ['audience', 'code']],
    [{ validity: { start: '2029-01-01' } }, ['validity.start']],
    [
      { effect: { on: 'order', benefit: { kind: 'percentage', percent: 11 }, as: 'discount' } },
      ['effect.benefit.percent'],
    ],
    [{ activation: { event: 'E' } }, ['activation.event']],
  ])('%j is refused at %j', (patch, paths) => {
    expect(refusedPaths(status, patch).sort()).toEqual(paths)
  })
})

test.each(['draft', 'scheduled'] as const)('everything may change while it is %s', (status) => {
  expect(refusedPaths(status, { code: 'OTHER', limits: { global: { total: 1 } } })).toEqual([])
})

test.each(['ended', 'archived'] as const)(
  'nothing may change once it is %s, but nothing is no change',
  (status) => {
    expect(refusedPaths(status, { name: 'N' })).toEqual(['name'])
    expect(refusedPaths(status, {})).toEqual([])
  },
)
