import { runInDurableObject } from 'cloudflare:test'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { type CampaignFacts, decideAll, undo } from '../../worker/campaigns/decide.ts'
import { LedgerTables } from '../../worker/campaigns/ledgerTables.ts'
import type { Limits } from '../../worker/campaigns/limits.ts'
import { campaignLedger } from '../../worker/campaigns/store.ts'
import { NO_CHAIN } from '../../worker/rewards/rewardEvents.ts'
import { env, setUp } from './boon.ts'

beforeAll(setUp)

const HOUR = 3_600_000
const AWARD = 7

interface Made {
  trigger: string
  user: string
  atMs: number
  units: number
}

interface Batch {
  laterMs: number
  stock: boolean
  asking: { user: string; trigger: number }[]
  /** Which of the grants of this batch turn out to have nothing to give. */
  empty: boolean[]
}

/** The calendar day, Monday and month of a moment in a zone, worked out apart from the product's calendar. */
function calendar(atMs: number, zone: string): { day: string; week: string; month: string } {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(atMs)
  const noon = new Date(`${day}T12:00:00Z`)
  noon.setUTCDate(noon.getUTCDate() - ((noon.getUTCDay() + 6) % 7))
  return { day, week: noon.toISOString().slice(0, 10), month: day.slice(0, 7) }
}

/** The rules of the product read off one by one: it keeps every grant and counts them anew for each question. */
class Naive {
  grants: Made[] = []
  readonly limits: Limits
  readonly zone: string

  constructor(limits: Limits, zone: string) {
    this.limits = limits
    this.zone = zone
  }

  decide(user: string, trigger: string, atMs: number, stock: boolean): string {
    const before = this.grants.find((grant) => grant.trigger === trigger)
    if (before !== undefined) return `again ${before.units}`
    const { perUser, perCampaign, budget } = this.limits
    const own = this.grants.filter((grant) => grant.user === user)
    const counts = (made: Made[], period: 'day' | 'week' | 'month') =>
      made.filter((one) => calendar(one.atMs, this.zone)[period] === calendar(atMs, this.zone)[period]).length
    const over = (made: Made[], limits: Limits['perUser']) =>
      made.length >= (limits.total ?? Number.POSITIVE_INFINITY)
        ? 'total'
        : (['day', 'week', 'month'] as const).find(
            (period) => counts(made, period) >= (limits[period] ?? Number.POSITIVE_INFINITY),
          )
    const spent = (made: Made[]) => made.reduce((sum, one) => sum + one.units, 0)
    const ofUser = over(own, perUser)
    if (ofUser !== undefined) return `user_limit_${ofUser}`
    let units = AWARD
    const userLeft = (budget.user ?? Number.POSITIVE_INFINITY) - spent(own)
    if (userLeft <= 0 || (userLeft < units && budget.policy === 'reject')) return 'user_budget'
    units = Math.min(units, userLeft)
    const ofCampaign = over(this.grants, perCampaign)
    if (ofCampaign !== undefined) return `campaign_limit_${ofCampaign}`
    const left = (budget.campaign ?? Number.POSITIVE_INFINITY) - spent(this.grants)
    if (left <= 0 || (left < units && budget.policy === 'reject')) return 'campaign_budget'
    units = Math.min(units, left)
    if (!stock) return 'out_of_stock'
    this.grants.push({ trigger, user, atMs, units })
    return `granted ${units}`
  }
}

const limit = fc.option(fc.integer({ min: 1, max: 6 }), { nil: null })
const byPeriod = fc.record({ total: limit, day: limit, week: limit, month: limit })
const budget = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: null })
const limitsOf: fc.Arbitrary<Limits> = fc.record({
  perUser: byPeriod,
  perCampaign: fc.record({
    total: fc.option(fc.integer({ min: 1, max: 40 }), { nil: null }),
    day: fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }),
    week: fc.option(fc.integer({ min: 1, max: 15 }), { nil: null }),
    month: fc.option(fc.integer({ min: 1, max: 25 }), { nil: null }),
  }),
  budget: fc.record({
    campaign: budget(200),
    user: budget(30),
    policy: fc.constantFrom('truncate' as const, 'reject' as const),
  }),
})
const asking = fc.record({
  user: fc.constantFrom('ann', 'bob', 'cy', 'di', 'eve'),
  trigger: fc.integer({ min: 0, max: 80 }),
})
const batch: fc.Arbitrary<Batch> = fc.record({
  laterMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 * HOUR })),
  stock: fc.boolean().chain((odd) => (odd ? fc.boolean() : fc.constant(true))),
  asking: fc.array(asking, { minLength: 1, maxLength: 8 }),
  empty: fc.array(fc.boolean(), { maxLength: 3 }),
})
const zones = fc.constantFrom('UTC', 'Asia/Kolkata', 'Europe/Berlin', 'Pacific/Auckland')

