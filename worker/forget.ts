import { campaignLedger, openAgendaIds } from './campaigns/store.ts'
import { couponLedger } from './coupons/store.ts'
import type { Env } from './env.ts'
import { intakeOf } from './ingest/submit.ts'
import { now } from './platform/clock.ts'
import { homeOf, userDatabases, usersDb } from './platform/databases.ts'
import { leaveLists } from './segments/members.ts'
import { aliasOf } from './users/alias.ts'
import { voucherPool } from './vouchers/store.ts'

/**
 * Takes a user's name out of every ledger that remembers it: those of the campaigns that granted to them or may have
 * them on their agenda, and of the coupons and voucher lists whose codes they hold. What was counted stays counted. Takes
 * them off all lists, each of which says how many are on it.
 */
export async function forgetUser(env: Env, userId: string): Promise<void> {
  const db = usersDb(env, userId)
  const expecting = openAgendaIds(env)
  const [granted, held] = await db.batch<{ id: string; kind: 'coupon' | 'voucher' }>([
    db.prepare('SELECT DISTINCT campaign_id AS id FROM grants WHERE user_id = ?1').bind(userId),
    db.prepare('SELECT DISTINCT source_id AS id, kind FROM holdings WHERE user_id = ?1').bind(userId),
  ])
  const alias = aliasOf(now())
  const campaignIds = new Set([...(granted?.results ?? []).map((row) => row.id), ...(await expecting)])
  await Promise.all([
    ...[...campaignIds].map((id) => campaignLedger(env, id).forget(userId, alias)),
    ...(held?.results ?? []).map(({ id, kind }) =>
      kind === 'coupon'
        ? couponLedger(env, id).forget(userId, alias)
        : voucherPool(env, id).forget(userId, alias),
    ),
    leaveLists(env, userId),
  ])
}

/** Tells the intake of a user that they are gone, so that an event of theirs makes them anew. */
export async function userErased(env: Env, userId: string): Promise<void> {
  const home = homeOf(userId, userDatabases(env).length)
  await intakeOf(env, home).forget(userId)
}
