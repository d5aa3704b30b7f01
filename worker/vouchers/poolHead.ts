import { type VoucherDetails, voucherDetails } from './event.ts'
import type { VoucherListStatus } from './lifecycle.ts'

/** What marketers said of a list, as its pool goes by it. */
export interface VoucherListDefinition {
  listId: string
  /** The name of the partner. */
  partner: string
  tag: string
  name: string
  description: string | null
  expiresMs: number
  lowStock: number | null
}

/** The head of a pool. */
export interface Head {
  definition: VoucherListDefinition
  status: VoucherListStatus
  /** What codes are given under just now, see {@link PoolHead.detailsOf}. */
  terms: number
  /** Whether the catalogue has been told. */
  mirrored: boolean
  /** Moves with every write, so that whoever told the catalogue sees whether there is more to tell. */
  writes: number
}

/**
 * What a pool knows of its list, in its object's SQLite: the definition, the status, and what the list has said of
 * itself to those who were given its codes. The last is kept for good, so that a code given before is described as it
 * was described then.
 */
export class PoolHead {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY, definition TEXT NOT NULL, status TEXT NOT NULL,
        terms INTEGER NOT NULL, mirrored INTEGER NOT NULL, writes INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS terms (id INTEGER PRIMARY KEY AUTOINCREMENT, details TEXT NOT NULL);`)
  }

  /** The head; undefined while the pool has not been told of its list. */
  find(): Head | undefined {
    const row = this.#sql
      .exec<{ definition: string; status: string; terms: number; mirrored: number; writes: number }>(
        'SELECT definition, status, terms, mirrored, writes FROM head',
      )
      .toArray()[0]
    if (row === undefined) return undefined
    return {
      definition: JSON.parse(row.definition) as VoucherListDefinition,
      status: row.status as VoucherListStatus,
      terms: row.terms,
      mirrored: row.mirrored === 1,
      writes: row.writes,
    }
  }

  /** The head of a pool that has been told of its list. */
  get(): Head {
    const head = this.find()
    if (head === undefined) throw new Error('The pool has not been told of its list')
    return head
  }

  /** Writes down what holds from now on. */
  write(definition: VoucherListDefinition, status: VoucherListStatus, mirrored: boolean): void {
    this.#sql.exec(
      `INSERT INTO head (id, definition, status, terms, mirrored, writes) VALUES (1, ?1, ?2, ?3, ?4, 1)
       ON CONFLICT (id) DO UPDATE SET definition = ?1, status = ?2, terms = ?3, mirrored = ?4, writes = writes + 1`,
      JSON.stringify(definition),
      status,
      this.#termsOf(definition),
      mirrored ? 1 : 0,
    )
  }

  /** Takes note that the catalogue has heard of everything up to a write. */
  markMirrored(writes: number): void {
    this.#sql.exec('UPDATE head SET mirrored = 1 WHERE writes = ?1', writes)
  }

  /** What the events of codes say that were given under these terms, by the terms. */
  detailsOf(terms: (number | null)[]): Map<number | null, VoucherDetails> {
    const rows = this.#sql.exec<{ id: number; details: string }>(
      'SELECT id, details FROM terms WHERE id IN (SELECT value FROM json_each(?1))',
      JSON.stringify([...new Set(terms)]),
    )
    return new Map([...rows].map(({ id, details }) => [id, JSON.parse(details) as VoucherDetails]))
  }

  #termsOf(definition: VoucherListDefinition): number {
    const details = JSON.stringify(voucherDetails(definition))
    const last = this.#sql
      .exec<{ id: number; details: string }>('SELECT id, details FROM terms ORDER BY id DESC LIMIT 1')
      .toArray()[0]
    if (last?.details === details) return last.id
    return this.#sql
      .exec<{ id: number }>('INSERT INTO terms (details) VALUES (?1) RETURNING id', details)
      .one().id
  }
}
