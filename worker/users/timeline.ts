import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import { usersDb } from '../platform/databases.ts'

/**
 * A table of the user databases that holds a part of what a user has been through. Every room that keeps such a
 * table says so with one of these; the app hands them over, so that this room need not know of those below it.
 */
export interface UserRecord {
  /** The kind that the timeline shows; absent for tables that the timeline leaves out. */
  type?: 'event' | 'grant' | 'entry' | 'redemption'
  table: string
  /** SQL: an object of what the timeline shows of a row, beside its type, id and time. */
  shown?: string
  /** Whether it is a view of another table, so that there is nothing of its own to erase. */
  isView?: boolean
  /** SQL: which rows are about the user `?1`, where the table has no index on `user_id`. */
  of?: string
}

/** The events of this room. */
export const eventRecord: UserRecord = {
  type: 'event',
  table: 'events',
  shown: `json_object('name', name, 'properties', json(properties))`,
}

/** One thing that happened to a user. */
export interface TimelineItem {
  type: string
  id: string
  at: string
  [shown: string]: unknown
}

/** Where a page of the timeline starts: after this moment and id. */
export interface TimelinePlace {
  atMs: number
  id: string
}

/**
 * Reads a page of what a user has been through, newest first; one row more than `limit`. One hop, but a statement for
 * each table, because D1 takes five parts of a union at most.
 */
export async function readTimeline(
  env: Env,
  records: UserRecord[],
  userId: string,
  after: TimelinePlace | undefined,
  limit: number,
): Promise<(TimelineItem & { atMs: number })[]> {
  const db = usersDb(env, userId)
  const shown = records.filter((record) => record.type !== undefined)
  const parts = await db.batch<{ type: string; id: string; at_ms: number; shown: string }>(
    shown.map((record) =>
      db
        .prepare(
          `SELECT '${record.type}' AS type, id, at_ms, ${record.shown} AS shown FROM ${record.table}
           WHERE user_id = ?1 AND at_ms <= ?2 AND (at_ms < ?2 OR id < ?3) ORDER BY at_ms DESC, id DESC LIMIT ?4`,
        )
        .bind(userId, after?.atMs ?? Number.MAX_SAFE_INTEGER, after?.id ?? '', limit + 1),
    ),
  )
  return parts
    .flatMap(({ results }) => results)
    .sort((one, other) => other.at_ms - one.at_ms || (one.id < other.id ? 1 : -1))
    .slice(0, limit + 1)
    .map((row) => ({
      type: row.type,
      id: row.id,
      at: formatInstant(row.at_ms),
      ...(JSON.parse(row.shown) as Record<string, unknown>),
      atMs: row.at_ms,
    }))
}

/**
 * Takes everything out of the user databases that is about one user: who they are and what they did. The tables are
 * emptied in the order of the records.
 */
export async function eraseUser(env: Env, records: UserRecord[], userId: string): Promise<void> {
  const db = usersDb(env, userId)
  await db.batch([
    ...records
      .filter((record) => record.isView !== true)
      .map(({ table, of = 'user_id = ?1' }) => db.prepare(`DELETE FROM ${table} WHERE ${of}`).bind(userId)),
    db.prepare('DELETE FROM users WHERE id = ?1').bind(userId),
  ])
}
