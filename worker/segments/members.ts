import type { Env } from '../env.ts'
import { byHome, jsonParts, userDatabases, usersDb } from '../platform/databases.ts'
import type { UserRecord } from '../users/timeline.ts'
import type { IdentityKind } from './identities.ts'

/** What erasing a user takes away in this room. */
export const memberRecord: UserRecord = { table: 'list_members' }

/** One upload of a list. */
export interface Upload {
  listId: string
  generation: number
}

/** SQL: whether a user is who a value names. Written so that the index of each column serves it. */
const isNamed: Record<IdentityKind, string> = {
  userId: 'users.id = value',
  email: 'lower(users.email) = lower(value) AND users.email IS NOT NULL',
  phone: 'users.phone = value AND users.phone IS NOT NULL',
}

/**
 * Makes the users that some values name members, as far as they exist, and answers who each value is; an e-mail may be
 * that of several. One batch a database, in which nobody can be erased between being found and being written. Doing it
 * again changes nothing.
 */
export async function addMembers(
  env: Env,
  { listId, generation }: Upload,
  kind: IdentityKind,
  values: string[],
): Promise<Map<string, string[]>> {
  const distinct = [...new Set(values)]
  // Cross joins, because the order is what lets the index be used: first a value, then whom it names.
  const named = `json_each(?1) CROSS JOIN users ON ${isNamed[kind]}`
  const parts =
    kind === 'userId'
      ? byHome(env, distinct, (userId) => userId)
      : userDatabases(env).map((db) => ({ db, things: distinct }))
  const found = await Promise.all(
    parts.map(async ({ db, things }) => {
      const statements = jsonParts(things).flatMap((json) => [
        db.prepare(`SELECT value, users.id FROM ${named}`).bind(json),
        db
          .prepare(
            `INSERT INTO list_members (list_id, generation, user_id) SELECT ?2, ?3, users.id FROM ${named}
             WHERE true ON CONFLICT DO NOTHING`,
          )
          .bind(json, listId, generation),
      ])
      if (statements.length === 0) return []
      return (await db.batch<{ value: string; id: string }>(statements)).flatMap(({ results }) => results)
    }),
  )
  const users = new Map<string, string[]>()
  for (const { value, id } of found.flat()) {
    const known = users.get(value)
    if (known === undefined) users.set(value, [id])
    else known.push(id)
  }
  return users
}

/** How many members an upload has. */
export async function countMembers(env: Env, { listId, generation }: Upload): Promise<number> {
  const counts = await Promise.all(
    userDatabases(env).map((db) =>
      db
        .prepare('SELECT count(*) AS n FROM list_members WHERE list_id = ?1 AND generation = ?2')
        .bind(listId, generation)
        .first<{ n: number }>(),
    ),
  )
  return counts.reduce((sum, row) => sum + (row?.n ?? 0), 0)
}

/** Removes a page of the members of some generations of a list; whether there may be more. */
export async function removeMembers(
  env: Env,
  listId: string,
  generations: { from: number; to: number },
  limit: number,
): Promise<boolean> {
  const outcomes = await Promise.all(
    userDatabases(env).map((db) =>
      db
        .prepare(
          `DELETE FROM list_members WHERE (list_id, generation, user_id) IN (
             SELECT list_id, generation, user_id FROM list_members
             WHERE list_id = ?1 AND generation BETWEEN ?2 AND ?3 LIMIT ?4)`,
        )
        .bind(listId, generations.from, generations.to, limit)
        .run(),
    ),
  )
  return outcomes.some(({ meta }) => meta.changes >= limit)
}

/** Takes a user off all lists. A list says how many members it has, so each row that goes is counted once. */
export async function leaveLists(env: Env, userId: string): Promise<void> {
  const { results } = await usersDb(env, userId)
    .prepare('DELETE FROM list_members WHERE user_id = ?1 RETURNING list_id, generation')
    .bind(userId)
    .all<{ list_id: string; generation: number }>()
  await env.DB.prepare(
    `UPDATE lists SET members = members - 1
     WHERE (id, generation) IN (SELECT value ->> 'list_id', value ->> 'generation' FROM json_each(?1))`,
  )
    .bind(JSON.stringify(results))
    .run()
}
