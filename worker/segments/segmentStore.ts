import { and, desc, eq, lt, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import { bumpVersion } from '../platform/settings.ts'
import { type Naming, namesIn } from './names.ts'
import { MAX_NESTING } from './resolve.ts'
import type { Rule } from './ruleContract.ts'
import { segments } from './tables.ts'
import { SEGMENT_NAMES, type UsageOptions, usageSql } from './usage.ts'

/** A segment's row in the catalogue. */
export type SegmentRow = typeof segments.$inferSelect

/** A segment as the contract shows it. */
export function presentSegment({ createdMs, updatedMs, ...row }: SegmentRow) {
  return { ...row, createdAt: formatInstant(createdMs), updatedAt: formatInstant(updatedMs) }
}

/** Finds a segment. */
export async function findSegment(env: Env, id: string): Promise<SegmentRow | undefined> {
  const [row] = await drizzle(env.DB).select().from(segments).where(eq(segments.id, id))
  return row
}

/** Reads a page of segments, newest first; one row more than `limit`. */
export async function listSegments(
  env: Env,
  q: string | undefined,
  limit: number,
  afterId: string | undefined,
): Promise<SegmentRow[]> {
  return drizzle(env.DB)
    .select()
    .from(segments)
    .where(
      and(
        q === undefined ? undefined : sql`instr(lower(${segments.name}), lower(${q})) > 0`,
        afterId === undefined ? undefined : lt(segments.id, afterId),
      ),
    )
    .orderBy(desc(segments.id))
    .limit(limit + 1)
}

/** Writes down a new segment; false when something that its rule names is there no more. */
export async function createSegment(env: Env, row: SegmentRow): Promise<boolean> {
  const insert = env.DB.prepare(
    `INSERT INTO segments (id, name, rule, created_by, created_ms, updated_ms)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE ${allNamed('?7', '?8')}`,
  ).bind(
    row.id,
    row.name,
    JSON.stringify(row.rule),
    row.createdBy,
    row.createdMs,
    row.updatedMs,
    ...idsNamed(row.rule),
  )
  return written(env, insert)
}

/**
 * Writes a segment anew. Its rule changes only where, at this very moment, no campaign that runs or is paused relies on
 * it, all that the new rule names exists, and none of that leads back; false otherwise, and when the segment is gone.
 */
export async function changeSegment(
  env: Env,
  row: Pick<SegmentRow, 'id' | 'name' | 'rule' | 'updatedMs'>,
  options: UsageOptions,
): Promise<boolean> {
  const update = env.DB.prepare(
    `UPDATE segments SET name = ?3, rule = ?4, updated_ms = ?5 WHERE id = ?1 AND (rule = ?4 OR (
       NOT EXISTS (SELECT 1 FROM (${usageSql(options)}) WHERE status IN ('running', 'paused'))
       AND ${allNamed('?6', '?7')} AND ?1 NOT IN (${reachedFrom('?6')})))`,
  ).bind(row.id, 'segment', row.name, JSON.stringify(row.rule), row.updatedMs, ...idsNamed(row.rule))
  return written(env, update)
}

/** Takes a segment away, unless somebody relies on it at this very moment (false). */
export async function deleteSegment(env: Env, id: string, options: UsageOptions): Promise<boolean> {
  const remove = env.DB.prepare(
    `DELETE FROM segments WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM (${usageSql(options)}))`,
  ).bind(id, 'segment')
  return written(env, remove)
}

/** How many segments in a row lead to this one, counted no further than any may. */
export async function segmentsAbove(env: Env, id: string): Promise<number> {
  const row = await env.DB.prepare(
    `WITH RECURSIVE
       names (owner, kind, named) AS MATERIALIZED (${SEGMENT_NAMES}),
       above (id, depth) AS (
         SELECT ?1, 0 UNION SELECT names.owner, above.depth + 1
         FROM above JOIN names ON names.kind = 'segment' AND names.named = above.id WHERE above.depth < ?2)
     SELECT max(depth) AS depth FROM above`,
  )
    .bind(id, MAX_NESTING)
    .first<{ depth: number }>()
  return row?.depth ?? 0
}

/** The segments and the lists that a rule names, as {@link allNamed} takes them. */
function idsNamed(rule: Rule): [string, string] {
  const names = namesIn(rule)
  const idsOf = (kind: Naming['kind']) =>
    JSON.stringify(names.filter((naming) => naming.kind === kind).map(({ id }) => id))
  return [idsOf('segment'), idsOf('list')]
}

/** SQL: whether all these segments and lists exist. */
function allNamed(segmentIds: string, listIds: string): string {
  return `NOT EXISTS (SELECT 1 FROM json_each(${segmentIds}) WHERE value NOT IN (SELECT id FROM segments))
    AND NOT EXISTS (SELECT 1 FROM json_each(${listIds}) WHERE value NOT IN (SELECT id FROM lists))`
}

/** SQL: the ids of these segments and of all that they name, directly or through others. */
function reachedFrom(segmentIds: string): string {
  return `
    WITH RECURSIVE reached (id) AS (
      SELECT value FROM json_each(${segmentIds})
      UNION SELECT name.atom FROM reached JOIN segments ON segments.id = reached.id, json_tree(segments.rule) AS name
      WHERE name.key = 'segment' AND name.type = 'text')
    SELECT id FROM reached`
}

/** Runs a write and tells every isolate that who campaigns are for may have changed; whether a row was written. */
async function written(env: Env, statement: D1PreparedStatement): Promise<boolean> {
  const [outcome] = await env.DB.batch([statement, bumpVersion(env)])
  return (outcome?.meta.changes ?? 0) > 0
}
