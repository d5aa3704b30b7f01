import type { Env } from '../env.ts'
import { byHome } from '../platform/databases.ts'
import { fulfilStatements } from '../rewards/fulfil.ts'
import type { RewardedGrant } from '../rewards/kind.ts'
import { reactionsTo, sendReactions } from '../rewards/reactions.ts'

/** What the alarm finishes is sent on in any case: whether a campaign listens is for the intake to see. */
const mayListen = () => true

/**
 * Writes the rows of grants that a request has left behind, home by home, and sends their reward events. Everything is
 * keyed by the grant, so doing it twice is no harm. Answers the grants that are done; a home that does not answer or a
 * row that cannot be written holds up no other.
 */
export async function writeLeftBehind(
  env: Env,
  grants: RewardedGrant[],
): Promise<{ done: RewardedGrant[]; failure: unknown }> {
  const parts = byHome(env, grants, (grant) => grant.userId).filter((part) => part.things.length > 0)
  const outcomes = await Promise.all(parts.map(({ db, things }) => writeIsolating(db, things)))
  const done = outcomes.flatMap((outcome) => outcome.done)
  await sendReactions(env, reactionsTo(done, mayListen))
  return { done, failure: outcomes.find((outcome) => outcome.failure !== undefined)?.failure }
}

/** Writes all at once or, if that fails although the database answers, by halves, until the bad row is alone. */
async function writeIsolating(
  db: D1Database,
  grants: RewardedGrant[],
): Promise<{ done: RewardedGrant[]; failure: unknown }> {
  try {
    await db.batch(fulfilStatements(db, grants))
    return { done: grants, failure: undefined }
  } catch (failure) {
    if (grants.length === 1 || !(await answers(db))) return { done: [], failure }
    const middle = Math.ceil(grants.length / 2)
    const halves = [
      await writeIsolating(db, grants.slice(0, middle)),
      await writeIsolating(db, grants.slice(middle)),
    ]
    return { done: halves.flatMap((half) => half.done), failure }
  }
}

async function answers(db: D1Database): Promise<boolean> {
  try {
    await db.prepare('SELECT 1').run()
    return true
  } catch {
    return false
  }
}
