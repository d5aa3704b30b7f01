import { offsetsBetween, zoneOr } from '../platform/calendar.ts'
import { jsonParts } from '../platform/databases.ts'

/** How far back activity counts: 180 days of 24 hours. */
const LOOK_BACK_MS = 180 * 86_400_000

/** A stretch of a user's time in which their clock kept one offset: from, up to, and UTC offset in milliseconds. */
export type SlotRange = [userId: string, fromMs: number, toMs: number, offsetMs: number]

/** How many events of a user fell into a two-hour slot (0–11) of their days. */
export interface SlotRow {
  user_id: string
  slot: number
  n: number
}

/**
 * Cuts the 180 days before `takenMs` into stretches of constant offset, for each user by their zone; users without a
 * zone, or with one that this runtime does not know, live in the account's. A user has two or three: SQL knows no
 * zones, but it can add an offset.
 */
export function slotRanges(
  users: readonly { id: string; timezone: string | null }[],
  takenMs: number,
  accountZone: string,
): SlotRange[] {
  return users.flatMap(({ id, timezone }) =>
    offsetsBetween(takenMs - LOOK_BACK_MS, takenMs, zoneOr(timezone, accountZone)).map(
      ({ fromMs, toMs, offsetMs }): SlotRange => [id, fromMs, toMs, offsetMs],
    ),
  )
}

/**
 * The statements that count events by user and slot, as rows of {@link SlotRow}, reading an index and no table: as many
 * as the ranges of so many users take.
 */
export function bestSlotsStatements(db: D1Database, ranges: readonly SlotRange[]): D1PreparedStatement[] {
  // A remainder has the sign of what is divided, so before 1970 a day must be added. CROSS JOIN keeps SQLite,
  // whatever it knows of the table, from reading the events of everybody first.
  const sql = `SELECT user_id, ((local_ms % 86400000) + 86400000) % 86400000 / 7200000 AS slot, count(*) AS n
       FROM (SELECT events.user_id, events.at_ms + (range.value ->> 3) AS local_ms
             FROM json_each(?1) AS range CROSS JOIN events ON events.user_id = range.value ->> 0
               AND events.at_ms >= range.value ->> 1 AND events.at_ms < range.value ->> 2)
       GROUP BY user_id, slot`
  return jsonParts(ranges).map((part) => db.prepare(sql).bind(part))
}

/**
 * The slot in which each user was most active, the earlier one of equals; users without rows have none. A slot may be
 * counted in several rows, each of a part of the time.
 */
export function bestSlots(rows: Iterable<SlotRow>): Map<string, number> {
  const sums = new Map<string, SlotRow>()
  for (const { user_id, slot, n } of rows) {
    const key = `${slot} ${user_id}`
    sums.set(key, { user_id, slot, n: n + (sums.get(key)?.n ?? 0) })
  }
  const best = new Map<string, SlotRow>()
  for (const row of sums.values()) {
    const other = best.get(row.user_id)
    if (other === undefined || row.n > other.n || (row.n === other.n && row.slot < other.slot)) {
      best.set(row.user_id, row)
    }
  }
  return new Map([...best].map(([userId, { slot }]) => [userId, slot]))
}
