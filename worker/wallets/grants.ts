import { jsonParts, ofUsersThere } from '../platform/databases.ts'

/** Points that a grant puts into a wallet, in units of the wallet's smallest part. */
export interface GrantedPoints {
  entryId: string
  userId: string
  walletId: string
  decimals: number
  units: number
  activatesMs: number
  expiresMs: number | null
  atMs: number
  grantId: string
  description: string
}

/**
 * The statements that put the points of grants into wallets: one lot and one entry each, keyed by the grant, so that
 * running them again changes nothing. Rows travel as JSON, as many in one parameter as it holds.
 */
export function creditGrantsStatements(db: D1Database, points: GrantedPoints[]): D1PreparedStatement[] {
  // What earlier grants of this batch add to a balance; the database does not know of them yet.
  const added = new Map<string, number>()
  const entries = points.map((row) => {
    const purse = `${row.userId}\n${row.walletId}`
    const isActive = row.activatesMs <= row.atMs && (row.expiresMs === null || row.expiresMs > row.atMs)
    const sum = (added.get(purse) ?? 0) + (isActive ? row.units : 0)
    added.set(purse, sum)
    const { entryId, userId, walletId, units, decimals, atMs, grantId, description } = row
    return [entryId, userId, walletId, units, decimals, atMs, grantId, description, sum]
  })
  const lots = points.map((row) => [
    row.entryId,
    row.userId,
    row.walletId,
    row.units,
    row.activatesMs,
    row.expiresMs,
  ])
  // Entries first: their balances add this batch to the lots of before.
  return [
    ...jsonParts(entries).map((json) => db.prepare(insertEntries).bind(json)),
    ...jsonParts(lots).map((json) => db.prepare(insertLots).bind(json)),
  ]
}

const insertLots = `
  INSERT INTO wallet_lots (id, user_id, wallet_id, units, remaining, activates_ms, expires_ms)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 3, value ->> 4, value ->> 5
  FROM json_each(?1) ${ofUsersThere} ON CONFLICT (user_id, id) DO NOTHING`

const insertEntries = `
  INSERT INTO wallet_entries (id, user_id, wallet_id, kind, units, balance, decimals, at_ms, source, grant_id, description)
  SELECT value ->> 0, value ->> 1, value ->> 2, 'credit', value ->> 3,
    value ->> 8 + (SELECT coalesce(sum(remaining), 0) FROM wallet_lots
      WHERE user_id = value ->> 1 AND wallet_id = value ->> 2 AND remaining > 0
        AND activates_ms <= value ->> 5 AND (expires_ms IS NULL OR expires_ms > value ->> 5)),
    value ->> 4, value ->> 5, 'campaign', value ->> 6, value ->> 7
  FROM json_each(?1) ${ofUsersThere} ON CONFLICT (user_id, id) DO NOTHING`
