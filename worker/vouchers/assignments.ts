import type { IdempotencyKey } from '../platform/idempotency.ts'

/** How long an assignment answers to its idempotency key; the contract asks for a day. */
const REMEMBER_MS = 2 * 86_400_000

/** An assignment whose row is not known to be written. */
export interface OpenAssignment {
  holdingId: string
  userId: string
  code: string
  atMs: number
  expiresMs: number
  terms: number
}

/** What an idempotency key stands for. */
export interface Keyed {
  holdingId: string
  fingerprint: string
}

/**
 * The assignments by API of one pool, in its object's SQLite: those whose rows are still to be written (the outbox), and
 * those that answer to an idempotency key. Their codes and users are with the holders of the pool's `CodeTable`, under
 * the id of the holding.
 */
export class Assignments {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS assignments (holding_id TEXT PRIMARY KEY, key TEXT UNIQUE, fingerprint TEXT,
        at_ms INTEGER NOT NULL, settled INTEGER NOT NULL);
      CREATE INDEX IF NOT EXISTS assignments_open ON assignments (holding_id) WHERE settled = 0;
      CREATE INDEX IF NOT EXISTS assignments_old ON assignments (at_ms) WHERE settled = 1;`)
  }

  /** What these idempotency keys stand for, by the key. */
  keyed(keys: string[]): Map<string, Keyed> {
    if (keys.length === 0) return new Map()
    const rows = this.#sql.exec<{ key: string; holding_id: string; fingerprint: string }>(
      'SELECT key, holding_id, fingerprint FROM assignments WHERE key IN (SELECT value FROM json_each(?1))',
      JSON.stringify(keys),
    )
    return new Map(
      [...rows].map((row) => [row.key, { holdingId: row.holding_id, fingerprint: row.fingerprint }]),
    )
  }

  /** Takes note of new assignments. */
  add(assignments: { holdingId: string; atMs: number; key: IdempotencyKey | null }[]): void {
    this.#sql.exec(
      `INSERT INTO assignments (holding_id, key, fingerprint, at_ms, settled)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, 0 FROM json_each(?1)`,
      JSON.stringify(
        assignments.map(({ holdingId, atMs, key }) => [
          holdingId,
          key?.key ?? null,
          key?.fingerprint ?? null,
          atMs,
        ]),
      ),
    )
  }

  /** Those of some assignments whose rows are not known to be written. */
  open(holdingIds: string[]): OpenAssignment[] {
    return this.#read(
      'a.holding_id IN (SELECT value FROM json_each(?1)) ORDER BY a.holding_id',
      JSON.stringify(holdingIds),
    )
  }

  /** A page of those that were made until a moment and whose rows are not known to be written, in the order of ids. */
  openUntil(untilMs: number, afterId: string, limit: number): OpenAssignment[] {
    return this.#read(
      'a.at_ms <= ?1 AND a.holding_id > ?2 ORDER BY a.holding_id LIMIT ?3',
      untilMs,
      afterId,
      limit,
    )
  }

  #read(which: string, ...values: unknown[]): OpenAssignment[] {
    return this.#sql
      .exec<{
        holding_id: string
        user_id: string
        code: string
        at_ms: number
        expires_ms: number
        terms: number
      }>(
        `SELECT a.holding_id, h.user_id, h.code, h.at_ms, h.expires_ms, h.terms
         FROM assignments AS a JOIN holders AS h ON h.grant_id = a.holding_id WHERE a.settled = 0 AND ${which}`,
        ...values,
      )
      .toArray()
      .map((row) => ({
        holdingId: row.holding_id,
        userId: row.user_id,
        code: row.code,
        atMs: row.at_ms,
        expiresMs: row.expires_ms,
        terms: row.terms,
      }))
  }

  /** When the oldest was made whose row is not known to be written; null when there is none. */
  oldestOpen(): number | null {
    // Ids sort by time, so the first one is the oldest.
    const first = this.#sql
      .exec<{ at_ms: number }>('SELECT at_ms FROM assignments WHERE settled = 0 ORDER BY holding_id LIMIT 1')
      .toArray()[0]
    return first?.at_ms ?? null
  }

  /** Takes note that rows are written. What answers to no key need not be remembered. */
  settle(holdingIds: string[]): void {
    const ids = JSON.stringify(holdingIds)
    this.#sql.exec(
      'DELETE FROM assignments WHERE holding_id IN (SELECT value FROM json_each(?1)) AND key IS NULL',
      ids,
    )
    this.#sql.exec(
      'UPDATE assignments SET settled = 1 WHERE holding_id IN (SELECT value FROM json_each(?1))',
      ids,
    )
  }

  /** Forgets the keys of long ago. */
  prune(nowMs: number): void {
    this.#sql.exec('DELETE FROM assignments WHERE settled = 1 AND at_ms < ?1', nowMs - REMEMBER_MS)
  }

  /** Forgets what was assigned to a user. Must come before the holders forget them. */
  forget(userId: string): void {
    this.#sql.exec(
      'DELETE FROM assignments WHERE holding_id IN (SELECT grant_id FROM holders WHERE user_id = ?1)',
      userId,
    )
  }
}
