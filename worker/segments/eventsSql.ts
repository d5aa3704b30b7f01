import { OWN_PREFIX, ownEventViews } from '../users/ownEvents.ts'
import type { SqlValues } from './sqlValues.ts'
import type { At } from './windows.ts'

/**
 * Where events are looked for: among all, among those of the subjects at hand, or among these and one that has not
 * happened, which is `?3`.
 */
export type Source = 'everyone' | 'subjects' | 'tryOut'

const COLUMNS = 'user_id,id,name,at_ms,seq,coalesce(folded,properties) AS doc'
const SUPPOSED = 'SELECT value->>0,value->>1,value->>2,value->>3,0 AS seq,value->4 AS doc FROM json_each(?3)'

/**
 * The table `e (user_id, id, name, at_ms, seq, doc)` of events; `doc` holds the properties, see `reading.ts`. Which index
 * serves is said and not left to be guessed: by name when everyone is asked, by user when subjects are.
 *
 * Events of Boon's own lie in views; an app may still send events under their names. They have no place in the sequence:
 * those of up to now count as its first, later ones as its last. D1 takes five parts of a union at most.
 *
 * @param owner SQL of the user, from the query around, for questions about subjects. Each part is told: SQLite does not
 *   pass a condition on the whole of a union on to its parts, and would read all of them for each subject.
 */
export function eventsSql(
  names: readonly string[],
  of: Source,
  at: At,
  values: SqlValues,
  owner = 's.user_id',
): string {
  const index = of === 'everyone' ? 'events_by_name' : 'events_by_time'
  const parts = [`SELECT ${COLUMNS} FROM events INDEXED BY ${index}`]
  if (names.some((name) => name.startsWith(OWN_PREFIX))) parts.push(...viewedSql(at, values))
  const own = of === 'everyone' ? '' : ` WHERE user_id=${owner}`
  const told = parts.map((part) => part + own)
  if (of === 'tryOut') told.push(SUPPOSED)
  return `(${told.join(' UNION ALL ')}) e`
}

function viewedSql(at: At, values: SqlValues): string[] {
  const seq = `iif(at_ms<=${values.one(at.nowMs)},0,${Number.MAX_SAFE_INTEGER})`
  return ownEventViews.map(
    (view) => `SELECT user_id,id,name,at_ms,${seq} AS seq,properties AS doc FROM ${view}`,
  )
}
