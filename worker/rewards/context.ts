import { jsonParts } from '../platform/databases.ts'
import { ownEventViews } from '../users/ownEvents.ts'
import type { GrantToWrite, TriggeringEvent } from './kind.ts'

/** Who a grant is for and what triggered it, as metadata, templates and payloads see it. */
export interface GrantContext {
  user: GrantUser
  /** Absent for a grant of a past or list campaign, and where the event is gone. */
  event: TriggeringEvent | undefined
}

/** What is known of a user. */
export interface GrantUser {
  id: string
  email: string | null
  phone: string | null
  name: string | null
  timezone: string | null
  language: string | null
  properties: Record<string, unknown>
}

/** The contexts of some grants, by the grants' ids. */
export type GrantContexts = ReadonlyMap<string, GrantContext>

const nobody = { email: null, phone: null, name: null, timezone: null, language: null, properties: {} }
const none: GrantContexts = new Map()

/**
 * Looks up what the rows of some grants are made of, in their user database: one hop, and one more where a reward event
 * was the trigger and whoever fulfils does not have it at hand. Grants that carry no prepared reward need nothing.
 */
export async function contextsOf(db: D1Database, grants: GrantToWrite[]): Promise<GrantContexts> {
  const needing = grants.filter((grant) => grant.prepared !== undefined)
  if (needing.length === 0) return none
  const absent = needing.filter((grant) => grant.event === undefined && grant.eventId !== null)
  const userIds = [...new Set(needing.map((grant) => grant.userId))]
  const userParts = jsonParts(userIds).map((json) => db.prepare(findUsers).bind(json))
  const answers = await db.batch<unknown>([...userParts, ...eventStatements(db, 'events', absent)])
  const rows = answers.map(({ results }) => results)
  const known = usersOf(rows.slice(0, userParts.length).flat())
  const found = eventsOf(rows.slice(userParts.length).flat())
  const own = absent.filter((grant) => !found.has(keyOf(grant.userId, grant.eventId)))
  if (own.length > 0) {
    const views = ownEventViews.flatMap((view) => eventStatements(db, view, own))
    const more = await db.batch<unknown>(views)
    for (const [key, event] of eventsOf(more.flatMap(({ results }) => results))) found.set(key, event)
  }
  return new Map(
    needing.map((grant) => [
      grant.id,
      {
        user: known.get(grant.userId) ?? { id: grant.userId, ...nobody },
        event: grant.event ?? found.get(keyOf(grant.userId, grant.eventId)),
      },
    ]),
  )
}

const findUsers = `
  SELECT id, email, phone, name, timezone, language, properties FROM users
  WHERE id IN (SELECT value FROM json_each(?1))`

function eventStatements(
  db: D1Database,
  table: 'events' | (typeof ownEventViews)[number],
  grants: GrantToWrite[],
): D1PreparedStatement[] {
  const sql = `SELECT e.user_id, e.id, e.name, e.properties FROM json_each(?1) AS sought
    JOIN ${table} e ON e.user_id = sought.value ->> 0 AND e.id = sought.value ->> 1`
  return jsonParts(grants.map((grant) => [grant.userId, grant.eventId])).map((json) =>
    db.prepare(sql).bind(json),
  )
}

function eventsOf(rows: unknown[]): Map<string, TriggeringEvent> {
  return new Map(
    (rows as { user_id: string; id: string; name: string; properties: string }[]).map((row) => [
      keyOf(row.user_id, row.id),
      { name: row.name, properties: JSON.parse(row.properties) as Record<string, unknown> },
    ]),
  )
}

function usersOf(rows: unknown[]): Map<string, GrantUser> {
  return new Map(
    (rows as (Omit<GrantUser, 'properties'> & { properties: string })[]).map((row) => [
      row.id,
      { ...row, properties: JSON.parse(row.properties) as Record<string, unknown> },
    ]),
  )
}

function keyOf(userId: string, eventId: string | null): string {
  return `${userId}\n${eventId}`
}
