import type { Env } from '../env.ts'
import { byHome } from '../platform/databases.ts'
import { fulfilStatements } from '../rewards/fulfil.ts'
import type { RewardedGrant } from '../rewards/kind.ts'
import { sendOn } from '../rewards/sendOn.ts'
import { type CampaignFacts, undo } from './decide.ts'
import type { LedgerTables } from './ledgerTables.ts'
import { emptyOf, idsOf, rewardedOf, rewardsFor } from './rewarded.ts'

const PAGE = 500
/** One bad row among 500 is found in nine steps; a few of them may be bad. */
const FAILURES_AT_ONCE = 60

/** What was left behind is sent on in any case: whether a campaign listens is for the intake to see. */
const anyMayListen = () => true

/**
 * Finishes what requests that died left behind, page by page; what cannot be written now does not hold up the rest.
 *
 * @param untilMs what was decided later may still be fulfilled by whoever asked for it
 */
export async function fulfilOutbox(
  env: Env,
  storage: DurableObjectStorage,
  tables: LedgerTables,
  facts: CampaignFacts,
  untilMs: number,
): Promise<void> {
  let failed: unknown
  let afterSeq = 0
  for (;;) {
    const waiting = tables.outbox(untilMs, afterSeq, PAGE)
    const last = waiting.at(-1)
    if (last === undefined) break
    afterSeq = last.seq
    const rewards = await rewardsFor(env, facts, waiting, idsOf(waiting))
    const empty = emptyOf(waiting, rewards)
    if (empty.length > 0) storage.transactionSync(() => undo(tables, facts.zone, empty))
    const rewarded = waiting.flatMap((grant) => rewardedOf(facts, grant, rewards) ?? [])
    const { done, failure } = await writeLeftBehind(env, rewarded, anyMayListen)
    const written = new Set(done.map((grant) => grant.id))
    tables.settle(waiting.filter((grant) => written.has(grant.id)))
    failed ??= failure
  }
  if (failed !== undefined) throw failed
}

/**
 * Writes the rows of grants that a request has left behind, home by home, and sends on what they lead to. Everything is
 * keyed by the grant, so doing it twice is no harm. Answers the grants that are done; a home that does not answer or a
 * row that cannot be written holds up no other.
 *
 * @param mayListen whether a campaign may listen to a reward event of that name; the others are not sent
 */
export async function writeLeftBehind(
  env: Env,
  grants: RewardedGrant[],
  mayListen: (eventName: string) => boolean,
): Promise<{ done: RewardedGrant[]; failure: unknown }> {
  const parts = byHome(env, grants, (grant) => grant.userId)
  const outcomes = await Promise.all(
    parts.map(({ db, things }) => writeIsolating(db, things, { left: FAILURES_AT_ONCE })),
  )
  const done = outcomes.flatMap((outcome) => outcome.done)
  await sendOn(env, done, mayListen)
  return { done, failure: outcomes.find((outcome) => outcome.failure !== undefined)?.failure }
}

/**
 * Writes all at once or, if that fails although the database answers, by halves, until the bad row is alone. Where too
 * much fails it is not the rows, and the rest is left for another time.
 */
async function writeIsolating(
  db: D1Database,
  grants: RewardedGrant[],
  failures: { left: number },
): Promise<{ done: RewardedGrant[]; failure: unknown }> {
  try {
    await db.batch(await fulfilStatements(db, grants))
    return { done: grants, failure: undefined }
  } catch (failure) {
    failures.left -= 1
    if (grants.length === 1 || failures.left <= 0 || !(await answers(db))) return { done: [], failure }
    const middle = Math.ceil(grants.length / 2)
    const halves = [
      await writeIsolating(db, grants.slice(0, middle), failures),
      await writeIsolating(db, grants.slice(middle), failures),
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
