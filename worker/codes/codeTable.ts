import { normalCode } from './normal.ts'

/** What has become of a code. */
export type CodeStatus = 'available' | 'assigned' | 'redeemed'

/** A code and the grant that asks for it. */
export interface Asking {
  grantId: string
  userId: string
  atMs: number
  redeemableMs: number
  expiresMs: number | null
  /** Under which terms of its owner the code is given; absent where there is nothing to remember. */
  terms?: number
}

/** What a grant was given. */
export interface Taken {
  code: string
  redeemableMs: number
  expiresMs: number | null
  terms: number | null
}

/** The normal form of such a code is the code in upper case, see {@link normalCode}. */
const ASCII = /^[\x21-\x7e]*$/

const PENDING = 0
const AVAILABLE = 1
const ASSIGNED = 2

const stateNumbers: Record<CodeStatus, number> = { available: AVAILABLE, assigned: ASSIGNED, redeemed: 3 }
const statusNames: Record<number, CodeStatus> = { 1: 'available', 2: 'assigned', 3: 'redeemed' }

/**
 * The codes of one series and who holds them, in the SQLite of the object that owns the series. Everything here is
 * synchronous: a code changes hands inside one transaction of its object, so it has one holder at most.
 *
 * A new code is `pending` until the catalogue has confirmed that no other series has it.
 */
