import type { Env } from '../env.ts'
import { usersDb } from '../platform/databases.ts'
import type { IdempotencyKey } from '../platform/idempotency.ts'
import { createUsersStatement } from '../users/store.ts'
import { activeAt, type EntryRow } from './balances.ts'
import type { Validity } from './validity.ts'

/** A movement that is asked for, in units of the wallet's smallest part. */
export interface Movement {
  entryId: string
  userId: string
  walletId: string
  decimals: number
  units: number
  atMs: number
  description: string
  orderId: string | undefined
  metadata: unknown
  key: IdempotencyKey
}

/** What became of a movement: its entry, new or of the first time; or the balance that did not suffice. */
export type MovementOutcome = { entry: EntryRow; replayed: boolean } | { insufficient: number }

const balance = `(SELECT coalesce(sum(remaining), 0) FROM wallet_lots
  WHERE user_id = ?1 AND wallet_id = ?3 AND ${activeAt})`

const isNew = 'NOT EXISTS (SELECT 1 FROM wallet_entries WHERE user_id = ?1 AND idempotency_key = ?4)'

const insertEntry = (kind: 'credit' | 'debit', balanceAfter: string, condition: string) => `
  INSERT INTO wallet_entries (id, user_id, wallet_id, kind, units, balance, decimals, at_ms, source, order_id,
    description, metadata, idempotency_key, fingerprint)
  SELECT ?5, ?1, ?3, '${kind}', ?6, ${balanceAfter}, ?7, ?2, 'api', ?8, ?9, ?10, ?4, ?11
  WHERE ${isNew} AND ${condition}`

function bindEntry(
  statement: D1PreparedStatement,
  movement: Movement,
  ...more: unknown[]
): D1PreparedStatement {
  return statement.bind(
    movement.userId,
    movement.atMs,
    movement.walletId,
    movement.key.key,
    movement.entryId,
    movement.units,
    movement.decimals,
    movement.orderId ?? null,
    movement.description,
    movement.metadata === undefined ? null : JSON.stringify(movement.metadata),
    movement.key.fingerprint,
    ...more,
  )
}

/** Adds a lot to a wallet: one atomic batch, once for an idempotency key. A user seen here first is made with it. */
export async function credit(env: Env, movement: Movement, validity: Validity): Promise<MovementOutcome> {
  const db = usersDb(env, movement.userId)
  return outcomeOf(db, movement, [
    createUsersStatement(db, [movement.userId], movement.atMs),
    bindEntry(
      db.prepare(insertEntry('credit', `${balance} + iif(?12 <= ?2, ?6, 0)`, 'true')),
      movement,
      validity.activatesMs,
    ),
    db
      .prepare(
        `INSERT INTO wallet_lots (id, user_id, wallet_id, units, remaining, activates_ms, expires_ms)
         SELECT ?1, ?2, ?3, ?4, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM wallet_entries WHERE user_id = ?2 AND id = ?1)`,
      )
      .bind(
        movement.entryId,
        movement.userId,
        movement.walletId,
        movement.units,
        validity.activatesMs,
        validity.expiresMs,
      ),
  ])
}

/**
 * Takes points out of a wallet, from the lots that expire first. All of it or nothing, in one atomic batch: the entry
 * is written only if the active balance covers it, and the lots are touched only if the entry was written.
 */
export async function debit(env: Env, movement: Movement): Promise<MovementOutcome> {
  const db = usersDb(env, movement.userId)
  return outcomeOf(db, movement, [
    bindEntry(db.prepare(insertEntry('debit', `${balance} - ?6`, `${balance} >= ?6`)), movement),
    db
      .prepare(
        `INSERT INTO wallet_uses (entry_id, lot_id, user_id, units)
         SELECT ?4, id, ?1, min(remaining, ?5 - before) FROM (
           SELECT id, remaining, sum(remaining) OVER (ORDER BY expires_ms IS NULL, expires_ms, id) - remaining AS before
           FROM wallet_lots WHERE user_id = ?1 AND wallet_id = ?3 AND remaining > 0 AND ${activeAt})
         WHERE before < ?5 AND EXISTS (SELECT 1 FROM wallet_entries WHERE user_id = ?1 AND id = ?4)`,
      )
      .bind(movement.userId, movement.atMs, movement.walletId, movement.entryId, movement.units),
    db
      .prepare(
        `UPDATE wallet_lots SET remaining = remaining - used.units
         FROM (SELECT lot_id, units FROM wallet_uses WHERE entry_id = ?1) AS used
         WHERE wallet_lots.user_id = ?2 AND wallet_lots.id = used.lot_id`,
      )
      .bind(movement.entryId, movement.userId),
  ])
}

/** What a movement with this key became before; undefined when there was none. */
export async function earlierOutcome(env: Env, movement: Movement): Promise<MovementOutcome | undefined> {
  const entry = await entryOf(usersDb(env, movement.userId), movement).first<EntryRow>()
  return entry === null ? undefined : { entry, replayed: true }
}

function entryOf(db: D1Database, movement: Movement): D1PreparedStatement {
  return db
    .prepare('SELECT * FROM wallet_entries WHERE user_id = ?1 AND idempotency_key = ?2')
    .bind(movement.userId, movement.key.key)
}

async function outcomeOf(
  db: D1Database,
  movement: Movement,
  statements: D1PreparedStatement[],
): Promise<MovementOutcome> {
  const results = await db.batch<EntryRow & { active: number }>([
    ...statements,
    entryOf(db, movement),
    db
      .prepare(
        `SELECT coalesce(sum(remaining), 0) AS active FROM wallet_lots
         WHERE user_id = ?1 AND wallet_id = ?3 AND ${activeAt}`,
      )
      .bind(movement.userId, movement.atMs, movement.walletId),
  ])
  const entry = results.at(-2)?.results[0]
  if (entry === undefined) return { insufficient: results.at(-1)?.results[0]?.active ?? 0 }
  return { entry, replayed: entry.id !== movement.entryId }
}
