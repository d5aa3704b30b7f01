import type { Env } from '../env.ts'
import { userDatabases } from '../platform/databases.ts'
import { checks, lookedAt, strayUses } from './auditSql.ts'
import type { Audit } from './contract.ts'

/** So many entries are checked at once; D1 gives a query half a minute. */
const ENTRIES_AT_ONCE = 10_000
const MOST_MISMATCHES = 100

interface Mismatch {
  user_id: string
  message: string
}

/**
 * Works out every balance of a wallet again, in all user databases: what is left in lots from what was used of them,
 * what was used from the entries, and what every entry says of the balance right after it from all that came before.
 * Answers what does not agree, by users, the first 100. What moves meanwhile does no harm: all of a user is read at once.
 */
export async function auditWallet(env: Env, walletId: string): Promise<Audit> {
  const found = await Promise.all(userDatabases(env).map((db) => auditDatabase(db, walletId)))
  const mismatches = found
    .flatMap((part) => part.mismatches)
    .sort((one, other) => (one.user_id < other.user_id ? -1 : one.user_id > other.user_id ? 1 : 0))
  return {
    users: found.reduce((sum, part) => sum + part.users, 0),
    entries: found.reduce((sum, part) => sum + part.entries, 0),
    mismatches: mismatches
      .slice(0, MOST_MISMATCHES)
      .map(({ user_id, message }) => ({ userId: user_id, message })),
  }
}

async function auditDatabase(db: D1Database, walletId: string) {
  const { results: mismatches } = await db.prepare(strayUses).bind(walletId, MOST_MISMATCHES).all<Mismatch>()
  const counts = { users: 0, entries: 0 }
  for (let after = ''; ; ) {
    const upTo = await db
      .prepare('SELECT user_id FROM wallet_entries WHERE user_id > ?1 ORDER BY user_id LIMIT 1 OFFSET ?2')
      .bind(after, ENTRIES_AT_ONCE - 1)
      .first<{ user_id: string }>()
    const page = [walletId, after, upTo?.user_id ?? null]
    const [looked, ...answers] = await db.batch<Mismatch>([
      db.prepare(lookedAt).bind(...page),
      ...checks.map((check) =>
        db.prepare(`${check} ORDER BY user_id LIMIT ?4`).bind(...page, MOST_MISMATCHES),
      ),
    ])
    const [row] = (looked?.results ?? []) as unknown as (typeof counts)[]
    counts.users += row?.users ?? 0
    counts.entries += row?.entries ?? 0
    mismatches.push(...answers.flatMap(({ results }) => results))
    if (upTo === null) return { ...counts, mismatches }
    after = upTo.user_id
  }
}
