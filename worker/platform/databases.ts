import type { Env } from '../env.ts'

/** The user databases bound to this deployment, in order: `USERS_0`, `USERS_1` … */
export function userDatabases(env: Env): D1Database[] {
  const found: D1Database[] = []
  for (let index = 0; ; index++) {
    const database = (env as unknown as Record<string, D1Database | undefined>)[`USERS_${index}`]
    if (database === undefined) return found
    found.push(database)
  }
}

/**
 * Which of `count` user databases is the home of a user: FNV-1a over the id's UTF-16 units, finished with a mix so
 * that ids which differ in their last character alone still spread. It must never change: it is where the data is.
 */
export function homeOf(userId: string, count: number): number {
  if (count === 1) return 0
  let hash = 0x811c9dc5
  for (let index = 0; index < userId.length; index++) {
    hash = Math.imul(hash ^ userId.charCodeAt(index), 0x01000193)
  }
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  return (hash >>> 0) % count
}

/** The home database of one user. */
export function usersDb(env: Env, userId: string): D1Database {
  const databases = userDatabases(env)
  const home = databases[homeOf(userId, databases.length)]
  if (home === undefined) throw new Error('No user database is bound')
  return home
}

/** Splits things by the home of their user: a list for each database that has any of them, orders kept. */
export function byHome<T>(
  env: Env,
  things: T[],
  userIdOf: (thing: T) => string,
): { db: D1Database; things: T[] }[] {
  const databases = userDatabases(env)
  const parts = databases.map((db) => ({ db, things: [] as T[] }))
  for (const thing of things) parts[homeOf(userIdOf(thing), databases.length)]?.things.push(thing)
  return parts.filter((part) => part.things.length > 0)
}

/** D1 takes 2 MB a parameter; a character is three bytes of UTF-8 at most. */
const PART_CHARACTERS = 600_000

/**
 * Rows as JSON arrays for `json_each`, as few as fit into a parameter each. This is how many rows travel in one
 * statement, because D1 binds a hundred parameters at most. No rows make no part.
 */
export function jsonParts(rows: readonly unknown[]): string[] {
  const parts: string[] = []
  let texts: string[] = []
  let size = 0
  const flush = () => {
    if (texts.length > 0) parts.push(`[${texts.join(',')}]`)
    texts = []
    size = 0
  }
  for (const row of rows) {
    const text = JSON.stringify(row)
    if (size + text.length > PART_CHARACTERS) flush()
    texts.push(text)
    size += text.length + 1
  }
  flush()
  return parts
}

/**
 * SQL for inserts of rows from `json_each`, the user's id being the second of each: those of users who have been erased
 * meanwhile are left out.
 */
export const ofUsersThere = 'WHERE EXISTS (SELECT 1 FROM users WHERE id = value ->> 1)'
