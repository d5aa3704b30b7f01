import { and, desc, eq, lt, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import { partners } from './tables.ts'

/** A partner's row in the catalogue. */
export type PartnerRow = typeof partners.$inferSelect

/** Writes down a new partner. */
export async function createPartner(env: Env, row: PartnerRow): Promise<void> {
  await drizzle(env.DB).insert(partners).values(row)
}

/** Finds a partner. */
export async function findPartner(env: Env, id: string): Promise<PartnerRow | undefined> {
  const [row] = await drizzle(env.DB).select().from(partners).where(eq(partners.id, id))
  return row
}

/** Renames a partner; undefined when there is none. */
export async function renamePartner(env: Env, id: string, name: string): Promise<PartnerRow | undefined> {
  const [row] = await drizzle(env.DB).update(partners).set({ name }).where(eq(partners.id, id)).returning()
  return row
}

/** Reads a page of partners, newest first; one row more than `limit`. */
export async function listPartners(
  env: Env,
  q: string | undefined,
  limit: number,
  afterId: string | undefined,
): Promise<PartnerRow[]> {
  return drizzle(env.DB)
    .select()
    .from(partners)
    .where(
      and(
        q === undefined ? undefined : sql`instr(lower(${partners.name}), lower(${q})) > 0`,
        afterId === undefined ? undefined : lt(partners.id, afterId),
      ),
    )
    .orderBy(desc(partners.id))
    .limit(limit + 1)
}

/** A partner as the contract shows it. */
export function presentPartner({ createdMs, ...row }: PartnerRow) {
  return { ...row, createdAt: formatInstant(createdMs) }
}