test('every decision, and what is counted after it, is that of a program which counts its grants anew', async () => {
  const seen = new Set<string>()
  await runInDurableObject(campaignLedger(env, 'model'), (_, state) => {
    const { sql } = state.storage
    const property = fc.property(
      limitsOf,
      zones,
      fc.array(batch, { minLength: 1, maxLength: 25 }),
      (limits, zone, batches) => {
        const tables = blank(sql)
        const facts = factsOf(limits, zone)
        const naive = new Naive(limits, zone)
        // Shortly before a Monday, the end of a month and the clocks of Berlin and Auckland going back and forth.
        let atMs = Date.parse('2026-03-26T20:00:00Z')
        for (const { laterMs, stock, asking: all, empty } of batches) {
          atMs += laterMs
          const candidates = all.map(({ user, trigger }) => ({
            trigger: `${user} ${trigger}`,
            userId: user,
            eventId: `${trigger}`,
            property: undefined,
            chain: NO_CHAIN,
            atMs,
            order: 0,
            value: '',
          }))
          const nothingLeft = stock ? undefined : 'out_of_stock'
          const decided = decideAll(tables, facts, 'running', candidates, atMs, nothingLeft)
          const words = decided.map((decision) =>
            decision.grant === undefined
              ? decision.refused
              : `${decision.replayed ? 'again' : 'granted'} ${decision.grant.units}`,
          )
          expect(words).toEqual(
            candidates.map(({ userId, trigger }) => naive.decide(userId, trigger, atMs, stock)),
          )
          for (const word of words) seen.add(word.replace(/ \d+$/, ''))
          const fresh = decided.flatMap(({ grant, ...rest }) =>
            grant !== undefined && 'replayed' in rest && !rest.replayed ? [grant] : [],
          )
          const taken = fresh.filter((_grant, index) => empty[index] === true)
          undo(tables, zone, taken)
          naive.grants = naive.grants.filter((made) => !taken.some(({ trigger }) => trigger === made.trigger))
          expectAgreement(tables, naive)
        }
      },
    )
    fc.assert(property, { numRuns: 120, seed: 1997 })
  })
  // The comparison is worth something only if it has met every limit.
  const periods = ['total', 'day', 'week', 'month']
  expect([...seen].sort()).toEqual(
    [
      'granted',
      'again',
      'out_of_stock',
      'user_budget',
      'campaign_budget',
      ...periods.flatMap((period) => [`user_limit_${period}`, `campaign_limit_${period}`]),
    ].sort(),
  )
})

function expectAgreement(tables: LedgerTables, { grants }: Naive) {
  const { campaign } = tables.tallies([])
  const units = grants.reduce((sum, one) => sum + one.units, 0)
  expect([campaign.total, campaign.units]).toEqual([grants.length, units])
  expect(tables.counts.sums().users).toBe(new Set(grants.map(({ user }) => user)).size)
  const slots = tables.counts.slots(0, Number.MAX_SAFE_INTEGER)
  expect(slots.reduce((sum, slot) => sum + slot.granted, 0)).toBe(grants.length)
  expect(slots.reduce((sum, slot) => sum + slot.units, 0)).toBe(units)
  const listed = tables.list(undefined, 1_000)
  expect(listed.map(({ trigger }) => trigger).sort()).toEqual(grants.map(({ trigger }) => trigger).sort())
}

/** The tables of a ledger that has not done anything yet. */
function blank(sql: SqlStorage): LedgerTables {
  const tables = sql.exec<{ name: string }>(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`,
  )
  for (const { name } of tables.toArray()) sql.exec(`DROP TABLE ${name}`)
  return new LedgerTables(sql)
}

function factsOf(limits: Limits, zone: string): CampaignFacts {
  return {
    campaignId: 'model',
    name: 'Model',
    zone,
    startsMs: 0,
    endsMs: null,
    limits,
    prepared: {
      type: 'points',
      reward: { type: 'points', walletId: 'wal_1', scheme: { kind: 'flat', value: AWARD } },
      decimals: 0,
      rounding: 'down',
      walletExpiry: 'never',
      zone,
    },
  }
}
