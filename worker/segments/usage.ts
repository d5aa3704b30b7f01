import { z } from '@hono/zod-openapi'
import type { Env } from '../env.ts'
import { type Refusal, refuse } from '../platform/problem.ts'
import type { Naming } from './names.ts'

/** What the routes of segments and lists are told of campaigns, which this room does not know. */
export interface UsageOptions {
  /**
   * SQL: a row `(id, status, kind, named)` for every segment and list that a campaign names itself, unless that campaign
   * is over. SQL and not a function, so that the statement which changes a segment can itself see that none forbids it.
   */
  campaignNames: string
}

/** Who relies on a segment or list, as answered: campaigns that are not over, even if through segments; segments. */
export const usedBySchema = z.object({ campaigns: z.array(z.string()), segments: z.array(z.string()) })

/** Who relies on a segment or list. */
export interface Usage {
  /** Those that are not over and name it, or name a segment that leads to it. */
  campaigns: { id: string; status: string }[]
  /** The segments that name it themselves. */
  segments: string[]
}

/**
 * A query for who relies on the segment or list `?1` of the kind `?2`: `(what, id, status)`. Read from the rules as they
 * stand, so there is no bookkeeping that could be wrong.
 */
export function usageSql({ campaignNames }: UsageOptions): string {
  return `
    WITH RECURSIVE
      names (owner, kind, named) AS MATERIALIZED (${SEGMENT_NAMES}),
      above (id) AS (
        SELECT owner FROM names WHERE kind = ?2 AND named = ?1
        UNION SELECT names.owner FROM above JOIN names ON names.kind = 'segment' AND names.named = above.id)
    SELECT 'segment' AS what, owner AS id, NULL AS status FROM names WHERE kind = ?2 AND named = ?1
    UNION
    SELECT 'campaign', id, status FROM (${campaignNames})
    WHERE (kind = ?2 AND named = ?1) OR (kind = 'segment' AND named IN (SELECT id FROM above))`
}

/** Every segment and list that a segment names itself. In a rule, only leaves have members of these names. */
export const SEGMENT_NAMES = `
  SELECT segments.id, name.key, name.atom FROM segments, json_tree(segments.rule) AS name
  WHERE name.key IN ('segment', 'list') AND name.type = 'text'`

/** Finds who relies on a segment or list. */
export async function usageOf(
  env: Env,
  kind: Naming['kind'],
  id: string,
  options: UsageOptions,
): Promise<Usage> {
  const { results } = await env.DB.prepare(`${usageSql(options)} ORDER BY id`)
    .bind(id, kind)
    .all<{ what: 'segment' | 'campaign'; id: string; status: string }>()
  return {
    campaigns: results
      .filter(({ what }) => what === 'campaign')
      .map((row) => ({ id: row.id, status: row.status })),
    segments: results.filter(({ what }) => what === 'segment').map((row) => row.id),
  }
}

/** A {@link Usage} as the contract shows it. */
export function presentUsage({ campaigns, segments }: Usage): z.infer<typeof usedBySchema> {
  return { campaigns: campaigns.map(({ id }) => id), segments }
}

/** The refusal of what would pull something from under those that rely on it; undefined when nobody does. */
export function inUse(
  kind: Naming['kind'],
  id: string,
  usage: Usage,
  consequence: string,
): Refusal | undefined {
  const { campaigns, segments } = presentUsage(usage)
  const users = [
    ...campaigns.map((one) => `the campaign ${one}`),
    ...segments.map((one) => `the segment ${one}`),
  ]
  if (users.length === 0) return undefined
  const named = users.length > NAMED ? [...users.slice(0, NAMED), `${users.length - NAMED} more`] : users
  return refuse('in_use', `The ${kind} ${id} is used by ${named.join(', ')}; ${consequence}.`, {
    members: { campaigns, segments },
  })
}

/** How many users of a thing the sentence names; the members of the answer name all. */
const NAMED = 5
