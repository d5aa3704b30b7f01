import { jsonParts, ofUsersThere } from '../platform/databases.ts'
import { activeAt, latestMs } from './lots.ts'

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
  metadata?: Record<string, unknown> | undefined
}

/**
 * The statements that put the points of grants into wallets: one lot and one entry each, keyed by the grant, so that
 * running them again changes nothing. Rows travel as JSON, as many in one parameter as it holds.
 */
export function creditGrantsStatements(db: D1Database, points: GrantedPoints[]): D1PreparedStatement[] {
  const counts = new Map<string, number>()
  for (const row of points) counts.set(purseOf(row), (counts.get(purseOf(row)) ?? 0) + 1)
  if (counts.size === points.length) return statementsOf(db, points, insertAlone)
  const { alone = [], together = [] } = Object.groupBy(points, (row) =>
    counts.get(purseOf(row)) === 1 ? 'alone' : 'together',
  )
  together.sort((one, other) => one.atMs - other.atMs)
  return [...statementsOf(db, alone, insertAlone), ...statementsOf(db, together, insertTogether)]
}

const purseOf = (row: GrantedPoints) => `${row.userId}\n${row.walletId}`

/** Entries before lots, part by part: the balance of an entry adds its own points to the lots of before. */
function statementsOf(db: D1Database, points: GrantedPoints[], insertEntries: string): D1PreparedStatement[] {
  const rows = points.map((row) => {
    const { entryId, userId, walletId, units, decimals, atMs, grantId, description } = row
    const { activatesMs, expiresMs, metadata } = row
    const fields = [entryId, userId, walletId, units, decimals, atMs, grantId, description]
    return metadata === undefined || Object.keys(metadata).length === 0
      ? [...fields, activatesMs, expiresMs]
      : [...fields, activatesMs, expiresMs, metadata]
  })
  return jsonParts(rows).flatMap((json) => [
    db.prepare(insertEntries).bind(json),
    db.prepare(insertLots).bind(json),
  ])
}

const insertLots = `
  INSERT INTO wallet_lots (id, user_id, wallet_id, units, remaining, activates_ms, expires_ms)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 3, value ->> 8, value ->> 9
  FROM json_each(?1) ${ofUsersThere} ON CONFLICT (user_id, id) DO NOTHING`

// Read out of the JSON once, because the lots of a user are held against each of these.
const given = `
  given AS MATERIALIZED (
    SELECT key AS place, value ->> 0 AS id, value ->> 1 AS user_id, value ->> 2 AS wallet_id, value ->> 3 AS units,
      value ->> 4 AS decimals, max(value ->> 5, ${latestMs('value ->> 1')}) AS at_ms, value ->> 6 AS grant_id,
      value ->> 7 AS description, value ->> 8 AS activates_ms, value ->> 9 AS expires_ms, value -> 10 AS metadata
    FROM json_each(?1) ${ofUsersThere})`

const insertEntries = `
  INSERT INTO wallet_entries (id, user_id, wallet_id, kind, units, balance, decimals, at_ms, source, grant_id,
    description, metadata)`

/** SQL: an entry of `now`, whose balance has the points that `own` says, beside those of the lots of before. */
const entry = (own: string) => `
  SELECT id, user_id, wallet_id, 'credit', units,
    ${own} + (SELECT coalesce(sum(remaining), 0) FROM wallet_lots AS lots
      WHERE lots.user_id = now.user_id AND lots.wallet_id = now.wallet_id AND remaining > 0
        AND ${activeAt('now.at_ms', 'lots')}),
    decimals, at_ms, 'campaign', grant_id, description, metadata
  FROM`

/** For points that are the only ones of their user and wallet in the batch, as nearly all are. */
const insertAlone = `${insertEntries}
  WITH ${given}
  ${entry(`iif(${activeAt('at_ms', 'now')}, units, 0)`)} given AS now
  WHERE true ON CONFLICT (user_id, id) DO NOTHING`

/**
 * For points of which several go into the same wallet of a user: each balance has those before it in the batch too, as
 * far as they are not there already. Most count from the first to the last moment of the batch and are summed up as
 * they come; where a lot begins or ends in between, every balance looks for itself.
 */
const insertTogether = `${insertEntries}
  WITH ${given},
  spans AS (
    SELECT *, max(at_ms) OVER (PARTITION BY user_id, wallet_id) AS last_ms FROM given
    WHERE NOT EXISTS (SELECT 1 FROM wallet_entries AS known WHERE known.user_id = given.user_id AND known.id = given.id)),
  kinds AS (
    SELECT *, activates_ms <= at_ms AND (expires_ms IS NULL OR expires_ms > last_ms) AS lasts,
      activates_ms <= last_ms AND (expires_ms IS NULL OR expires_ms > at_ms) AS counts FROM spans),
  sums AS (
    SELECT *, sum(iif(lasts, units, 0)) OVER (PARTITION BY user_id, wallet_id ORDER BY at_ms, place) AS lasting
    FROM kinds),
  passing AS MATERIALIZED (SELECT * FROM kinds WHERE counts AND NOT lasts)
  ${entry(`lasting + (SELECT coalesce(sum(units), 0) FROM passing
      WHERE passing.user_id = now.user_id AND passing.wallet_id = now.wallet_id
        AND (passing.at_ms, passing.place) <= (now.at_ms, now.place) AND ${activeAt('now.at_ms', 'passing')})`)} sums AS now
  WHERE true ON CONFLICT (user_id, id) DO NOTHING`
