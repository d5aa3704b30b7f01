import { jsonParts } from '../platform/databases.ts'
import type { JobProgress } from '../platform/jobs.ts'
import type { Column } from './identities.ts'

/** An upload of a list that is being worked on. */
export interface Load {
  jobId: string
  generation: number
  /** What its first line said; undefined before that was read. */
  column: Column | undefined
  progress: JobProgress
}

/** Whole lines of an upload. */
export interface Part {
  firstLine: number
  text: string
}

/** Generations whose members are to be removed. */
export interface Sweep {
  ordinal: number
  from: number
  to: number
  /** Only if the list itself is there no more. */
  ifGone: boolean
}

/** How long an upload may take to arrive before it is taken for broken off. */
const ABANDONED_MS = 86_400_000

/**
 * The uploads of one list, in the SQLite of the object that loads them: their parts, whom they have named so far, and
 * what is to be cleared away afterwards. Everything here is synchronous.
 */
export class LoadTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS loads (generation INTEGER PRIMARY KEY, job_id TEXT NOT NULL UNIQUE,
        begun_ms INTEGER NOT NULL, first_row TEXT, progress TEXT);
      CREATE TABLE IF NOT EXISTS parts (job_id TEXT NOT NULL, first_line INTEGER NOT NULL, text TEXT NOT NULL,
        PRIMARY KEY (job_id, first_line));
      CREATE TABLE IF NOT EXISTS seen (generation INTEGER NOT NULL, user_id TEXT NOT NULL,
        PRIMARY KEY (generation, user_id)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS sweeps (ordinal INTEGER PRIMARY KEY, from_generation INTEGER NOT NULL,
        to_generation INTEGER NOT NULL, if_gone INTEGER NOT NULL, due_ms INTEGER NOT NULL);`)
  }

  /** Takes down that an upload begins. */
  begin(jobId: string, generation: number, nowMs: number): void {
    this.#sql.exec(
      'INSERT INTO loads (generation, job_id, begun_ms) VALUES (?1, ?2, ?3)',
      generation,
      jobId,
      nowMs,
    )
  }

  /** Takes in a part of an upload that has begun. */
  stage(jobId: string, part: Part): void {
    this.#sql.exec(
      `INSERT INTO parts (job_id, first_line, text)
       SELECT job_id, ?2, ?3 FROM loads WHERE job_id = ?1 ON CONFLICT DO NOTHING`,
      jobId,
      part.firstLine,
      part.text,
    )
  }

  /** Whether an upload has begun and is not over. */
  has(jobId: string): boolean {
    return this.#sql.exec('SELECT 1 FROM loads WHERE job_id = ?1', jobId).toArray().length > 0
  }

  /** Lets the work on an upload begin, now that all of it is here. */
  start(jobId: string, progress: JobProgress): void {
    this.#sql.exec('UPDATE loads SET progress = ?2 WHERE job_id = ?1', jobId, JSON.stringify(progress))
  }

  /** The upload to work on: the one that was begun first. */
  next(): Load | undefined {
    const row = this.#sql
      .exec<{ generation: number; job_id: string; first_row: string | null; progress: string }>(
        `SELECT generation, job_id, first_row, progress FROM loads WHERE progress IS NOT NULL
         ORDER BY generation LIMIT 1`,
      )
      .toArray()[0]
    return (
      row && {
        jobId: row.job_id,
        generation: row.generation,
        column: row.first_row === null ? undefined : (JSON.parse(row.first_row) as Column),
        progress: JSON.parse(row.progress) as JobProgress,
      }
    )
  }

  /** The next part of an upload. */
  part(jobId: string): Part | undefined {
    const row = this.#sql
      .exec<{ first_line: number; text: string }>(
        'SELECT first_line, text FROM parts WHERE job_id = ?1 ORDER BY first_line LIMIT 1',
        jobId,
      )
      .toArray()[0]
    return row && { firstLine: row.first_line, text: row.text }
  }

  /** Which of some users an upload has named in the parts before. */
  seen(generation: number, userIds: string[]): Set<string> {
    const rows = jsonParts(userIds).flatMap((json) =>
      this.#sql
        .exec<{ user_id: string }>(
          'SELECT user_id FROM seen WHERE generation = ?1 AND user_id IN (SELECT value FROM json_each(?2))',
          generation,
          json,
        )
        .toArray(),
    )
    return new Set(rows.map((row) => row.user_id))
  }

  /** Is done with a part: what the upload has come to, and the users whom it named first. To be run in a transaction. */
  settle(load: Load, part: Part, userIds: string[]): void {
    for (const json of jsonParts(userIds)) {
      this.#sql.exec(
        'INSERT INTO seen (generation, user_id) SELECT ?1, value FROM json_each(?2)',
        load.generation,
        json,
      )
    }
    this.#sql.exec('DELETE FROM parts WHERE job_id = ?1 AND first_line = ?2', load.jobId, part.firstLine)
    this.#sql.exec(
      'UPDATE loads SET first_row = ?2, progress = ?3 WHERE job_id = ?1',
      load.jobId,
      JSON.stringify(load.column),
      JSON.stringify(load.progress),
    )
  }

  /** Forgets an upload: it is loaded, or never will be. To be run in a transaction. */
  end(jobId: string): void {
    this.#sql.exec(
      'DELETE FROM seen WHERE generation = (SELECT generation FROM loads WHERE job_id = ?1)',
      jobId,
    )
    this.#sql.exec('DELETE FROM parts WHERE job_id = ?1', jobId)
    this.#sql.exec('DELETE FROM loads WHERE job_id = ?1', jobId)
  }

  /** An upload that broke off without a word. */
  abandoned(nowMs: number): string | undefined {
    return this.#sql
      .exec<{ job_id: string }>(
        'SELECT job_id FROM loads WHERE progress IS NULL AND begun_ms <= ?1 LIMIT 1',
        nowMs - ABANDONED_MS,
      )
      .toArray()[0]?.job_id
  }

  /** Plans the removal of members. */
  plan({ from, to, ifGone }: Omit<Sweep, 'ordinal'>, dueMs: number): void {
    this.#sql.exec(
      'INSERT INTO sweeps (from_generation, to_generation, if_gone, due_ms) VALUES (?1, ?2, ?3, ?4)',
      from,
      to,
      ifGone ? 1 : 0,
      dueMs,
    )
  }

  /** A removal whose time has come. */
  due(nowMs: number): Sweep | undefined {
    const row = this.#sql
      .exec<{ ordinal: number; from_generation: number; to_generation: number; if_gone: number }>(
        'SELECT * FROM sweeps WHERE due_ms <= ?1 ORDER BY due_ms, ordinal LIMIT 1',
        nowMs,
      )
      .toArray()[0]
    return (
      row && {
        ordinal: row.ordinal,
        from: row.from_generation,
        to: row.to_generation,
        ifGone: row.if_gone === 1,
      }
    )
  }

  /** Is done with a removal. */
  swept(ordinal: number): void {
    this.#sql.exec('DELETE FROM sweeps WHERE ordinal = ?1', ordinal)
  }

  /** When there is something to do next. */
  nextDue(nowMs: number): number | null {
    return this.#sql
      .exec<{ due: number | null }>(
        `SELECT min(due_ms) AS due FROM (
           SELECT due_ms FROM sweeps
           UNION ALL SELECT CASE WHEN progress IS NULL THEN begun_ms + ?2 ELSE ?1 END FROM loads)`,
        nowMs,
        ABANDONED_MS,
      )
      .one().due
  }
}
