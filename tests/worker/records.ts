import { vi } from 'vitest'
import { homeOf, userDatabases } from '../../worker/platform/databases.ts'
import { clock, env, ok, setUp } from './boon.ts'

/** Reads rows from every user database. */
export async function everywhere<Row>(sql: string, ...values: unknown[]): Promise<Row[]> {
  const answers = await Promise.all(
    userDatabases(env).map((db) =>
      db
        .prepare(sql)
        .bind(...values)
        .all<Row>(),
    ),
  )
  return answers.flatMap(({ results }) => results)
}

/** The grants of a campaign as the user databases have them. */
export const grantRows = (campaignId: string) =>
  everywhere<{ id: string; user_id: string; at_ms: number }>(
    'SELECT id, user_id, at_ms FROM grants WHERE campaign_id = ?1',
    campaignId,
  )

/** The codes of a coupon that users hold. */
export const holdingRows = (couponId: string) =>
  everywhere<{ id: string; user_id: string; code: string; grant_id: string }>(
    'SELECT id, user_id, code, grant_id FROM holdings WHERE source_id = ?1',
    couponId,
  )

/** The lots of a wallet, each with the entry that made it. */
export const lotRows = (walletId: string) =>
  everywhere<{ id: string; user_id: string; units: number; entry: string | null }>(
    `SELECT lots.id, lots.user_id, lots.units, entries.id AS entry FROM wallet_lots AS lots
     LEFT JOIN wallet_entries AS entries ON entries.id = lots.id WHERE lots.wallet_id = ?1`,
    walletId,
  )

/** A user whose home is the given one of the two databases. */
export function userAt(home: number, prefix: string): string {
  for (let n = 0; ; n++) if (homeOf(`${prefix}${n}`, 2) === home) return `${prefix}${n}`
}

/** A campaign as it is now. */
export const campaignNow = (id: string) => ok('GET', `/v1/campaigns/${id}`)

/** All grants of a campaign, page by page, as the API lists them. */
export async function listedGrants(campaignId: string) {
  const all: { id: string; userId: string; at: string; status: string }[] = []
  let cursor = ''
  do {
    const page = await ok('GET', `/v1/campaigns/${campaignId}/grants?limit=100${cursor}`)
    all.push(...page.data)
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
  } while (cursor !== '')
  return all
}

/**
 * Sets up the databases and stops time: the test clock moves only where a test moves it, so that a slow machine cannot
 * carry a test over the end of a day.
 */
export async function setUpAt(startsAt: string): Promise<void> {
  await setUp()
  const machineMs = Date.now()
  vi.spyOn(Date, 'now').mockImplementation(() => machineMs)
  await clock(startsAt)
}
