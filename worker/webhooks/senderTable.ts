import type { Outcome } from './deliveryRows.ts'

/** A delivery that is under way to an endpoint. */
export interface UnderWay {
  id: string
  userId: string
  /** How many attempts have failed since it was sent on, or replayed. */
  failures: number
  /** Whether the queue has given it up, so that it is parked as failed. */
  isDead: boolean
}

interface Row {
  [column: string]: SqlStorageValue
  id: string
  user_id: string
  failures: number
}

/** What one endpoint is still to be sent, and what attempts have come to that is not written down yet. */
export class SenderTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY, endpoint_id TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS pending (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, failures INTEGER NOT NULL,
        due_ms INTEGER NOT NULL, is_dead INTEGER NOT NULL, outcome TEXT) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS pending_due ON pending (due_ms);
      CREATE INDEX IF NOT EXISTS pending_outcomes ON pending (id) WHERE outcome IS NOT NULL;`)
  }

  get endpointId(): string | undefined {
    const [row] = this.#sql.exec<{ endpoint_id: string }>('SELECT endpoint_id FROM head').toArray()
    return row?.endpoint_id
  }

  /** Takes on deliveries that are due now; what is under way already stays as it is. */
  add(endpointId: string, refs: { id: string; userId: string }[], nowMs: number, isDead: boolean): void {
    this.#sql.exec('INSERT INTO head VALUES (1, ?1) ON CONFLICT DO NOTHING', endpointId)
    this.#sql.exec(
      `INSERT INTO pending (id, user_id, failures, due_ms, is_dead)
       SELECT value ->> 0, value ->> 1, 0, ?2, ?3 FROM json_each(?1) WHERE true ON CONFLICT (id) DO NOTHING`,
      JSON.stringify(refs.map((ref) => [ref.id, ref.userId])),
      nowMs,
      isDead ? 1 : 0,
    )
  }

  /** What is due, the longest first. */
  due(nowMs: number, limit: number): UnderWay[] {
    return this.#sql
      .exec<Row & { is_dead: number }>(
        'SELECT * FROM pending WHERE due_ms <= ?1 AND outcome IS NULL ORDER BY due_ms LIMIT ?2',
        nowMs,
        limit,
      )
      .toArray()
      .map((row) => ({
        id: row.id,
        userId: row.user_id,
        failures: row.failures,
        isDead: row.is_dead === 1,
      }))
  }

  /** Keeps what attempts have come to until it is written down. */
  keep(outcomes: Outcome[]): void {
    this.#sql.exec(
      `UPDATE pending SET outcome = o.value -> 1 FROM json_each(?1) AS o WHERE pending.id = o.value ->> 0`,
      JSON.stringify(outcomes.map((outcome) => [outcome.id, outcome])),
    )
  }

  /** What is not written down yet. */
  outcomes(limit: number): Outcome[] {
    return this.#sql
      .exec<{ outcome: string }>('SELECT outcome FROM pending WHERE outcome IS NOT NULL LIMIT ?1', limit)
      .toArray()
      .map((row) => JSON.parse(row.outcome) as Outcome)
  }

  /** Takes off what has been written down, or waits for the next attempt. */
  settle(outcomes: Outcome[]): void {
    const rows = outcomes.map(({ id, status, dueMs }) => [id, status, dueMs])
    const json = JSON.stringify(rows)
    this.#sql.exec(
      `DELETE FROM pending WHERE id IN (SELECT value ->> 0 FROM json_each(?1) WHERE value ->> 1 <> 'pending')`,
      json,
    )
    this.#sql.exec(
      `UPDATE pending SET outcome = NULL, failures = failures + 1, due_ms = o.value ->> 2 FROM json_each(?1) AS o
       WHERE pending.id = o.value ->> 0`,
      json,
    )
  }

  /** Forgets deliveries that are no longer pending: settled by somebody else, or their user was erased. */
  drop(ids: string[]): void {
    if (ids.length === 0) return
    this.#sql.exec('DELETE FROM pending WHERE id IN (SELECT value FROM json_each(?1))', JSON.stringify(ids))
  }

  /** When there is something to do next, at once for what is not written down yet; null when nothing is left. */
  nextDue(): number | null {
    const row = this.#sql
      .exec<{ due_ms: number | null; unwritten: number }>(
        `SELECT (SELECT min(due_ms) FROM pending) AS due_ms,
           EXISTS (SELECT 1 FROM pending WHERE outcome IS NOT NULL) AS unwritten`,
      )
      .one()
    return row.unwritten === 1 ? 0 : row.due_ms
  }
}
