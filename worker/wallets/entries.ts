import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import { usersDb } from '../platform/databases.ts'
import { fromUnits } from '../platform/decimal.ts'
import { decodeCursor } from '../platform/paging.ts'
import type { Entry } from './contract.ts'
import { historySql } from './history.ts'

/** A row of `wallet_entries`, or of points that have expired. */
export interface EntryRow {
  id: string
  user_id: string
  kind: Entry['kind']
  wallet_id: string
  units: number
  balance: number
  decimals: number
  at_ms: number
  source: Entry['source']
  grant_id: string | null
  refund_of: string | null
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
    refundOf: row.refund_of,
    orderId: row.order_id,
    description: row.description,
    metadata: row.metadata === null ? null : JSON.parse(row.metadata),
  }
}

/** Where a page of entries starts: after this entry. */
export interface EntryPlace {
  atMs: number
  id: string
}

/** What a cursor says after which entry the next page starts. */
export function entryKey(row: EntryRow): string {
  return `${row.at_ms} ${row.id}`
}

/** Reads a cursor; undefined when this list did not make it. */
export function entryPlace(cursor: string): EntryPlace | undefined {
  const [, atMs, id] = /^(-?\d{1,16}) (\w+)$/.exec(decodeCursor(cursor) ?? '') ?? []
  return atMs === undefined || id === undefined ? undefined : { atMs: Number(atMs), id }
}

/** SQL: points expire before whatever else happens at that moment, so their entries are the older ones. */
const place = (id: string) => `${id} NOT LIKE 'exp%'`

/**
 * Reads a page of a user's entries in one wallet, newest first; one row more than `limit`. What expired until `nowMs`
 * is not written down anywhere: it is what is left in lots that are over, each an entry whose id is the lot's with
 * another beginning.
 */
export async function listEntries(
  env: Env,
  owner: { userId: string; walletId: string },
  limit: number,
  after: EntryPlace | undefined,
  nowMs: number,
): Promise<EntryRow[]> {
  const { userId, walletId } = owner
  const db = usersDb(env, userId)
  const { results } = await db
    .prepare(
      `SELECT * FROM (
         SELECT id, user_id, wallet_id, kind, units, balance, decimals, at_ms, source, grant_id, refund_of, order_id,
           description, metadata, fingerprint FROM wallet_entries WHERE user_id = ?1 AND wallet_id = ?2
         UNION ALL
         SELECT 'exp' || substr(lots.id, 4), lots.user_id, lots.wallet_id, 'expire', lots.remaining, 0, made.decimals,
           lots.expires_ms, 'time', made.grant_id, NULL, NULL, 'Expired', NULL, NULL
         FROM wallet_lots AS lots JOIN wallet_entries AS made USING (user_id, id)
         WHERE lots.user_id = ?1 AND lots.wallet_id = ?2 AND remaining > 0 AND expires_ms <= ?3)
       WHERE ?5 IS NULL OR (at_ms, ${place('id')}, id) < (?4, ${place('?5')}, ?5)
       ORDER BY at_ms DESC, ${place('id')} DESC, id DESC LIMIT ?6`,
    )
    .bind(userId, walletId, nowMs, after?.atMs ?? null, after?.id ?? null, limit + 1)
    .all<EntryRow>()
  const expired = results.filter((row) => row.kind === 'expire')
  if (expired.length === 0) return results
  const balances = await balancesAt(
    db,
    owner,
    expired.map((row) => row.at_ms),
  )
  return results.map((row) =>
    row.kind === 'expire' ? { ...row, balance: balances.get(row.at_ms) ?? 0 } : row,
  )
}

/** The active balances at some moments, as time alone has left them before the entries of that moment. */
async function balancesAt(
  db: D1Database,
  { userId, walletId }: { userId: string; walletId: string },
  momentsMs: number[],
): Promise<Map<number, number>> {
  const { results } = await db
    .prepare(
      `WITH ${historySql('?2', 'user_id = ?1')}
       SELECT value AS at_ms, (SELECT after - iif(at_ms = value, own, 0) FROM steps WHERE at_ms <= value
         ORDER BY at_ms DESC LIMIT 1) AS balance FROM json_each(?3)`,
    )
    .bind(userId, walletId, JSON.stringify([...new Set(momentsMs)]))
    .all<{ at_ms: number; balance: number | null }>()
  return new Map(results.map((row) => [row.at_ms, row.balance ?? 0]))
}
