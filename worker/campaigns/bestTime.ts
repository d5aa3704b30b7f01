import { offsetsBetween, zoneOr } from '../platform/calendar.ts'

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
 * The statement that counts events by user and slot, as rows of {@link SlotRow}, reading an index and no table. It
 * takes the ranges of one database's users as one parameter, so of a page of 1,000 at most.
 */
export function bestSlotsStatement(db: D1Database, ranges: readonly SlotRange[]): D1PreparedStatement {
  // A remainder has the sign of what is divided, so before 1970 a day must be added. CROSS JOIN keeps SQLite,
  // whatever it knows of the table, from reading the events of everybody first.
  return db
    .prepare(
      `SELECT user_id, ((local_ms % 86400000) + 86400000) % 86400000 / 7200000 AS slot, count(*) AS n
       FROM (SELECT events.user_id, events.at_ms + (range.value ->> 3) AS local_ms
             FROM json_each(?1) AS range CROSS JOIN events ON events.user_id = range.value ->> 0
               AND events.at_ms >= range.value ->> 1 AND events.at_ms < range.value ->> 2)
       GROUP BY user_id, slot`,
    )
    .bind(JSON.stringify(ranges))
}

/** The slot in which each user was most active, the earlier one of equals; users without rows have none. */
export function bestSlots(rows: Iterable<SlotRow>): Map<string, number> {
  const best = new Map<string, SlotRow>()
  for (const row of rows) {
    const other = best.get(row.user_id)
    if (other === undefined || row.n > other.n || (row.n === other.n && row.slot < other.slot)) {
      best.set(row.user_id, row)
    }
  }
  return new Map([...best].map(([userId, { slot }]) => [userId, slot]))
}
