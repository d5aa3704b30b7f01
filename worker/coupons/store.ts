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

/** What became of a change: `overtaken` when somebody else changed the coupon since it was read. */
export type CouponChange = 'changed' | 'code_exists' | 'overtaken'

/** Changes the definition of a coupon as it was read, and its code with it; all or nothing. */
export async function changeCoupon(
  env: Env,
  row: CouponRow,
  definition: CouponDefinition,
  nowMs: number,
): Promise<CouponChange> {
  const { id } = row
  const before = JSON.stringify(row.definition)
  const after = JSON.stringify(definition)
  const update = env.DB.prepare(
    `UPDATE coupons SET definition = ?3, name = ?4, audience = ?5, updated_ms = ?6
     WHERE id = ?1 AND definition = ?2`,
  ).bind(id, before, after, definition.name, definition.audience, nowMs)
  const statements = [update]
  const [oldKey, newKey] = [keyOf(row.definition), keyOf(definition)]
  // The codes move only if the definition did.
  const moved = 'EXISTS (SELECT 1 FROM coupons WHERE id = ?2 AND definition = ?3)'
  if (oldKey !== undefined && oldKey !== newKey) {
    const release = `DELETE FROM coupon_codes WHERE key = ?1 AND coupon_id = ?2 AND ${moved}`
    statements.push(env.DB.prepare(release).bind(oldKey, id, after))
  }
  if (newKey !== undefined && newKey !== oldKey) {
    const claim = `INSERT INTO coupon_codes (key, coupon_id) SELECT ?1, ?2 WHERE ${moved}`
    statements.push(env.DB.prepare(claim).bind(newKey, id, after))
  }
  let changes = 0
  const free = await claiming(async () => {
    const [updated] = await env.DB.batch(statements)
    changes = updated?.meta.changes ?? 0
  })
  if (!free) return 'code_exists'
  return changes === 0 ? 'overtaken' : 'changed'
}

function keyOf({ code }: CouponDefinition): string | undefined {
  return code === undefined ? undefined : normalCode(code)
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
