import type { Env } from '../env.ts'
import { usersDb } from '../platform/databases.ts'
import { fromUnits } from '../platform/decimal.ts'
import type { IdempotencyKey } from '../platform/idempotency.ts'
import { type Refusal, refuse } from '../platform/problem.ts'
import { createUsersStatement } from '../users/store.ts'
import type { EntryRow } from './entries.ts'
import { activeAt, latestMs } from './lots.ts'
import type { Validity } from './validity.ts'

/** A movement that is asked for. */
export interface Movement {
  entryId: string
  userId: string
  walletId: string
  decimals: number
  atMs: number
  description: string
  orderId: string | undefined
  metadata: unknown
  key: IdempotencyKey
}

/** What became of a movement: its entry, new or of the first time. */
export interface Written {
  entry: EntryRow
  replayed: boolean
}

const active = `SELECT coalesce(sum(remaining), 0) FROM wallet_lots
  WHERE user_id = ?1 AND wallet_id = ?3 AND remaining > 0 AND ${activeAt('moment.at_ms')}`

/** SQL: the active balance `units` of user `?1` in wallet `?3` at the moment `at_ms` that a movement of `?2` gets. */
const held = `moment AS (SELECT max(?2, ${latestMs('?1')}) AS at_ms),
  held AS (SELECT at_ms, (${active}) AS units FROM moment)`

/** SQL: whether no movement has had the key `?4` before. */
export const isNew = 'NOT EXISTS (SELECT 1 FROM wallet_entries WHERE user_id = ?1 AND idempotency_key = ?4)'

/** What a kind of movement says in the SQL of its entry, where `held` is the balance before it. */
interface EntrySql {
  kind: 'credit' | 'debit' | 'refund' | 'adjust'
  units: string
  /** By how much the active balance changes. */
  change: string
  condition?: string
  refundOf?: string
}

/**
 * The statement that writes the entry of a movement, once for an idempotency key. Its SQL may use: `?1` user, `?2` time,
 * `?3` wallet, `?4` key, `?5` entry, and from `?12` on what is given as `more`.
 */
