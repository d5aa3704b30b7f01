import type { Env } from '../env.ts'
import { userDatabases } from '../platform/databases.ts'
import type { Core } from './core.ts'
import { matching } from './inParts.ts'
import {
  estimateStatement,
  isTaken,
  pageStatement,
  prepared,
  SAMPLE,
  type Subject,
  subjectsStatement,
} from './statements.ts'
import type { At } from './windows.ts'

/** How many users a rule is true of, of how many there are, and a few of them. */
export interface Estimate {
  users: number
  of: number
  sample: string[]
}

/** Counts the users that a rule is true of, over all user databases. */
export async function estimate(env: Env, core: Core, at: At): Promise<Estimate> {
  const parts = await Promise.all(userDatabases(env).map((db) => estimateIn(db, core, at)))
  const sum = (of: 'users' | 'of') => parts.reduce((total, part) => total + part[of], 0)
  const sample = parts.flatMap((part) => part.sample).slice(0, SAMPLE)
  return { users: sum('users'), of: sum('of'), sample }
}

async function estimateIn(db: D1Database, core: Core, at: At): Promise<Estimate> {
  const statement = estimateStatement(core, at)
  if (!isTaken(statement)) return estimateByPages(db, core, at)
  const row = await prepared(db, statement).first<{ users: number; everyone: number; sample: string }>()
  return {
    users: row?.users ?? 0,
    of: row?.everyone ?? 0,
    sample: JSON.parse(row?.sample ?? '[]') as string[],
  }
}

/** The long way, for rules that are too long for one statement. */
async function estimateByPages(db: D1Database, core: Core, at: At): Promise<Estimate> {
  const all = await db.prepare('SELECT count(*) AS n FROM users').first<{ n: number }>()
  const found: Estimate = { users: 0, of: all?.n ?? 0, sample: [] }
  for (let afterId: string | null = ''; afterId !== null; ) {
    const page: AudiencePage = await audiencePage(db, core, at, { afterId, lastSeq: Number.MAX_SAFE_INTEGER })
    found.users += page.users.length
    found.sample.push(...page.users.slice(0, SAMPLE - found.sample.length).map((user) => user.id))
    afterId = page.nextId
  }
  return found
}

/** A page of an audience, and after which user the next begins; null at the end. */
export interface AudiencePage {
  users: { id: string; timezone: string | null }[]
  nextId: string | null
}

/** How many users are looked at in one statement. */
const PAGE = 2_000

/**
 * Reads a page of the users of one database that a rule is true of, and who were there by then; there may be none on it.
 *
 * @param bounds after which user it begins, and up to which event of the database history counts
 */
export async function audiencePage(
  db: D1Database,
  core: Core,
  at: At,
  bounds: { afterId: string; lastSeq: number },
): Promise<AudiencePage> {
  const { results } = await prepared(db, pageStatement(core, at, bounds.afterId, PAGE)).all<{
    user_id: string
    timezone: string | null
  }>()
  const { lastSeq } = bounds
  const subjects = results.map((row): Subject => ({ userId: row.user_id, eventId: null, lastSeq }))
  const found = await matching(db, core, at, subjects)
  return {
    users: results
      .filter((_, place) => found.has(place))
      .map((row) => ({ id: row.user_id, timezone: row.timezone })),
    nextId: results.length === PAGE ? (results.at(-1)?.user_id ?? null) : null,
  }
}

/** A rule, and the users of one database that are asked about. */
export interface Asked {
  core: Core
  subjects: readonly Subject[]
}

/**
 * Which of some users each of several rules is true of, each user as of an event of theirs: places in the lists. One
 * hop, unless a rule is too long for one statement.
 */
export async function matchingAll(db: D1Database, at: At, asked: readonly Asked[]): Promise<Set<number>[]> {
  if (asked.length === 0) return []
  const statements = asked.map(({ core, subjects }) => subjectsStatement(core, at, subjects))
  if (!statements.every(isTaken)) {
    return Promise.all(asked.map(({ core, subjects }) => matching(db, core, at, subjects)))
  }
  const answers = await db.batch<{ n: number }>(statements.map((statement) => prepared(db, statement)))
  return answers.map(({ results }) => new Set(results.map((row) => row.n)))
}
