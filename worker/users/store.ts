import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import { byHome, usersDb } from '../platform/databases.ts'
import type { User, UserPatch } from './contract.ts'
import { foldedCopy } from './folded.ts'

interface UserRow {
  id: string
  email: string | null
  phone: string | null
  name: string | null
  timezone: string | null
  language: string | null
  properties: string
  created_ms: number
  last_seen_ms: number | null
}

/** A patch and the user it is for. */
export type UserPatchWithId = UserPatch & { id: string }

/** The statement that finds a user, for callers that read more in the same hop. */
export function findUserStatement(db: D1Database, userId: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT *, (SELECT max(at_ms) FROM events WHERE user_id = ?1) AS last_seen_ms FROM users WHERE id = ?1`,
    )
    .bind(userId)
}

/** A row of {@link findUserStatement} as the contract shows it. */
export function presentUser(row: unknown): User {
  const user = row as UserRow
  return {
    id: user.id,
    email: user.email,
    phone: user.phone,
    name: user.name,
    timezone: user.timezone,
    language: user.language,
    properties: JSON.parse(user.properties) as Record<string, unknown>,
    createdAt: formatInstant(user.created_ms),
    lastSeenAt: user.last_seen_ms === null ? null : formatInstant(user.last_seen_ms),
  }
}

/** Finds a user; undefined when nothing is known of them. */
export async function findUser(env: Env, userId: string): Promise<User | undefined> {
  const row = await findUserStatement(usersDb(env, userId), userId).first()
  return row === null ? undefined : presentUser(row)
}

/**
 * Merges patches into users, making those that are new. Several patches for one user are merged in their order.
 * One batch a database, whatever the number of users.
 */
export async function patchUsers(env: Env, patches: UserPatchWithId[], nowMs: number): Promise<void> {
  const parts = byHome(env, patches, (patch) => patch.id)
  await Promise.all(
    parts.map(({ db, things }) =>
      db.batch([
        createUsersStatement(db, [...new Set(things.map((patch) => patch.id))], nowMs),
        ...inRounds(things).map((round) => mergeStatement(db, round)),
      ]),
    ),
  )
}

/** The statement that makes the users that are new; the others stay as they are. */
export function createUsersStatement(db: D1Database, userIds: string[], nowMs: number): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO users (id, properties, created_ms)
       SELECT value, '{}', ?2 FROM json_each(?1) WHERE true ON CONFLICT (id) DO NOTHING`,
    )
    .bind(JSON.stringify(userIds), nowMs)
}

/**
 * Deals patches out so that a user has one at most in each round, the first in the first. A statement changes a row
 * once, and two patches cannot always be made into one: `null` followed by an object forgets, then starts anew.
 */
function inRounds(patches: UserPatchWithId[]): UserPatchWithId[][] {
  const rounds: UserPatchWithId[][] = []
  const seen = new Map<string, number>()
  for (const patch of patches) {
    const round = seen.get(patch.id) ?? 0
    seen.set(patch.id, round + 1)
    const others = rounds[round]
    if (others === undefined) rounds.push([patch])
    else others.push(patch)
  }
  return rounds
}

/** A field that the patch does not name stays; one that it names null becomes null. */
const keep = (column: string) =>
  `${column} = CASE WHEN json_type(patch.value, '$[1].${column}') IS NULL THEN users.${column} ELSE patch.value ->> '$[1].${column}' END`

function mergeStatement(db: D1Database, round: UserPatchWithId[]): D1PreparedStatement {
  const rows = round.map(({ id, ...patch }) => [id, patch, foldedCopy(patch)])
  return db.prepare(mergeUsers).bind(JSON.stringify(rows))
}

/** A user as one object, as `folded` keeps it. */
const whole = `json_object('email', users.email, 'phone', users.phone, 'name', users.name, 'timezone', users.timezone,
  'language', users.language, 'properties', json(users.properties))`

const mergeUsers = `
  UPDATE users SET ${['email', 'phone', 'name', 'timezone', 'language'].map(keep).join(', ')},
    properties = json_patch(users.properties, coalesce(patch.value -> '$[1].properties', '{}')),
    folded = CASE WHEN users.folded IS NULL AND patch.value ->> 2 IS NULL THEN NULL
      ELSE json_patch(coalesce(users.folded, ${whole}), coalesce(nullif(patch.value -> 2, 'null'), patch.value -> 1)) END
  FROM json_each(?1) AS patch WHERE users.id = patch.value ->> 0`

/** Which of some users have a row. */
export async function existingUsers(db: D1Database, userIds: string[]): Promise<Set<string>> {
  const { results } = await db
    .prepare('SELECT id FROM users WHERE id IN (SELECT value FROM json_each(?1))')
    .bind(JSON.stringify([...new Set(userIds)]))
    .all<{ id: string }>()
  return new Set(results.map((row) => row.id))
}
