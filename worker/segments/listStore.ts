import { and, desc, eq, lt, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import { bumpVersion } from '../platform/settings.ts'
import type { ListLoader } from './listLoader.ts'
import type { Upload } from './members.ts'
import { lists } from './tables.ts'
import { type UsageOptions, usageSql } from './usage.ts'

/** A list's row in the catalogue. */
export type ListRow = typeof lists.$inferSelect

/** The object that fills a list. */
export function listLoader(env: Env, listId: string): DurableObjectStub<ListLoader> {
  return env.LIST_LOADER.get(env.LIST_LOADER.idFromName(listId))
}

/** A list as the contract shows it. */
export function presentList({ createdMs, updatedMs, generation: _, begun: __, ...row }: ListRow) {
  return { ...row, createdAt: formatInstant(createdMs), updatedAt: formatInstant(updatedMs) }
}

/** Writes down a new list, with nobody on it. */
export async function createList(env: Env, row: ListRow): Promise<void> {
  await drizzle(env.DB).insert(lists).values(row)
}

/** Finds a list. */
export async function findList(env: Env, id: string): Promise<ListRow | undefined> {
  const [row] = await drizzle(env.DB).select().from(lists).where(eq(lists.id, id))
  return row
}

/** Reads a page of lists, newest first; one row more than `limit`. */
export async function listLists(
  env: Env,
  q: string | undefined,
  limit: number,
  afterId: string | undefined,
): Promise<ListRow[]> {
  return drizzle(env.DB)
    .select()
    .from(lists)
    .where(
      and(
        q === undefined ? undefined : sql`instr(lower(${lists.name}), lower(${q})) > 0`,
        afterId === undefined ? undefined : lt(lists.id, afterId),
      ),
    )
    .orderBy(desc(lists.id))
    .limit(limit + 1)
}

/** Takes a list away, unless somebody relies on it at this very moment (false). Its members are its loader's to remove. */
export async function deleteList(env: Env, id: string, options: UsageOptions): Promise<boolean> {
  const [outcome] = await env.DB.batch([
    env.DB.prepare(
      `DELETE FROM lists WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM (${usageSql(options)}))`,
    ).bind(id, 'list'),
    bumpVersion(env),
  ])
  return (outcome?.meta.changes ?? 0) > 0
}

/** Begins an upload: a generation of its own, higher than all before. Undefined when there is no such list. */
export async function beginGeneration(env: Env, listId: string): Promise<number | undefined> {
  const row = await env.DB.prepare('UPDATE lists SET begun = begun + 1 WHERE id = ?1 RETURNING begun')
    .bind(listId)
    .first<{ begun: number }>()
  return row?.begun
}

/**
 * Puts the members of an upload in the place of those before, for everybody at once, unless an upload that was begun
 * later has done so. Doing it again changes nothing.
 *
 * @returns the generation that counts now; undefined when there is no such list
 */
export async function replaceMembers(
  env: Env,
  { listId, generation }: Upload,
  members: number,
  nowMs: number,
): Promise<number | undefined> {
  const [, , read] = await env.DB.batch<{ generation: number }>([
    env.DB.prepare(
      `UPDATE lists SET generation = ?2, members = ?3, updated_ms = ?4 WHERE id = ?1 AND generation < ?2`,
    ).bind(listId, generation, members, nowMs),
    bumpVersion(env),
    env.DB.prepare('SELECT generation FROM lists WHERE id = ?1').bind(listId),
  ])
  return read?.results[0]?.generation
}
