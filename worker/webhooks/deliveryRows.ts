import type { Env } from '../env.ts'
import { byHome, jsonParts, ofUsersThere } from '../platform/databases.ts'
import type { Attempt } from './userTables.ts'

/** A delivery to write down: what is sent, or why there is nothing to send. */
export interface NewDelivery {
  id: string
  userId: string
  endpointId: string
  campaignId: string
  grantId: string
  kind: 'custom' | 'message'
  atMs: number
  body: string | null
  fault: string | null
}

/** A delivery as whoever sends it needs it. */
export interface PendingDelivery {
  id: string
  userId: string
  campaignId: string
  grantId: string
  /** The event that triggered the grant; null for one of a run. */
  eventId: string | null
  /** Whether the grant waits for this delivery; one that was delivered before does not. */
  isAwaited: boolean
  body: string | null
  fault: string | null
  /** How many attempts are written down. */
  attempts: number
}

/** What an attempt has come to, to be written down. */
export interface Outcome {
  id: string
  userId: string
  campaignId: string
  grantId: string
  eventId: string | null
  isAwaited: boolean
  status: 'pending' | 'delivered' | 'failed'
  /** How many attempts were written down before this one, by which writing it twice is told. */
  before: number
  attempt: Attempt
  dueMs: number
}

/** The statements that write new deliveries, keyed by their ids, so that running them again changes nothing. */
export function insertDeliveriesStatements(db: D1Database, rows: NewDelivery[]): D1PreparedStatement[] {
  const values = rows.map((row) => [
    row.id,
    row.userId,
    row.endpointId,
    row.campaignId,
    row.grantId,
    row.kind,
    row.body,
    row.fault,
    row.atMs,
  ])
  return jsonParts(values).map((json) => db.prepare(insertDeliveries).bind(json))
}

const insertDeliveries = `
  INSERT INTO deliveries
    (id, user_id, endpoint_id, campaign_id, grant_id, kind, body, fault, status, attempts, due_ms, at_ms)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
    'pending', '[]', value ->> 8, value ->> 8
  FROM json_each(?1) ${ofUsersThere} ON CONFLICT (id) DO NOTHING`

/** Reads what is to be sent, home by home. What is delivered, failed or erased meanwhile is left out. */
export async function readPending(
  env: Env,
  refs: { id: string; userId: string }[],
): Promise<Map<string, PendingDelivery>> {
  const parts = await Promise.all(
    byHome(env, refs, (ref) => ref.userId).map(({ db, things }) =>
      db
        .prepare(
          `SELECT d.id, d.user_id AS userId, d.campaign_id AS campaignId, d.grant_id AS grantId, d.body, d.fault,
             json_array_length(d.attempts) AS attempts, g.body ->> '$.eventId' AS eventId,
             g.body ->> '$.status' = 'granted' AS isAwaited
           FROM deliveries d LEFT JOIN grants g ON g.user_id = d.user_id AND g.id = d.grant_id
           WHERE d.id IN (SELECT value FROM json_each(?1)) AND +d.status = 'pending'`,
        )
        .bind(JSON.stringify(things.map((ref) => ref.id)))
        .all<Omit<PendingDelivery, 'isAwaited'> & { isAwaited: number | null }>(),
    ),
  )
  const rows = parts.flatMap(({ results }) => results)
  return new Map(rows.map((row) => [row.id, { ...row, isAwaited: row.isAwaited === 1 }]))
}

/** Writes down what attempts have come to, in one batch a home; a grant is done, or has failed, with its delivery. */
export async function writeOutcomes(env: Env, outcomes: Outcome[]): Promise<void> {
  await Promise.all(
    byHome(env, outcomes, (outcome) => outcome.userId).map(({ db, things }) => {
      const rows = things.map(({ id, status, before, attempt, dueMs, userId, grantId }) => [
        id,
        status,
        before,
        attempt,
        dueMs,
        userId,
        grantId,
      ])
      return db.batch(
        jsonParts(rows).flatMap((json) => [
          db.prepare(addAttempts).bind(json),
          db.prepare(settleGrants).bind(json),
        ]),
      )
    }),
  )
}

// The plus keeps the index of statuses out: it would be read whole for each of the rows.
const addAttempts = `
  UPDATE deliveries SET status = o.value ->> 1, due_ms = o.value ->> 4,
    attempts = json_insert(attempts, '$[#]', json(o.value -> 3))
  FROM json_each(?1) AS o
  WHERE deliveries.id = o.value ->> 0 AND json_array_length(attempts) = o.value ->> 2 AND +deliveries.status = 'pending'`

const settleGrants = `
  UPDATE grants SET body = json_set(grants.body, '$.status', iif(o.value ->> 1 = 'failed', 'failed', 'fulfilled'))
  FROM json_each(?1) AS o
  WHERE grants.user_id = o.value ->> 5 AND grants.id = o.value ->> 6 AND o.value ->> 1 <> 'pending'
    AND grants.body ->> '$.status' = 'granted'`
