import { jsonParts } from '../platform/databases.ts'
import type { UserEvent } from './event.ts'
import { foldedCopy } from './folded.ts'

/**
 * An event as it is written. `decisions` is what campaigns decided on it, or whom is being asked, as the intake keeps
 * it; null as long as nobody has looked which campaigns it concerns.
 */
export interface EventRow {
  event: UserEvent
  decisions: unknown
}

/** The statements that write events, keyed by user and id: what is there already stays as it is. */
export function insertEventStatements(db: D1Database, rows: EventRow[]): D1PreparedStatement[] {
  const values = rows.map(({ event, decisions }) => [
    event.userId,
    event.id,
    event.name,
    event.atMs,
    event.properties,
    decisions,
    foldedCopy(event.properties),
  ])
  return jsonParts(values).map((json) => db.prepare(insertEvents).bind(json))
}

const insertEvents = `
  INSERT INTO events (user_id, id, name, at_ms, properties, decisions, folded)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4, nullif(value -> 5, 'null'),
    nullif(value -> 6, 'null')
  FROM json_each(?1) WHERE true ON CONFLICT (user_id, id) DO NOTHING`
