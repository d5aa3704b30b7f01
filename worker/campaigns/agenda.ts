import { jsonParts } from '../platform/databases.ts'
import { type Chain, NO_CHAIN } from '../rewards/rewardEvents.ts'

/** Somebody who is due at a moment: a user of a run, or a user who has not done the other thing yet. */
export interface AgendaItem {
  userId: string
  /**
   * What both events must share, see `segments/valueKey.ts`; empty where that does not matter. An item that has had its
   * time has the event that it began with added to it, see {@link setAside}.
   */
  value: string
  dueMs: number
  /** What it began with, and when that happened; null in a run. */
  eventId: string | null
  atMs: number
  chain: Chain
}

interface AgendaRow {
  [column: string]: SqlStorageValue
  user_id: string
  value: string
  due_ms: number
  event_id: string | null
  at_ms: number
  chain: string | null
}

/** What a ledger has to do, and when: at most one item for a user and value. All methods are synchronous. */
export class Agenda {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS agenda (user_id TEXT NOT NULL, value TEXT NOT NULL, due_ms INTEGER NOT NULL,
        event_id TEXT, at_ms INTEGER NOT NULL, chain TEXT, PRIMARY KEY (user_id, value)) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS agenda_by_due ON agenda (due_ms, user_id);`)
  }

  /** Puts items down; one that is there already stays as it is. */
  add(items: AgendaItem[]): void {
    const rows = items.map(({ userId, value, dueMs, eventId, atMs, chain }) => [
      userId,
      value,
      dueMs,
      eventId,
      atMs,
      chain.depth === 0 ? null : JSON.stringify(chain),
    ])
    for (const part of jsonParts(rows)) {
      this.#sql.exec(
        `INSERT INTO agenda (user_id, value, due_ms, event_id, at_ms, chain)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
         FROM json_each(?1) WHERE true ON CONFLICT (user_id, value) DO NOTHING`,
        part,
      )
    }
  }

  /** The items that are there for some users and values. */
  find(keys: { userId: string; value: string }[]): AgendaItem[] {
    return jsonParts(keys.map(({ userId, value }) => [userId, value])).flatMap((part) =>
      this.#sql
        .exec<AgendaRow>(
          `SELECT agenda.* FROM json_each(?1) AS sought
           JOIN agenda ON agenda.user_id = sought.value ->> 0 AND agenda.value = sought.value ->> 1`,
          part,
        )
        .toArray()
        .map(itemOf),
    )
  }

  /** The first items that are due at `untilMs` or before, in the order in which they are due. */
  due(untilMs: number, limit: number): AgendaItem[] {
    return this.#sql
      .exec<AgendaRow>(
        'SELECT * FROM agenda WHERE due_ms <= ?1 ORDER BY due_ms, user_id LIMIT ?2',
        untilMs,
        limit,
      )
      .toArray()
      .map(itemOf)
  }

  /** When the next item is due; null when there is none. */
  nextDue(): number | null {
    return this.#sql.exec<{ due: number | null }>('SELECT min(due_ms) AS due FROM agenda').one().due
  }

  /** Takes items off; answers the users of those that were still there. */
  remove(items: { userId: string; value: string }[]): Set<string> {
    const removed = new Set<string>()
    for (const part of jsonParts(items.map(({ userId, value }) => [userId, value]))) {
      const rows = this.#sql.exec<{ user_id: string }>(
        `DELETE FROM agenda WHERE (user_id, value) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))
         RETURNING user_id`,
        part,
      )
      for (const row of rows) removed.add(row.user_id)
    }
    return removed
  }

  /** Takes everything off that is due at `untilMs` or before. */
  dropDue(untilMs: number): void {
    this.#sql.exec('DELETE FROM agenda WHERE due_ms <= ?1', untilMs)
  }

  /** Takes everything off. */
  clear(): void {
    this.#sql.exec('DELETE FROM agenda')
  }

  /** Takes a user off; answers how many items that were. */
  forget(userId: string): number {
    return this.#sql.exec('DELETE FROM agenda WHERE user_id = ?1 RETURNING value', userId).toArray().length
  }
}

/** An item that has had its time and is not served yet, out of the way of one that begins anew. */
export function setAside(item: AgendaItem): AgendaItem {
  return { ...item, value: `${item.value}\n${item.eventId}` }
}

/** What both events of an item must share, as a key of `segments/valueKey.ts`, which holds no line feed. */
export function sharedKeyOf({ value }: AgendaItem): string {
  const end = value.indexOf('\n')
  return end === -1 ? value : value.slice(0, end)
}

function itemOf(row: AgendaRow): AgendaItem {
  return {
    userId: row.user_id,
    value: row.value,
    dueMs: row.due_ms,
    eventId: row.event_id,
    atMs: row.at_ms,
    chain: row.chain === null ? NO_CHAIN : (JSON.parse(row.chain) as Chain),
  }
}
