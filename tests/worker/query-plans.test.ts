import { beforeAll, expect, test } from 'vitest'
import { toCore } from '../../worker/segments/core.ts'
import { occurredStatements } from '../../worker/segments/occurrence.ts'
import type { Rule } from '../../worker/segments/ruleContract.ts'
import {
  estimateStatement,
  pageStatement,
  prepared,
  type Statement,
  subjectsStatement,
} from '../../worker/segments/statements.ts'
import { env, setUp } from './boon.ts'

beforeAll(setUp)

const at = { nowMs: Date.parse('2026-05-01T00:00:00Z'), zone: 'UTC' }
const named = { segments: new Map(), generations: new Map([['lst_1', 1]]) }
const subjects = [{ userId: 'u', eventId: 'e' }]

/** How SQLite means to read each table, in its own words. */
async function planOf({ sql, values }: Statement): Promise<string[]> {
  const plan = prepared(env.USERS_0, { sql: `EXPLAIN QUERY PLAN ${sql}`, values })
  const { results } = await plan.all<{ detail: string }>()
  return results.map((row) => row.detail).filter((detail) => /^(SCAN|SEARCH) \w/.test(detail))
}

const charged = (more: object = {}) => ({ did: { event: 'Charged', ...more } }) as Rule
const rules: Record<string, Rule> = {
  once: charged({ within: { last: 'P30D' } }),
  often: charged({ times: { op: 'gte', value: 2 } }),
  never: { didNot: { event: 'Charged' } },
  'with a condition': charged({ where: [{ property: 'Amount', op: 'gt', value: 5 }] }),
  same: { all: [charged(), { didNot: { event: 'Viewed' } }], same: 'sku' } as Rule,
  interest: { interest: { event: 'Viewed', property: 'sku', value: 'a' } },
  list: { list: 'lst_1' },
}

test.each(Object.entries(rules))(
  'everyone, %s: events by their name, and no scan of them',
  async (_, rule) => {
    const plan = await planOf(estimateStatement(toCore(rule, named), at))
    const events = plan.filter((detail) => / events /.test(detail))
    expect(events.length > 0).toBe(rule !== rules['list'])
    for (const detail of events)
      expect(detail).toMatch(/^SEARCH events USING (COVERING )?INDEX events_by_name \(name=/)
    for (const detail of plan) expect(detail).not.toMatch(/^SCAN (events|list_members)/)
  },
)

test.each(Object.entries(rules))('some users, %s: only what is theirs', async (_, rule) => {
  const plan = await planOf(subjectsStatement(toCore(rule, named), at, subjects))
  for (const detail of plan) expect(detail).not.toMatch(/^SCAN (users|u|events|list_members)\b/)
  // The event that a subject stands for is looked up by its id.
  const events = plan.filter((detail) => / events /.test(detail) && !detail.includes('events_by_id'))
  expect(events.length > 0).toBe(rule !== rules['list'])
  for (const detail of events) expect(detail).toMatch(/events_by_time \(user_id=\?/)
})

test('nothing is asked of the properties: the index alone answers', async () => {
  const plan = await planOf(estimateStatement(toCore(rules['once'] as Rule, named), at))
  expect(plan).toContainEqual('SEARCH events USING COVERING INDEX events_by_name (name=? AND at_ms>?)')
})

test('an audience is paged along the keys of users, or of its list', async () => {
  expect(await planOf(pageStatement(toCore(charged(), named), at, '', 10))).toEqual([
    'SEARCH users USING PRIMARY KEY (id>?)',
  ])
  const plan = await planOf(pageStatement(toCore({ list: 'lst_1' }, named), at, '', 10))
  expect(plan[0]).toMatch(/^SEARCH m USING PRIMARY KEY \(list_id=\? AND generation=\? AND user_id>\?\)/)
})

test('whether somebody did the other thing is asked of their own time only', async () => {
  const watch = { userId: 'u', eventId: 'e', fromMs: 1, untilMs: 2, value: '' }
  const [statement] = occurredStatements({ event: 'Checkout', where: [], same: undefined }, at, [watch])
  if (statement === undefined) throw new Error('There is nothing to ask')
  const plan = await planOf(statement)
  expect(plan.filter((detail) => detail.includes('by_time'))).toEqual([
    'SEARCH events USING INDEX events_by_time (user_id=? AND at_ms>? AND at_ms<?)',
  ])
})

test('reward events of some users: only what is theirs, in every table that makes them', async () => {
  const rewarded = { did: { event: 'CT Partner Voucher Rewarded', within: { last: 'P30D' } } } as Rule
  const plan = await planOf(subjectsStatement(toCore(rewarded, named), at, subjects))
  for (const table of ['grants', 'holdings', 'wallet_entries']) {
    const own = plan.filter((detail) => new RegExp(`\\b${table}\\b`).test(detail))
    expect(own.length, table).toBeGreaterThan(0)
    for (const detail of own) expect(detail).toMatch(/^SEARCH .*\(user_id=\?/)
  }
  expect(plan.filter((detail) => detail.startsWith('SCAN events'))).toEqual([])
  const occurrence = { event: 'CT Points Debited', where: [], same: undefined }
  const watch = { userId: 'u', eventId: 'e', fromMs: 0, untilMs: 1, value: '' }
  for (const statement of occurredStatements(occurrence, at, [watch])) {
    const watched = await planOf(statement)
    expect(watched.filter((detail) => /^SCAN (events|grants|holdings|wallet_entries)/.test(detail))).toEqual(
      [],
    )
  }
})

test('deliveries are found by an index, whatever they are asked by', async () => {
  const planned = async (sql: string, ...values: unknown[]) => (await planOf({ sql, values })).join('; ')
  const listed = (where: string) => `SELECT d.* FROM deliveries d ${where} ORDER BY d.id DESC LIMIT 10`
  expect(await planned(listed('WHERE d.endpoint_id = ?1'), 'e')).toMatch(/deliveries_by_endpoint/)
  expect(await planned(listed('WHERE d.status = ?1'), 'failed')).toMatch(/deliveries_by_status/)
  expect(await planned(listed('WHERE d.endpoint_id = ?1 AND d.status = ?2'), 'e', 'failed')).toMatch(
    /SEARCH d/,
  )
})
