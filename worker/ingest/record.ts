import { jsonParts } from '../platform/databases.ts'
import type { UserEvent } from '../users/event.ts'
import { type EventRow, insertEventStatements } from '../users/eventRows.ts'

/** A decision as it is kept with its event: the campaign, and the grant's id, the reason, or until when it waits. */
export type StoredDecision = [campaignId: string, kind: 'granted' | 'refused' | 'waiting', of: string]

/** An event that is written and not judged yet: the campaigns that it triggers, as it was matched when it came. */
export interface Pending {
  asked: string[]
}

/** What an event keeps: what was decided, who is being asked, or (null) that nobody has looked yet. */
export type Kept = StoredDecision[] | Pending | null

/** An event that was there before: when it happened, and what is kept of it. */
export interface Before {
  atMs: number
  kept: Kept
}

/** By what an event is told from others: its user and its id. */
export function eventKey(event: { userId: string; id: string }): string {
  return `${event.userId}\n${event.id}`
}

/**
 * Records events and their users in one atomic batch, whatever their number. Answers what was there before, by
 * {@link eventKey}, with what is kept of it.
 */
export async function recordEvents(
  db: D1Database,
  events: EventRow[],
  known: Set<string>,
  nowMs: number,
): Promise<Map<string, Before>> {
  const unseen = new Set(events.map(({ event }) => event.userId).filter((userId) => !known.has(userId)))
  const inserts = insertEventStatements(db, events)
  const results = await db.batch<{ seq: number | null }>([
    db.prepare('SELECT max(seq) AS seq FROM events'),
    ...inserts,
    ...jsonParts([...unseen]).map((json) => db.prepare(addUsers).bind(json, nowMs)),
  ])
  for (const userId of unseen) known.add(userId)
  const written = results.slice(1, 1 + inserts.length).reduce((sum, { meta }) => sum + meta.changes, 0)
  const keys = new Map(events.map(({ event }) => [eventKey(event), [event.userId, event.id]]))
  return written === keys.size
    ? new Map()
    : findBefore(db, [...keys.values()], results[0]?.results[0]?.seq ?? 0)
}

/** What is kept of events that were written before the sequence went past `lastSeq`. */
export async function findBefore(
  db: D1Database,
  keys: (string | undefined)[][],
  lastSeq: number,
): Promise<Map<string, Before>> {
  const found = await db.batch<{ user_id: string; id: string; at_ms: number; decisions: string | null }>(
    jsonParts(keys).map((json) => db.prepare(findEvents).bind(json, lastSeq)),
  )
  return new Map(
    found
      .flatMap(({ results }) => results)
      .map((row) => [
        eventKey({ userId: row.user_id, id: row.id }),
        { atMs: row.at_ms, kept: row.decisions === null ? null : (JSON.parse(row.decisions) as Kept) },
      ]),
  )
}

/** The statements that write down what was decided on events. */
export function decisionStatements(
  db: D1Database,
  decided: { event: UserEvent; decisions: StoredDecision[] }[],
): D1PreparedStatement[] {
  const rows = decided.map(({ event, decisions }) => [event.userId, event.id, decisions])
  return jsonParts(rows).map((json) => db.prepare(writeDecisions).bind(json))
}

const findEvents = `
  SELECT events.user_id, events.id, events.at_ms, events.decisions FROM json_each(?1) AS sought
  JOIN events ON events.user_id = sought.value ->> 0 AND events.id = sought.value ->> 1
  WHERE events.seq <= ?2`

const addUsers = `
  INSERT INTO users (id, properties, created_ms) SELECT value, '{}', ?2 FROM json_each(?1) WHERE true
  ON CONFLICT (id) DO NOTHING`

const writeDecisions = `
  UPDATE events SET decisions = decided.value -> 2 FROM json_each(?1) AS decided
  WHERE events.user_id = decided.value ->> 0 AND events.id = decided.value ->> 1`
