import { expect, test } from 'vitest'
import { fulfilStatements } from './fulfil.ts'
import type { RewardedGrant } from './kind.ts'
import { NO_CHAIN } from './rewardEvents.ts'

const MOST_BYTES = 2_000_000
const bytes = (text: string) => new TextEncoder().encode(text).length

/** A database that only writes down what it was asked to bind. */
function recording() {
  const bound: { sql: string; json: string }[] = []
  const prepare = (sql: string) => ({
    bind: (json: string) => {
      bound.push({ sql, json })
      return {}
    },
  })
  return { db: { prepare } as unknown as D1Database, bound }
}

const reward = {
  points: {
    type: 'points',
    walletId: `wal_${'0'.repeat(26)}`,
    entryId: `ent_${'0'.repeat(26)}`,
    activatesAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2027-01-01T00:00:00.000Z',
  },
  coupon: {
    type: 'coupon',
    couponId: `cpn_${'0'.repeat(26)}`,
    holdingId: `hld_${'0'.repeat(26)}`,
    code: '語'.repeat(100),
    redeemableFrom: '2026-01-01T00:00:00.000Z',
    expiresAt: null,
  },
} as const

test.each(['points', 'coupon'] as const)(
  'the longest %s of 1,000 events at 20 campaigns travel in parameters that D1 takes, none left out',
  async (kind) => {
    const grants = Array.from(
      { length: 20_000 },
      (_, n): RewardedGrant => ({
        id: `grt_${n}`,
        userId: '語'.repeat(128),
        eventId: '語'.repeat(128),
        campaignId: `cmp_${'0'.repeat(26)}`,
        campaignName: '語'.repeat(200),
        atMs: 0,
        units: 10,
        asked: 10,
        decimals: 0,
        reward: reward[kind],
        chain: NO_CHAIN,
      }),
    )
    const { db, bound } = recording()
    await fulfilStatements(db, grants)
    const tables = Map.groupBy(bound, ({ sql }) => /INSERT INTO (\w+)/.exec(sql)?.[1])
    expect([...tables.keys()].sort()).toEqual(
      kind === 'points' ? ['grants', 'wallet_entries', 'wallet_lots'] : ['grants', 'holdings'],
    )
    for (const parts of tables.values()) {
      expect(parts.flatMap(({ json }) => JSON.parse(json) as unknown[])).toHaveLength(20_000)
      for (const { json } of parts) expect(bytes(json)).toBeLessThanOrEqual(MOST_BYTES)
    }
  },
)

test('no grants, no statements', async () => {
  const { db, bound } = recording()
  expect(await fulfilStatements(db, [])).toEqual([])
  expect(bound).toEqual([])
})
