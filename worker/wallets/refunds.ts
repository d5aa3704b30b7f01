import type { Env } from '../env.ts'
import { usersDb } from '../platform/databases.ts'
import { fromUnits } from '../platform/decimal.ts'
import { invalid, type Refusal, refuse } from '../platform/problem.ts'
import { activeAt } from './lots.ts'
import { commit, entryStatement, isNew, type Movement, useStatement, type Written } from './movements.ts'

/** SQL: what a debit took of each lot and has not given back yet. A refund uses less than nothing of a lot. */
const taken = (userId: string, debitId: string) => `
  SELECT lot_id, sum(units) AS units FROM wallet_uses
  WHERE entry_id IN (SELECT ${debitId} UNION ALL
    SELECT id FROM wallet_entries WHERE user_id = ${userId} AND refund_of = ${debitId})
  GROUP BY lot_id`

/** In the order in which points go back: what was spent last, because it expires last, comes first. */
const returns = `
  taken AS (${taken('?1', '?6')}),
  returns AS (
    SELECT lot_id, taken.units, sum(taken.units) OVER () AS refundable,
      sum(taken.units) OVER (ORDER BY expires_ms IS NOT NULL, expires_ms DESC, lot_id DESC) - taken.units AS before
    FROM taken JOIN wallet_lots ON wallet_lots.user_id = ?1 AND wallet_lots.id = lot_id WHERE taken.units > 0)`

/**
 * Gives points of a debit back to the lots that they came from, in one atomic batch: what the refund uses is written
 * only if the debit has that much left to give back, and all else only if that was written. A lot that has expired
 * meanwhile takes them all the same, so they are expired at once.
 *
 * Refused: no such entry of this user and wallet (`not_found`), one that is no debit (`invalid`), or more than is left
 * (`refund_exceeds_debit` with `refundable`).
 * @param units of the wallet's smallest part; undefined for all that is left
 */
export async function refund(
  env: Env,
  movement: Movement,
  debitId: string,
  units: number | undefined,
): Promise<Written | Refusal> {
  const { userId, walletId, entryId } = movement
  const db = usersDb(env, userId)
  const { written, state } = await commit<{ kind: string | null; refundable: number }>(
    db,
    movement,
    [
      db
        .prepare(
          `INSERT INTO wallet_uses (entry_id, lot_id, user_id, units)
           WITH ${returns}
           SELECT ?5, lot_id, ?1, -min(units, coalesce(?2, refundable) - before) FROM returns
           WHERE before < coalesce(?2, refundable) AND refundable >= coalesce(?2, refundable) AND ${isNew}
             AND EXISTS (SELECT 1 FROM wallet_entries
               WHERE user_id = ?1 AND id = ?6 AND wallet_id = ?3 AND kind = 'debit')`,
        )
        .bind(userId, units ?? null, walletId, movement.key.key, entryId, debitId),
      entryStatement(
        db,
        movement,
        {
          kind: 'refund',
          units: '(SELECT -sum(units) FROM wallet_uses WHERE entry_id = ?5)',
          change: `(SELECT coalesce(-sum(used.units), 0) FROM wallet_uses AS used
            JOIN wallet_lots ON wallet_lots.user_id = ?1 AND wallet_lots.id = used.lot_id
            WHERE used.entry_id = ?5 AND ${activeAt('held.at_ms')})`,
          condition: 'EXISTS (SELECT 1 FROM wallet_uses WHERE entry_id = ?5)',
          refundOf: '?11',
        },
        [debitId],
      ),
      useStatement(db, movement),
    ],
    db
      .prepare(
        `SELECT
           (SELECT kind FROM wallet_entries WHERE user_id = ?1 AND wallet_id = ?2 AND id = ?3
            UNION ALL SELECT 'expire' FROM wallet_lots
            WHERE user_id = ?1 AND wallet_id = ?2 AND id = 'ent' || substr(?3, 4) AND ?3 LIKE 'exp%'
              AND remaining > 0 AND expires_ms <= ?4) AS kind,
           (SELECT coalesce(sum(units), 0) FROM (${taken('?1', '?3')})) AS refundable`,
      )
      .bind(userId, walletId, debitId, movement.atMs),
  )
  if (written !== undefined) return written
  const kind = state?.kind ?? undefined
  if (kind === undefined)
    return refuse('not_found', `There is no entry ${debitId} in this wallet of this user.`)
  if (kind !== 'debit') {
    const message = `is of kind ${kind}; only a debit can be refunded`
    return invalid([{ path: 'entryId', message }])
  }
  const refundable = fromUnits(state?.refundable ?? 0, movement.decimals)
  return refuse('refund_exceeds_debit', `Of this debit ${refundable} can still be refunded.`, {
    members: { refundable },
  })
}
