import { and, desc, eq, lt, ne, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import type { UserEvent } from '../users/event.ts'
import { alertsOf } from './alerts.ts'
import type { VoucherList } from './contract.ts'
import type { VoucherListStatus } from './lifecycle.ts'
import type { VoucherPool } from './pool.ts'
import type { PoolStats } from './poolCalls.ts'
import type { VoucherListDefinition } from './poolHead.ts'
import { voucherLists } from './tables.ts'

/** A list's row in the catalogue. */
export type VoucherListRow = typeof voucherLists.$inferSelect

/** What is told of the rooms below, which this room does not know. */
export interface VoucherOptions {
  /** SQL: a row `(id, named)` for every list that a campaign gives codes of, while the campaign is not over. */
  campaignsUsing: string
  /** Lets campaigns hear of what was assigned. Hearing of it twice is no harm. */
  announce: (env: Env, events: UserEvent[]) => Promise<void>
}

/** The pool of a list. */
export function voucherPool(env: Env, listId: string): DurableObjectStub<VoucherPool> {
  return env.VOUCHER_POOL.get(env.VOUCHER_POOL.idFromName(listId))
}

/** Writes down a new list; false when the partner has one of that tag. */
export async function createVoucherList(env: Env, row: VoucherListRow): Promise<boolean> {
  const made = await drizzle(env.DB)
    .insert(voucherLists)
    .values(row)
    .onConflictDoNothing({ target: [voucherLists.partnerId, voucherLists.tag] })
    .returning({ id: voucherLists.id })
  return made.length > 0
}

/** Whether a partner has a list of that tag, archived ones included. */
export async function tagExists(env: Env, partnerId: string, tag: string): Promise<boolean> {
  const rows = await drizzle(env.DB)
    .select({ id: voucherLists.id })
    .from(voucherLists)
    .where(and(eq(voucherLists.partnerId, partnerId), eq(voucherLists.tag, tag)))
  return rows.length > 0
}

/** Finds a list. */
export async function findVoucherList(env: Env, id: string): Promise<VoucherListRow | undefined> {
  const [row] = await drizzle(env.DB).select().from(voucherLists).where(eq(voucherLists.id, id))
  return row
}

const known = new Set<string>()
const KNOWN_AT_MOST = 10_000

/** Whether there is a list of that id. Lists are never taken away, so one that was found once is not looked for again. */
export async function voucherListExists(env: Env, id: string): Promise<boolean> {
  if (known.has(id)) return true
  if ((await findVoucherList(env, id)) === undefined) return false
  if (known.size >= KNOWN_AT_MOST) known.clear()
  known.add(id)
  return true
}

/** Reads a page of lists, newest first; one row more than `limit`. Archived ones only when asked for. */
export async function listVoucherLists(
  env: Env,
  filter: {
    partnerId?: string | undefined
    status?: VoucherListStatus | undefined
    q?: string | undefined
  },
  limit: number,
  afterId: string | undefined,
): Promise<VoucherListRow[]> {
  const { partnerId, status, q } = filter
  return drizzle(env.DB)
    .select()
    .from(voucherLists)
    .where(
      and(
        partnerId === undefined ? undefined : eq(voucherLists.partnerId, partnerId),
        status === undefined ? ne(voucherLists.status, 'archived') : eq(voucherLists.status, status),
        q === undefined ? undefined : sql`instr(lower(${voucherLists.name}), lower(${q})) > 0`,
        afterId === undefined ? undefined : lt(voucherLists.id, afterId),
      ),
    )
    .orderBy(desc(voucherLists.id))
    .limit(limit + 1)
}

/** The lists of a partner that are not archived. */
export async function openListsOf(env: Env, partnerId: string): Promise<string[]> {
  const rows = await drizzle(env.DB)
    .select({ id: voucherLists.id })
    .from(voucherLists)
    .where(and(eq(voucherLists.partnerId, partnerId), ne(voucherLists.status, 'archived')))
  return rows.map(({ id }) => id)
}

/** Copies what the pool goes by into the catalogue. */
export async function mirrorVoucherList(
  env: Env,
  { listId, name, description, expiresMs, lowStock }: VoucherListDefinition,
  status: VoucherListStatus,
  nowMs: number,
): Promise<void> {
  await drizzle(env.DB)
    .update(voucherLists)
    .set({ name, description, expiresMs, lowStock, status, updatedMs: nowMs })
    .where(eq(voucherLists.id, listId))
}

/** The campaigns that give codes of a list and are not over. */
export async function campaignsGiving(
  env: Env,
  listId: string,
  { campaignsUsing }: VoucherOptions,
): Promise<string[]> {
  const { results } = await env.DB.prepare(`SELECT id FROM (${campaignsUsing}) WHERE named = ?1 ORDER BY id`)
    .bind(listId)
    .all<{ id: string }>()
  return results.map((row) => row.id)
}

/** A list as the contract shows it: its row, and what its pool says of it just now. */
export function presentVoucherList(row: VoucherListRow, stats: PoolStats): VoucherList {
  const { definition, status, stock, assigned } = stats
  const { name, description, lowStock, expiresMs, partner } = definition
  return {
    id: row.id,
    partnerId: row.partnerId,
    partner,
    tag: row.tag,
    name,
    description,
    expiresAt: formatInstant(expiresMs),
    lowStock,
    status,
    stock,
    assigned,
    alerts: alertsOf(status, stock.available, lowStock),
    createdBy: row.createdBy,
    createdAt: formatInstant(row.createdMs),
    updatedAt: formatInstant(row.updatedMs),
  }
}
