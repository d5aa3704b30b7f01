import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import { usersDb } from '../platform/databases.ts'
import { fromUnits } from '../platform/decimal.ts'
import type { UserRecord } from '../users/timeline.ts'
import type { Balance, Entry, Wallet } from './contract.ts'

/** What the timeline shows of a wallet entry, and what erasing a user takes away in this room. */
export const walletRecords: UserRecord[] = [
  { table: 'wallet_uses', of: 'entry_id IN (SELECT id FROM wallet_entries WHERE user_id = ?1)' },
  {
    type: 'entry',
    table: 'wallet_entries',
    shown: `json_object('kind', kind, 'walletId', wallet_id, 'points', units / pow(10, decimals),
      'balance', balance / pow(10, decimals), 'description', description, 'orderId', order_id)`,
  },
  { table: 'wallet_lots' },
]

/** SQL: whether a lot counts at the moment `?2`. */
export const activeAt = 'activates_ms <= ?2 AND (expires_ms IS NULL OR expires_ms > ?2)'

interface BalanceRow {
  wallet_id: string
  issued: number
  active: number
  promised: number
  expired: number
  next_ms: number | null
  next_units: number | null
  redeemed: number
}

/** The statement that sums up all wallets of a user at a moment, for callers that read more in the same hop. */
export function balancesStatement(db: D1Database, userId: string, nowMs: number): D1PreparedStatement {
  return db
    .prepare(
      `WITH lots AS (SELECT *, ${activeAt} AS is_active FROM wallet_lots WHERE user_id = ?1),
       next AS (SELECT wallet_id, min(expires_ms) AS next_ms FROM lots
                WHERE is_active AND remaining > 0 AND expires_ms IS NOT NULL GROUP BY wallet_id)
       SELECT wallet_id, sum(units) AS issued,
         sum(iif(is_active, remaining, 0)) AS active,
         sum(iif(activates_ms > ?2 AND (expires_ms IS NULL OR expires_ms > ?2), remaining, 0)) AS promised,
         sum(iif(expires_ms <= ?2, remaining, 0)) AS expired,
         next_ms,
         sum(iif(is_active AND expires_ms = next_ms, remaining, 0)) AS next_units,
         (SELECT coalesce(sum(units), 0) FROM wallet_entries e
           WHERE e.user_id = ?1 AND e.wallet_id = lots.wallet_id AND e.kind = 'debit') AS redeemed
       FROM lots LEFT JOIN next USING (wallet_id) GROUP BY wallet_id`,
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
          removed: 0,
          expired: points(row.expired),
        },
      },
    ]
  })
}

/** A row of `wallet_entries`. */
export interface EntryRow {
  id: string
  kind: Entry['kind']
  wallet_id: string
  units: number
  balance: number
  decimals: number
  at_ms: number
  source: Entry['source']
  grant_id: string | null
  order_id: string | null
  description: string
  metadata: string | null
  fingerprint: string | null
}

/** An entry row as the contract shows it. */
export function presentEntry(row: EntryRow): Entry {
  return {
    id: row.id,
    kind: row.kind,
    walletId: row.wallet_id,
    points: fromUnits(row.units, row.decimals),
    balance: fromUnits(row.balance, row.decimals),
    at: formatInstant(row.at_ms),
    source: row.source,
    grantId: row.grant_id,
    orderId: row.order_id,
    description: row.description,
    metadata: row.metadata === null ? null : JSON.parse(row.metadata),
  }
}

/** Reads a page of a user's entries in one wallet, newest first; one row more than `limit`. */
export async function listEntries(
  env: Env,
  userId: string,
  walletId: string,
  limit: number,
  afterId: string | undefined,
): Promise<EntryRow[]> {
  const { results } = await usersDb(env, userId)
    .prepare(
      `SELECT * FROM wallet_entries WHERE user_id = ?1 AND wallet_id = ?2 AND (?3 IS NULL OR id < ?3)
       ORDER BY id DESC LIMIT ?4`,
    )
    .bind(userId, walletId, afterId ?? null, limit + 1)
    .all<EntryRow>()
  return results
}
