import { and, eq, inArray, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { type HoldingRow, holdingsStatement } from '../codes/holdings.ts'
import type { CouponRow } from '../coupons/store.ts'
import { coupons } from '../coupons/tables.ts'
import type { Env } from '../env.ts'
import { usersDb } from '../platform/databases.ts'
import { findUserStatement, presentUser } from '../users/store.ts'
import { partners, voucherLists } from '../vouchers/tables.ts'
import { balancesStatement, presentBalances } from '../wallets/balances.ts'
import type { Balance } from '../wallets/contract.ts'
import { wallets } from '../wallets/tables.ts'
import type { VoucherListShown } from './assemble.ts'

/** The most codes of one user that a tray looks at. */
const MAX_HOLDINGS = 100

/** What the stores know of what one user may see. */
export interface Belongings {
  user: { id: string; name: string | null }
  held: { holding: HoldingRow; coupon: CouponRow }[]
  vouchers: { holding: HoldingRow; list: VoucherListShown }[]
  everyone: CouponRow[]
  balances: Balance[]
}

/** The query for the coupons that are everyone's: single ones that are published and not over. */
export function everyonesCoupons(env: Env) {
  return drizzle(env.DB)
    .select()
    .from(coupons)
    .where(and(eq(coupons.audience, 'everyone'), inArray(coupons.status, ['scheduled', 'active', 'paused'])))
    .limit(200)
}

/** Reads what one user has: one hop to their database, one to the catalogue. */
export async function belongingsOf(env: Env, userId: string, nowMs: number): Promise<Belongings> {
  const home = usersDb(env, userId)
  const [user, holdings, sums] = await home.batch<unknown>([
    findUserStatement(home, userId),
    holdingsStatement(home, userId, MAX_HOLDINGS, undefined),
    balancesStatement(home, userId, nowMs),
  ])
  const holdingRows = (holdings?.results ?? []) as HoldingRow[]
  const db = drizzle(env.DB)
  const ids = JSON.stringify([...new Set(holdingRows.map((row) => row.source_id))])
  const [everyone, named, lists, purses] = await db.batch([
    everyonesCoupons(env),
    db.select().from(coupons).where(sql`${coupons.id} IN (SELECT value FROM json_each(${ids}))`),
    db
      .select({
        id: voucherLists.id,
        name: voucherLists.name,
        description: voucherLists.description,
        // A batch tells columns apart by their names only.
        partner: sql<string>`${partners.name}`.as('partner'),
      })
      .from(voucherLists)
      .innerJoin(partners, eq(partners.id, voucherLists.partnerId))
      .where(sql`${voucherLists.id} IN (SELECT value FROM json_each(${ids}))`),
    db.select().from(wallets).limit(1_000),
  ])
  const couponsById = new Map(named.map((coupon) => [coupon.id, coupon]))
  const listsById = new Map(lists.map((list) => [list.id, list]))
  const row = user?.results[0]
  return {
    user: { id: userId, name: row === undefined ? null : presentUser(row).name },
    held: holdingRows.flatMap((holding) => {
      const coupon = couponsById.get(holding.source_id)
      return coupon === undefined ? [] : [{ holding, coupon }]
    }),
    vouchers: holdingRows.flatMap((holding) => {
      const list = listsById.get(holding.source_id)
      return list === undefined ? [] : [{ holding, list }]
    }),
    everyone,
    balances: presentBalances(sums?.results ?? [], purses),
  }
}