export function entryStatement(
  db: D1Database,
  movement: Movement,
  { kind, units, change, condition = 'true', refundOf = 'NULL' }: EntrySql,
  more: unknown[] = [],
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO wallet_entries (id, user_id, wallet_id, kind, units, balance, decimals, at_ms, source, refund_of,
         order_id, description, metadata, idempotency_key, fingerprint)
       WITH ${held}
       SELECT ?5, ?1, ?3, '${kind}', ${units}, held.units + ${change}, ?6, held.at_ms, 'api', ${refundOf},
         ?7, ?8, ?9, ?4, ?10 FROM held WHERE ${isNew} AND ${condition}`,
    )
    .bind(
      movement.userId,
      movement.atMs,
      movement.walletId,
      movement.key.key,
      movement.entryId,
      movement.decimals,
      movement.orderId ?? null,
      movement.description,
      movement.metadata === undefined ? null : JSON.stringify(movement.metadata),
      movement.key.fingerprint,
      ...more,
    )
}

/**
 * Adds a lot to a wallet: one atomic batch, once for an idempotency key. A user seen here first is made with it.
 * @param units of the wallet's smallest part, more than 0
 */
export async function credit(
  env: Env,
  kind: 'credit' | 'adjust',
  movement: Movement,
  units: number,
  validity: Validity,
): Promise<Written> {
  const db = usersDb(env, movement.userId)
  const counts = '?12 <= held.at_ms AND (?13 IS NULL OR ?13 > held.at_ms)'
  const results = await db.batch<EntryRow>([
    createUsersStatement(db, [movement.userId], movement.atMs),
    entryStatement(db, movement, { kind, units: '?11', change: `iif(${counts}, ?11, 0)` }, [
      units,
      validity.activatesMs,
      validity.expiresMs,
    ]),
    db
      .prepare(
        `INSERT INTO wallet_lots (id, user_id, wallet_id, units, remaining, activates_ms, expires_ms)
         SELECT id, user_id, wallet_id, units, units, ?3, ?4 FROM wallet_entries WHERE user_id = ?1 AND id = ?2`,
      )
      .bind(movement.userId, movement.entryId, validity.activatesMs, validity.expiresMs),
    keyedEntry(db, movement),
  ])
  const entry = results.at(-1)?.results[0]
  if (entry === undefined) throw new Error('A credit left no entry')
  return { entry, replayed: entry.id !== movement.entryId }
}

/**
 * Takes points out of a wallet, from the lots that expire first. All of it or nothing, in one atomic batch: the entry
 * is written only if the active balance covers it, and the lots are touched only if the entry was written. Refused as
 * `insufficient_balance` with the `balance`.
 * @param units of the wallet's smallest part, more than 0
 */
export async function take(
  env: Env,
  kind: 'debit' | 'adjust',
  movement: Movement,
  units: number,
): Promise<Written | Refusal> {
  const db = usersDb(env, movement.userId)
  const { written, state } = await commit<{ units: number }>(
    db,
    movement,
    [
      entryStatement(
        db,
        movement,
        {
          kind,
          units: kind === 'debit' ? '?11' : '-?11',
          change: '-?11',
          condition: 'held.units >= ?11',
        },
        [units],
      ),
      db
        .prepare(
          `INSERT INTO wallet_uses (entry_id, lot_id, user_id, units)
           SELECT ?2, id, ?1, min(remaining, ?3 - before) FROM (
             SELECT wallet_lots.id, remaining, sum(remaining) OVER (
               ORDER BY expires_ms IS NULL, expires_ms, wallet_lots.id) - remaining AS before
             FROM wallet_entries AS entry JOIN wallet_lots USING (user_id, wallet_id)
             WHERE user_id = ?1 AND entry.id = ?2 AND remaining > 0 AND ${activeAt('entry.at_ms')})
           WHERE before < ?3`,
        )
        .bind(movement.userId, movement.entryId, units),
      useStatement(db, movement),
    ],
    db.prepare(`WITH ${held} SELECT units FROM held`).bind(movement.userId, movement.atMs, movement.walletId),
  )
  if (written !== undefined) return written
  const balance = fromUnits(state?.units ?? 0, movement.decimals)
  return refuse('insufficient_balance', `The active balance is ${balance}.`, { members: { balance } })
}

/** The statement that brings lots in line with what a movement used of them; less than 0 is put back. */
export function useStatement(db: D1Database, movement: Movement): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE wallet_lots SET remaining = remaining - used.units
       FROM (SELECT lot_id, units FROM wallet_uses WHERE entry_id = ?1) AS used
       WHERE wallet_lots.user_id = ?2 AND wallet_lots.id = used.lot_id`,
    )
    .bind(movement.entryId, movement.userId)
}

/** What a movement with this key became before; undefined when there was none. */
export async function earlierOutcome(env: Env, movement: Movement): Promise<Written | undefined> {
  const entry = await keyedEntry(usersDb(env, movement.userId), movement).first<EntryRow>()
  return entry === null ? undefined : { entry, replayed: true }
}

function keyedEntry(db: D1Database, movement: Movement): D1PreparedStatement {
  return db
    .prepare('SELECT * FROM wallet_entries WHERE user_id = ?1 AND idempotency_key = ?2')
    .bind(movement.userId, movement.key.key)
}

/**
 * Runs the statements of a movement in one atomic batch. Answers its entry, undefined when none was written, and the row
 * of `state`, read in the same batch, that tells why not.
 */
export async function commit<State>(
  db: D1Database,
  movement: Movement,
  statements: D1PreparedStatement[],
  state: D1PreparedStatement,
): Promise<{ written: Written | undefined; state: State | undefined }> {
  const results = await db.batch<unknown>([...statements, keyedEntry(db, movement), state])
  const entry = results.at(-2)?.results[0] as EntryRow | undefined
  return {
    written: entry && { entry, replayed: entry.id !== movement.entryId },
    state: results.at(-1)?.results[0] as State | undefined,
  }
}
