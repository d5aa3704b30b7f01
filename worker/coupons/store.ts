import { and, desc, eq, lt, ne, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { normalCode } from '../codes/normal.ts'
import type { Env } from '../env.ts'
import type { CouponDefinition } from './contract.ts'
import type { CouponFacts } from './facts.ts'
import type { CouponLedger } from './ledger.ts'
import type { CouponStatus } from './lifecycle.ts'
import { couponCodes, coupons } from './tables.ts'

/** A coupon's row in the catalogue. */
export type CouponRow = typeof coupons.$inferSelect

/** The ledger of a coupon. */
export function couponLedger(env: Env, couponId: string): DurableObjectStub<CouponLedger> {
  return env.COUPON_LEDGER.get(env.COUPON_LEDGER.idFromName(couponId))
}

/** Writes down a new coupon and claims its code; false when another coupon has that code. */
export async function createCoupon(env: Env, row: CouponRow): Promise<boolean> {
  const db = drizzle(env.DB)
  const insert = db.insert(coupons).values(row)
  const code = row.definition.code
  if (code === undefined) return claiming(() => insert)
  return claiming(() =>
    db.batch([db.insert(couponCodes).values({ key: normalCode(code), couponId: row.id }), insert]),
  )
}

/** Changes the definition of a coupon, and its code with it; false when another coupon has that code. */
export async function changeCoupon(
  env: Env,
  id: string,
  definition: CouponDefinition,
  window: { startsMs: number; endsMs: number | null } | undefined,
  nowMs: number,
): Promise<boolean> {
  const db = drizzle(env.DB)
  const update = db
    .update(coupons)
    .set({ definition, name: definition.name, audience: definition.audience, updatedMs: nowMs, ...window })
    .where(eq(coupons.id, id))
  const { code } = definition
  if (code === undefined) return claiming(() => update)
  const release = db.delete(couponCodes).where(eq(couponCodes.couponId, id))
  const claim = db.insert(couponCodes).values({ key: normalCode(code), couponId: id })
  return claiming(() => db.batch([release, claim, update]))
}

async function claiming(write: () => PromiseLike<unknown>): Promise<boolean> {
  try {
    await write()
    return true
  } catch (error) {
    if (/UNIQUE constraint failed: coupon_codes/.test(causes(error))) return false
    throw error
  }
}

/** Drizzle wraps what the database said in an error of its own. */
function causes(error: unknown): string {
  return error instanceof Error ? `${error.message} ${causes(error.cause)}` : ''
}

/** Finds a coupon. */
export async function findCoupon(env: Env, id: string): Promise<CouponRow | undefined> {
  const [row] = await drizzle(env.DB).select().from(coupons).where(eq(coupons.id, id))
  return row
}

/** Reads a page of coupons, newest first; one row more than `limit`. Archived ones only when asked for. */
export async function listCoupons(
  env: Env,
  filter: { status: CouponStatus | undefined; q: string | undefined },
  limit: number,
  afterId: string | undefined,
): Promise<CouponRow[]> {
  return drizzle(env.DB)
    .select()
    .from(coupons)
    .where(
      and(
        filter.status === undefined ? ne(coupons.status, 'archived') : eq(coupons.status, filter.status),
        filter.q === undefined ? undefined : sql`instr(lower(${coupons.name}), lower(${filter.q})) > 0`,
        afterId === undefined ? undefined : lt(coupons.id, afterId),
      ),
    )
    .orderBy(desc(coupons.id))
    .limit(limit + 1)
}

/** Copies what the ledger decided into the catalogue. An archived coupon gives its codes back. */
export async function mirrorCoupon(
  env: Env,
  id: string,
  status: CouponStatus,
  facts: CouponFacts | null,
  nowMs: number,
): Promise<void> {
  const update = env.DB.prepare(
    'UPDATE coupons SET status = ?2, starts_ms = ?3, ends_ms = ?4, updated_ms = ?5 WHERE id = ?1',
  ).bind(id, status, facts?.startsMs ?? null, facts?.endsMs ?? null, nowMs)
  const release = env.DB.prepare('DELETE FROM coupon_codes WHERE coupon_id = ?1').bind(id)
  await env.DB.batch(status === 'archived' ? [update, release] : [update])
}
