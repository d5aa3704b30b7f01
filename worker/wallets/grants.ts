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
 * running them again changes nothing. All rows travel as one JSON parameter, whatever their number.
 */
export function creditGrantsStatements(db: D1Database, points: GrantedPoints[]): D1PreparedStatement[] {
  const json = JSON.stringify(
    points.map((row) => [
      row.entryId,
      row.userId,
      row.walletId,
      row.units,
      row.activatesMs,
      row.expiresMs,
      row.decimals,
      row.atMs,
      row.grantId,
      row.description,
    ]),
  )
  return [db.prepare(insertLots).bind(json), db.prepare(insertEntries).bind(json)]
}

const insertLots = `
  INSERT INTO wallet_lots (id, user_id, wallet_id, units, remaining, activates_ms, expires_ms)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 3, value ->> 4, value ->> 5
  FROM json_each(?1) WHERE true ON CONFLICT (id) DO NOTHING`

/** The balance counts the lots up to this one, so that several grants of one batch show rising balances. */
const insertEntries = `
  INSERT INTO wallet_entries (id, user_id, wallet_id, kind, units, balance, decimals, at_ms, source, grant_id, description)
  SELECT value ->> 0, value ->> 1, value ->> 2, 'credit', value ->> 3,
    (SELECT coalesce(sum(lot.remaining), 0) FROM wallet_lots AS lot
      WHERE lot.user_id = value ->> 1 AND lot.wallet_id = value ->> 2 AND lot.remaining > 0
        AND lot.activates_ms <= value ->> 7 AND (lot.expires_ms IS NULL OR lot.expires_ms > value ->> 7)
        AND lot.rowid <= (SELECT own.rowid FROM wallet_lots AS own WHERE own.id = value ->> 0)),
    value ->> 6, value ->> 7, 'campaign', value ->> 8, value ->> 9
  FROM json_each(?1) WHERE true ON CONFLICT (id) DO NOTHING`
