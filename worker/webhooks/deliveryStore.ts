import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import { userDatabases, usersDb } from '../platform/databases.ts'
import type { UserRecord } from '../users/timeline.ts'
import type { Delivery } from './contract.ts'
import type { Attempt } from './userTables.ts'

/** What erasing a user takes away in this room. */
export const deliveryRecord: UserRecord = { table: 'deliveries' }

/** A row of `deliveries`, with what its grant says. */
export interface DeliveryRow {
  id: string
  user_id: string
  endpoint_id: string
  campaign_id: string
  grant_id: string
  kind: 'custom' | 'message'
  body: string | null
  fault: string | null
  status: 'pending' | 'delivered' | 'failed'
  attempts: string
  due_ms: number
  at_ms: number
  event_id: string | null
  grant_status: string | null
}

const select = `
  SELECT d.*, g.body ->> '$.eventId' AS event_id, g.body ->> '$.status' AS grant_status
  FROM deliveries d LEFT JOIN grants g ON g.user_id = d.user_id AND g.id = d.grant_id`

/** A delivery row as the contract shows it. */
export function presentDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    userId: row.user_id,
    campaignId: row.campaign_id,
    grantId: row.grant_id,
    kind: row.kind,
    status: row.status,
    attempts: JSON.parse(row.attempts) as Attempt[],
    ...(row.status === 'pending' ? { nextAttemptAt: formatInstant(row.due_ms) } : {}),
    body: row.body === null ? null : JSON.parse(row.body),
    ...(row.fault === null ? {} : { fault: row.fault }),
    createdAt: formatInstant(row.at_ms),
  }
}

/** Finds a delivery, in whichever database it lies. */
export async function findDelivery(env: Env, id: string): Promise<DeliveryRow | undefined> {
  const rows = await Promise.all(
    userDatabases(env).map((db) => db.prepare(`${select} WHERE d.id = ?1`).bind(id).first<DeliveryRow>()),
  )
  return rows.find((row) => row !== null) ?? undefined
}

/** Reads a page of deliveries, newest first, from all user databases; one row more than `limit`. */
export async function listDeliveries(
  env: Env,
  filter: { endpointId: string | undefined; status: DeliveryRow['status'] | undefined },
  limit: number,
  beforeId: string | undefined,
): Promise<DeliveryRow[]> {
  // What is not asked for is not written into the statement, so that an index can serve what is.
  const wanted = [
    filter.endpointId === undefined ? undefined : 'd.endpoint_id = ?1',
    filter.status === undefined ? undefined : 'd.status = ?2',
    beforeId === undefined ? undefined : 'd.id < ?3',
  ].filter((condition) => condition !== undefined)
  const where = wanted.length === 0 ? '' : `WHERE ${wanted.join(' AND ')}`
  const pages = await Promise.all(
    userDatabases(env).map((db) =>
      db
        .prepare(`${select} ${where} ORDER BY d.id DESC LIMIT ?4`)
        .bind(filter.endpointId ?? null, filter.status ?? null, beforeId ?? null, limit + 1)
        .all<DeliveryRow>(),
    ),
  )
  return pages
    .flatMap(({ results }) => results)
    .sort((one, other) => (one.id < other.id ? 1 : -1))
    .slice(0, limit + 1)
}

/**
 * Makes a delivery pending once more, due now; a grant that had failed waits for it again. False when somebody else
 * has done so already.
 */
export async function reopenDelivery(env: Env, row: DeliveryRow, nowMs: number): Promise<boolean> {
  const db = usersDb(env, row.user_id)
  const [reopened] = await db.batch([
    db
      .prepare(`UPDATE deliveries SET status = 'pending', due_ms = ?2 WHERE id = ?1 AND status = ?3`)
      .bind(row.id, nowMs, row.status),
    db
      .prepare(
        `UPDATE grants SET body = json_set(body, '$.status', 'granted')
         WHERE user_id = ?1 AND id = ?2 AND body ->> '$.status' = 'failed'`,
      )
      .bind(row.user_id, row.grant_id),
  ])
  return reopened?.meta.changes === 1
}
