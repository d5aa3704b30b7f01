import { jsonParts } from '../platform/databases.ts'
import type { UserEvent } from '../users/event.ts'

/** A decision as it is kept with its event: the campaign, and the grant's id or the reason. */
export type StoredDecision = [campaignId: string, kind: 'granted' | 'refused', of: string]

/** An event to be recorded. `decisions` is null when campaigns are yet to judge it. */
export interface EventToRecord {
  event: UserEvent
  decisions: StoredDecision[] | null
}

/** By what an event is told from others: its user and its id. */
export function eventKey(event: { userId: string; id: string }): string {
  return `${event.userId}\n${event.id}`
}

/**
 * Records events and their users in one atomic batch, whatever their number. Answers what was there before, by
 * {@link eventKey}, with the decisions that were made on it (null: written, but not judged before something died).
 */
export async function recordEvents(
  db: D1Database,
  events: EventToRecord[],
  nowMs: number,
): Promise<Map<string, StoredDecision[] | null>> {
  const keys = events.map(({ event }) => [event.userId, event.id])
  const rows = events.map(({ event, decisions }) => [
    event.userId,
    event.id,
    event.name,
    event.atMs,
    event.properties,
    decisions,
  ])
  const lastSeen = new Map<string, number>()
  for (const { event } of events) {
    lastSeen.set(event.userId, Math.max(event.atMs, lastSeen.get(event.userId) ?? 0))
  }
  const results = await db.batch<{ user_id: string; id: string; decisions: string | null }>([
    ...jsonParts(keys).map((json) => db.prepare(findEvents).bind(json)),
    ...jsonParts([...lastSeen]).map((json) => db.prepare(seeUsers).bind(json, nowMs)),
    ...jsonParts(rows).map((json) => db.prepare(insertEvents).bind(json)),
  ])
  const before = new Map<string, StoredDecision[] | null>()
  for (const { results: found } of results) {
    for (const row of found ?? []) {
      const decisions = row.decisions === null ? null : (JSON.parse(row.decisions) as StoredDecision[])
      before.set(eventKey({ userId: row.user_id, id: row.id }), decisions)
    }
  }
  return before
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
  SELECT events.user_id, events.id, events.decisions FROM json_each(?1) AS sought
  JOIN events ON events.user_id = sought.value ->> 0 AND events.id = sought.value ->> 1`

const seeUsers = `
  INSERT INTO users (id, properties, created_ms, last_seen_ms)
  SELECT value ->> 0, '{}', ?2, value ->> 1 FROM json_each(?1) WHERE true
  ON CONFLICT (id) DO UPDATE SET last_seen_ms = max(coalesce(last_seen_ms, 0), excluded.last_seen_ms)`

const insertEvents = `
  INSERT INTO events (user_id, id, name, at_ms, properties, decisions)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4, nullif(value -> 5, 'null')
  FROM json_each(?1) WHERE true ON CONFLICT (user_id, id) DO NOTHING`

const writeDecisions = `
  UPDATE events SET decisions = decided.value -> 2 FROM json_each(?1) AS decided
  WHERE events.user_id = decided.value ->> 0 AND events.id = decided.value ->> 1`
