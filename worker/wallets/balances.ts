import { formatInstant } from '../platform/calendar.ts'
import { fromUnits } from '../platform/decimal.ts'
import type { UserRecord } from '../users/timeline.ts'
import type { Balance, Wallet } from './contract.ts'
import { activeAt } from './lots.ts'

/** What the timeline shows of a wallet entry, and what erasing a user takes away in this room. */
export const walletRecords: UserRecord[] = [
  { table: 'wallet_uses', of: 'entry_id IN (SELECT id FROM wallet_entries WHERE user_id = ?1)' },
  {
    type: 'entry',
    table: 'wallet_entries',
    shown: `json_object('kind', kind, 'walletId', wallet_id, 'points', units / pow(10, decimals),
      'balance', balance / pow(10, decimals), 'description', description, 'orderId', order_id,
      'refundOf', refund_of)`,
  },
  { table: 'wallet_lots' },
]

interface BalanceRow {
  wallet_id: string
  issued: number
  active: number
  promised: number
  expired: number
  next_ms: number | null
  next_units: number | null
  redeemed: number
  removed: number
}

/** The statement that sums up all wallets of a user at a moment, for callers that read more in the same hop. */
export function balancesStatement(db: D1Database, userId: string, nowMs: number): D1PreparedStatement {
  return db
    .prepare(
      `WITH lots AS (SELECT *, ${activeAt('?2')} AS is_active FROM wallet_lots WHERE user_id = ?1),
       next AS (SELECT wallet_id, min(expires_ms) AS next_ms FROM lots
                WHERE is_active AND remaining > 0 AND expires_ms IS NOT NULL GROUP BY wallet_id),
       taken AS (SELECT wallet_id, sum(CASE kind WHEN 'debit' THEN units WHEN 'refund' THEN -units ELSE 0 END) AS redeemed,
                   sum(iif(units < 0, -units, 0)) AS removed
                 FROM wallet_entries WHERE user_id = ?1 GROUP BY wallet_id)
       SELECT wallet_id, sum(units) AS issued,
         sum(iif(is_active, remaining, 0)) AS active,
         sum(iif(activates_ms > ?2 AND (expires_ms IS NULL OR expires_ms > ?2), remaining, 0)) AS promised,
         sum(iif(expires_ms <= ?2, remaining, 0)) AS expired,
         next_ms,
         sum(iif(is_active AND expires_ms = next_ms, remaining, 0)) AS next_units,
         coalesce(redeemed, 0) AS redeemed,
         coalesce(removed, 0) AS removed
       FROM lots LEFT JOIN next USING (wallet_id) LEFT JOIN taken USING (wallet_id) GROUP BY wallet_id`,
    )
    .bind(userId, nowMs)
}

/** Rows of {@link balancesStatement} as the contract shows them, in the order of the wallets given. */
export function presentBalances(
  rows: unknown[],
  wallets: Pick<Wallet, 'id' | 'name' | 'pointsName' | 'decimals'>[],
): Balance[] {
  const byWallet = new Map((rows as BalanceRow[]).map((row) => [row.wallet_id, row]))
  return wallets.flatMap((wallet) => {
    const row = byWallet.get(wallet.id)
    if (row === undefined) return []
    const points = (units: number) => fromUnits(units, wallet.decimals)
    return [
      {
        walletId: wallet.id,
        name: wallet.name,
        pointsName: wallet.pointsName,
        active: points(row.active),
        promised: points(row.promised),
        ...(row.next_ms === null || row.next_units === null
          ? {}
          : { expiringNext: { points: points(row.next_units), at: formatInstant(row.next_ms) } }),
        totals: {
          issued: points(row.issued),
          redeemed: points(row.redeemed),
          removed: points(row.removed),
          expired: points(row.expired),
        },
      },
    ]
  })
}