export class CodeTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS codes (seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, code TEXT NOT NULL,
        state INTEGER NOT NULL, batch INTEGER NOT NULL);
      CREATE INDEX IF NOT EXISTS codes_available ON codes (seq) WHERE state = ${AVAILABLE};
      CREATE INDEX IF NOT EXISTS codes_pending ON codes (seq) WHERE state = ${PENDING};
      CREATE TABLE IF NOT EXISTS code_counts (id INTEGER PRIMARY KEY, total INTEGER NOT NULL, available INTEGER NOT NULL);
      INSERT INTO code_counts VALUES (1, 0, 0) ON CONFLICT DO NOTHING;
      CREATE TABLE IF NOT EXISTS holders (grant_id TEXT PRIMARY KEY, user_id TEXT NOT NULL, code TEXT NOT NULL,
        seq INTEGER, at_ms INTEGER NOT NULL, redeemable_ms INTEGER NOT NULL, expires_ms INTEGER, terms INTEGER);
      CREATE INDEX IF NOT EXISTS holders_by_user ON holders (user_id);
      CREATE INDEX IF NOT EXISTS holders_by_code ON holders (seq) WHERE seq IS NOT NULL;
      CREATE TABLE IF NOT EXISTS holder_count (id INTEGER PRIMARY KEY, distributed INTEGER NOT NULL);
      INSERT INTO holder_count VALUES (1, 0) ON CONFLICT DO NOTHING;`)
    // Objects that were made before codes had terms get the column now.
    if (!sql.exec('SELECT * FROM holders LIMIT 0').columnNames.includes('terms'))
      sql.exec('ALTER TABLE holders ADD COLUMN terms INTEGER')
  }

  /** How many codes there are, how many are free, and how many grants were served. */
  counts(): { total: number; available: number; distributed: number } {
    return this.#sql
      .exec<{ total: number; available: number; distributed: number }>(
        'SELECT total, available, distributed FROM code_counts, holder_count',
      )
      .one()
  }

  /** Adds codes as pending; which of them were not here yet comes back, by their normal form. */
  addPending(codes: string[], batch: number): { key: string; code: string }[] {
    const rows = codes.map((code) => [normalCode(code), code])
    return this.#sql
      .exec<{ key: string; code: string }>(
        `INSERT INTO codes (key, code, state, batch) SELECT value ->> 0, value ->> 1, ${PENDING}, ?2
         FROM json_each(?1) WHERE true ON CONFLICT (key) DO NOTHING RETURNING key, code`,
        JSON.stringify(rows),
        batch,
      )
      .toArray()
  }

  /**
   * Adds codes that are available at once, of a series whose codes need not be claimed: all of them, or none (false) when
   * one is here already or stands twice among them.
   */
  addAvailable(codes: { code: string }[], batch: number): boolean {
    // Of nearly every file, the database can make the normal forms itself, and is handed every code once.
    const isPlain = codes.every(({ code }) => ASCII.test(code))
    const rows = codes.map(({ code }) => (isPlain ? code : [normalCode(code), code]))
    const columns = isPlain ? 'upper(value), value' : 'value ->> 0, value ->> 1'
    try {
      this.#sql.exec(
        `INSERT INTO codes (key, code, state, batch) SELECT ${columns}, ${AVAILABLE}, ?2 FROM json_each(?1)`,
        JSON.stringify(rows),
        batch,
      )
    } catch (error) {
      if (error instanceof Error && /UNIQUE constraint failed: codes\.key/.test(error.message)) return false
      throw error
    }
    this.#sql.exec('UPDATE code_counts SET total = total + ?1, available = available + ?1', codes.length)
    return true
  }

  /** The pending codes: those of a batch that was cut short by a crash. */
  pending(): { key: string; code: string }[] {
    return this.#sql
      .exec<{ key: string; code: string }>(
        `SELECT key, code FROM codes WHERE state = ${PENDING} ORDER BY seq`,
      )
      .toArray()
  }

  /** Makes all pending codes available, except those that another series has; these go. Answers how many stayed. */
  settlePending(takenElsewhere: string[]): number {
    if (takenElsewhere.length > 0) {
      this.#sql.exec(
        `DELETE FROM codes WHERE state = ${PENDING} AND key IN (SELECT value FROM json_each(?1))`,
        JSON.stringify(takenElsewhere),
      )
    }
    const settled = this.#sql
      .exec<{ n: number }>(`SELECT count(*) AS n FROM codes WHERE state = ${PENDING}`)
      .one().n
    this.#sql.exec(`UPDATE codes SET state = ${AVAILABLE} WHERE state = ${PENDING}`)
    this.#sql.exec('UPDATE code_counts SET total = total + ?1, available = available + ?1', settled)
    return settled
  }

  /** Which of these codes are here already, and from which batch. */
  batchesOf(keys: string[]): Map<string, number> {
    const rows = this.#sql.exec<{ key: string; batch: number }>(
      'SELECT key, batch FROM codes WHERE key IN (SELECT value FROM json_each(?1))',
      JSON.stringify(keys),
    )
    return new Map([...rows].map((row) => [row.key, row.batch]))
  }

  /** What grants were given before, by grant. */
  takenBy(grantIds: string[]): Map<string, Taken> {
    const rows = this.#sql.exec<{
      grant_id: string
      code: string
      redeemable_ms: number
      expires_ms: number | null
      terms: number | null
    }>(
      `SELECT grant_id, code, redeemable_ms, expires_ms, terms FROM holders
       WHERE grant_id IN (SELECT value FROM json_each(?1))`,
      JSON.stringify(grantIds),
    )
    return new Map(
      [...rows].map((row) => [
        row.grant_id,
        { code: row.code, redeemableMs: row.redeemable_ms, expiresMs: row.expires_ms, terms: row.terms },
      ]),
    )
  }

  /** Gives each asking grant a free code of its own, in order, as far as they go. */
  takeUnique(askings: Asking[]): Map<string, Taken> {
    const free = this.#sql
      .exec<{ seq: number; code: string }>(
        `SELECT seq, code FROM codes WHERE state = ${AVAILABLE} ORDER BY seq LIMIT ?1`,
        askings.length,
      )
      .toArray()
    const served = askings.slice(0, free.length)
    this.#sql.exec(
      `UPDATE codes SET state = ${ASSIGNED} WHERE seq IN (SELECT value FROM json_each(?1))`,
      JSON.stringify(free.map((row) => row.seq)),
    )
    this.#sql.exec('UPDATE code_counts SET available = available - ?1', free.length)
    return this.#hold(served, (index) => free[index])
  }

  /** Gives each asking grant the one shared code. */
  takeShared(askings: Asking[], code: string): Map<string, Taken> {
    return this.#hold(askings, () => ({ seq: null, code }))
  }

  #hold(
    askings: Asking[],
    codeAt: (index: number) => { seq: number | null; code: string } | undefined,
  ): Map<string, Taken> {
    const rows: unknown[][] = []
    const taken = new Map<string, Taken>()
    askings.forEach((asking, index) => {
      const given = codeAt(index)
      if (given === undefined) return
      const { grantId, userId, atMs, redeemableMs, expiresMs, terms = null } = asking
      rows.push([grantId, userId, given.code, given.seq, atMs, redeemableMs, expiresMs, terms])
      taken.set(grantId, { code: given.code, redeemableMs, expiresMs, terms })
    })
    this.#sql.exec(
      `INSERT INTO holders (grant_id, user_id, code, seq, at_ms, redeemable_ms, expires_ms, terms)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
       FROM json_each(?1)`,
      JSON.stringify(rows),
    )
    this.#sql.exec('UPDATE holder_count SET distributed = distributed + ?1', rows.length)
    return taken
  }

  /** A page of codes in the order they were made; one more than `limit`. */
  list(status: CodeStatus | undefined, afterSeq: number, limit: number) {
    // Written into the statement and not bound, so that the index of the available ones can serve it.
    const wanted = status === undefined ? `state <> ${PENDING}` : `state = ${stateNumbers[status]}`
    return this.#sql
      .exec<{ seq: number; code: string; state: number; user_id: string | null }>(
        `SELECT codes.seq, codes.code, state, user_id FROM codes LEFT JOIN holders ON holders.seq = codes.seq
         WHERE codes.seq > ?1 AND ${wanted} ORDER BY codes.seq LIMIT ?2`,
        afterSeq,
        limit + 1,
      )
      .toArray()
      .map((row) => ({
        seq: row.seq,
        code: row.code,
        status: statusNames[row.state] ?? ('available' as const),
        userId: row.user_id,
      }))
  }

  /** Takes a user's name off the codes they hold; the codes stay given. */
  forget(userId: string, alias: string): void {
    this.#sql.exec('UPDATE holders SET user_id = ?2 WHERE user_id = ?1', userId, alias)
  }
}
