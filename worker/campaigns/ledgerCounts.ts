/** Every zone's days and hours are made of whole quarters of an hour. */
export const SLOT_MS = 900_000

/** What happened in a quarter of an hour. */
export interface Slot {
  atMs: number
  granted: number
  units: number
  refused: number
}

/**
 * What a ledger counts beside its tallies: refusals by reason, users reached, and what happened when. A refusal is
 * remembered until it is written with its event, so that a retry gets the same reason and is not counted again.
 */
export class LedgerCounts {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS refused (trigger TEXT PRIMARY KEY, reason TEXT NOT NULL, at_ms INTEGER NOT NULL)
        WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS refusals (reason TEXT PRIMARY KEY, n INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS slots (slot_ms INTEGER PRIMARY KEY, granted INTEGER NOT NULL, units INTEGER NOT NULL,
        refused INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS reached (id INTEGER PRIMARY KEY, users INTEGER NOT NULL);
      INSERT INTO reached VALUES (1, 0) ON CONFLICT DO NOTHING;`)
  }

  /** The refusals that are remembered of some triggers, by trigger. */
  refusalsOf(triggers: string[]): Map<string, string> {
    const rows = this.#sql.exec<{ trigger: string; reason: string }>(
      'SELECT trigger, reason FROM refused WHERE trigger IN (SELECT value FROM json_each(?1))',
      JSON.stringify(triggers),
    )
    return new Map([...rows].map((row) => [row.trigger, row.reason]))
  }

  /** Remembers refusals until they are written with their events, so that a retry is not counted again. */
  rememberRefusals(refusals: { trigger: string; reason: string }[], atMs: number): void {
    if (refusals.length === 0) return
    this.#sql.exec(
      `INSERT INTO refused (trigger, reason, at_ms) SELECT value ->> 0, value ->> 1, ?2 FROM json_each(?1)
       WHERE true ON CONFLICT (trigger) DO NOTHING`,
      JSON.stringify(refusals.map(({ trigger, reason }) => [trigger, reason])),
      atMs,
    )
  }

  /** Forgets refusals that have been written with their events. */
  forgetRefusals(triggers: string[]): void {
    if (triggers.length === 0) return
    this.#sql.exec(
      'DELETE FROM refused WHERE trigger IN (SELECT value FROM json_each(?1))',
      JSON.stringify(triggers),
    )
  }

  /** Forgets refusals that nobody came back for. */
  forgetRefusalsBefore(beforeMs: number): void {
    this.#sql.exec('DELETE FROM refused WHERE at_ms < ?1', beforeMs)
  }

  /** Counts users that were granted for the first time, or (fewer than nought) no longer at all. */
  reach(users: number): void {
    if (users !== 0) this.#sql.exec('UPDATE reached SET users = users + ?1', users)
  }

  /** Counts what happened at a moment: by reason, and in its quarter of an hour. */
  count(atMs: number, granted: number, units: number, refused: Map<string, number>): void {
    let refusals = 0
    for (const [reason, n] of refused) {
      if (n === 0) continue
      refusals += n
      this.#sql.exec(
        'INSERT INTO refusals (reason, n) VALUES (?1, ?2) ON CONFLICT (reason) DO UPDATE SET n = n + ?2',
        reason,
        n,
      )
    }
    if (granted === 0 && units === 0 && refusals === 0) return
    this.#sql.exec(
      `INSERT INTO slots (slot_ms, granted, units, refused) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (slot_ms) DO UPDATE SET granted = granted + ?2, units = units + ?3, refused = refused + ?4`,
      Math.floor(atMs / SLOT_MS) * SLOT_MS,
      granted,
      units,
      refusals,
    )
  }

  /** The refusals so far, by reason, and how many users were granted at least once. */
  sums(): { refused: Record<string, number>; users: number } {
    const rows = this.#sql.exec<{ reason: string; n: number }>(
      'SELECT reason, n FROM refusals ORDER BY reason',
    )
    const refused = Object.fromEntries([...rows].map((row) => [row.reason, row.n]))
    return { refused, users: this.#sql.exec<{ users: number }>('SELECT users FROM reached').one().users }
  }

  /** What happened in each quarter of an hour of a stretch of time, quiet ones left out. */
  slots(fromMs: number, toMs: number): Slot[] {
    return this.#sql
      .exec<{ slot_ms: number; granted: number; units: number; refused: number }>(
        'SELECT * FROM slots WHERE slot_ms >= ?1 AND slot_ms < ?2 ORDER BY slot_ms',
        fromMs,
        toMs,
      )
      .toArray()
      .map(({ slot_ms, ...slot }) => ({ atMs: slot_ms, ...slot }))
  }

  /** Forgets what is remembered of a user. */
  forget(userId: string): void {
    // A trigger begins with its user and a line feed; the next character bounds the range.
    this.#sql.exec('DELETE FROM refused WHERE trigger > ?1 AND trigger < ?2', `${userId}\n`, `${userId}\v`)
  }
}
