import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import type { Item } from './catalogueContract.ts'
import { catalogueItems } from './tables.ts'

/** An item's row in the catalogue. */
export type ItemRow = typeof catalogueItems.$inferSelect

/** What is told of campaigns, which this room does not know. */
export interface CatalogueOptions {
  /**
   * SQL: a row `(id, named)` for every item that a campaign gives, unless that campaign is over. SQL and not a function,
   * so that the statement which archives an item can itself see that none forbids it.
   */
  campaignsUsing: string
}

/** Finds an item; undefined when there is none. */
export async function findItem(env: Env, id: string): Promise<ItemRow | undefined> {
  const [row] = await drizzle(env.DB).select().from(catalogueItems).where(eq(catalogueItems.id, id))
  return row
}

/** Reads a page of the catalogue, newest first; one row more than `limit`. Archived items only when asked for. */
export async function listItems(
  env: Env,
  filter: { status: ItemRow['status'] | undefined; q: string | undefined },
  limit: number,
  afterId: string | undefined,
): Promise<ItemRow[]> {
  const { status = 'active', q } = filter
  return drizzle(env.DB)
    .select()
    .from(catalogueItems)
    .where(
      and(
        eq(catalogueItems.status, status),
        q === undefined ? undefined : sql`instr(lower(${catalogueItems.name}), lower(${q})) > 0`,
        afterId === undefined ? undefined : lt(catalogueItems.id, afterId),
      ),
    )
    .orderBy(desc(catalogueItems.id))
    .limit(limit + 1)
}

/** Writes down a new item; false when its giver's id is in the catalogue already. */
export async function createItem(env: Env, row: ItemRow): Promise<boolean> {
  const made = await claiming(() => drizzle(env.DB).insert(catalogueItems).values(row).returning())
  return made !== 'reward_exists'
}

/**
 * Changes an item as it was read, to what `next` says. `overtaken` when somebody else has changed it since, or has
 * archived it.
 */
export async function changeItem(
  env: Env,
  row: ItemRow,
  next: Pick<ItemRow, 'clientRewardId' | 'name' | 'description' | 'expiresMs'>,
  nowMs: number,
): Promise<ItemRow | 'reward_exists' | 'overtaken'> {
  const { clientRewardId, name, description, expiresMs } = row
  const changed = await claiming(() =>
    drizzle(env.DB)
      .update(catalogueItems)
      .set({ ...next, updatedMs: nowMs })
      .where(
        and(
          eq(catalogueItems.id, row.id),
          eq(catalogueItems.status, 'active'),
          eq(catalogueItems.clientRewardId, clientRewardId),
          eq(catalogueItems.name, name),
          description === null
            ? isNull(catalogueItems.description)
            : eq(catalogueItems.description, description),
          expiresMs === null ? isNull(catalogueItems.expiresMs) : eq(catalogueItems.expiresMs, expiresMs),
        ),
      )
      .returning(),
  )
  return changed === 'reward_exists' ? changed : (changed[0] ?? 'overtaken')
}

/** Archives an item that no campaign gives; undefined when one does, or when it is archived or unknown. */
export async function archiveItem(
  env: Env,
  id: string,
  { campaignsUsing }: CatalogueOptions,
  nowMs: number,
): Promise<ItemRow | undefined> {
  const [row] = await drizzle(env.DB)
    .update(catalogueItems)
    .set({ status: 'archived', updatedMs: nowMs })
    .where(
      and(
        eq(catalogueItems.id, id),
        eq(catalogueItems.status, 'active'),
        sql`NOT EXISTS (SELECT 1 FROM (${sql.raw(campaignsUsing)}) WHERE named = ${id})`,
      ),
    )
    .returning()
  return row
}

/** The campaigns that give an item and are not over. */
export async function campaignsWith(
  env: Env,
  id: string,
  { campaignsUsing }: CatalogueOptions,
): Promise<string[]> {
  const { results } = await env.DB.prepare(`SELECT id FROM (${campaignsUsing}) WHERE named = ?1 ORDER BY id`)
    .bind(id)
    .all<{ id: string }>()
  return results.map((row) => row.id)
}

async function claiming(write: () => PromiseLike<ItemRow[]>): Promise<ItemRow[] | 'reward_exists'> {
  try {
    return await write()
  } catch (error) {
    if (/UNIQUE constraint failed: catalogue_items\.client_reward_id/.test(causes(error)))
      return 'reward_exists'
    throw error
  }
}

/** Drizzle wraps what the database said in an error of its own. */
function causes(error: unknown): string {
  return error instanceof Error ? `${error.message} ${causes(error.cause)}` : ''
}

/** An item as the contract shows it. */
export function presentItem({ expiresMs, createdMs, updatedMs, ...item }: ItemRow): Item {
  return {
    ...item,
    expiresAt: expiresMs === null ? null : formatInstant(expiresMs),
    createdAt: formatInstant(createdMs),
    updatedAt: formatInstant(updatedMs),
  }
}
