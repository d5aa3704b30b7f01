import { jsonParts } from '../platform/databases.ts'
import type { Condition } from './conditionContract.ts'
import { conditionSql } from './conditionSql.ts'
import { eventsSql } from './eventsSql.ts'
import { KIND, valuesOf } from './reading.ts'
import { EVENT } from './ruleSql.ts'
import { joined, SqlValues } from './sqlValues.ts'
import type { Statement } from './statements.ts'
import { keyOf, partsOfKey } from './valueKey.ts'
import type { At } from './windows.ts'

/** Something that somebody may have done: an event that meets conditions, with a value of its own in `same`. */
export interface Occurrence {
  event: string
  where: readonly Condition[]
  same: string | undefined
}

/** A user who did one thing, and until when the other counts. */
export interface Watch {
  userId: string
  /** The event that it began with, and when that happened. */
  eventId: string | null
  fromMs: number
  /** The first moment that no longer counts. */
  untilMs: number
  /** The value that both events must share, as {@link keyOf} writes it; empty when they need not. */
  value: string
}

/**
 * Which of some users need no longer be watched: those who did the other thing in their time, after what it began with,
 * and those who are gone. Rows of `n`, the place in the list; as many statements as the values of so many take.
 *
 * Of two events of one moment the later is the one that was recorded later.
 */
export function occurredStatements(occurrence: Occurrence, at: At, watches: readonly Watch[]): Statement[] {
  const values = new SqlValues()
  const { event, where, same } = occurrence
  const terms = [
    `e.user_id=c.user_id AND e.name=${values.one(event)} AND e.at_ms>=c.from_ms AND e.at_ms<c.until_ms`,
    '(e.at_ms>c.from_ms OR e.seq>c.seq)',
    ...where.map((condition) => conditionSql(condition, EVENT, values)),
  ]
  if (same !== undefined) terms.push(`${KIND}=c.kind`, 'v.value=c.value')
  const tables = same === undefined ? '' : `,${valuesOf(same, EVENT, values)}`
  const sql = `WITH c(n,user_id,seq,from_ms,until_ms,kind,value) AS MATERIALIZED (SELECT value->>0,value->>1,
      coalesce((SELECT seq FROM events WHERE user_id=value->>1 AND id=value->>2),0),
      value->>3,value->>4,value->>5,value->>6 FROM json_each(?2))
    SELECT c.n FROM c WHERE NOT EXISTS (SELECT 1 FROM users WHERE id=c.user_id)
      OR EXISTS (SELECT 1 FROM ${eventsSql([event], 'subjects', at, values, 'c.user_id')}${tables} WHERE ${joined(terms, 'AND')})`
  const rows = watches.map(({ userId, eventId, fromMs, untilMs, value }, place) => [
    place,
    userId,
    eventId,
    fromMs,
    untilMs,
    ...partsOfKey(value),
  ])
  return jsonParts(rows).map((part) => ({ sql, values: [values.json, part] }))
}

/** The value that an event has in common with others, as a key; undefined when it has none that compares. */
export function sharedValue(
  { same }: { same?: string | undefined },
  properties: Record<string, unknown>,
): string | undefined {
  if (same === undefined) return ''
  return keyOf(Object.hasOwn(properties, same) ? properties[same] : undefined)
}
