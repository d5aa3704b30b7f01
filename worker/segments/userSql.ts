import type { Source } from './eventsSql.ts'
import type { Reading } from './reading.ts'

/** What of a user is no property of the app's own. */
const BUILT_IN = ['email', 'phone', 'name', 'timezone', 'language', 'createdAt', 'lastSeenAt'] as const

/**
 * How SQL reads a built-in property of the user `u`; undefined for any other name. A subject was last seen by the event
 * that it stands for, or before.
 */
export function userReading(name: string, of: Source): Reading | undefined {
  const builtIn = BUILT_IN.find((known) => known === name)
  if (builtIn === undefined) return undefined
  if (builtIn === 'createdAt') return readText(timeSql('u.created_ms'))
  if (builtIn === 'lastSeenAt') {
    const known = of === 'everyone' ? '' : ' AND seq<=s.seq'
    const last = `SELECT at_ms AS m FROM events WHERE user_id=u.id${known} ORDER BY at_ms DESC LIMIT 1`
    return readText(`(SELECT ${timeSql('m')} FROM (${last}))`)
  }
  return { ...readText(`u.${builtIn}`), value: `coalesce(u.folded->>'$.${builtIn}',u.${builtIn})` }
}

function readText(value: string): Reading {
  return {
    type: `CASE WHEN ${value} IS NULL THEN 'null' ELSE 'text' END`,
    value,
    json: `json_quote(${value})`,
  }
}

/** Milliseconds as the API answers a time; those before 1970 count down from a whole second as well. */
function timeSql(ms: string): string {
  const rest = `((${ms}%1000)+1000)%1000`
  return `(strftime('%Y-%m-%dT%H:%M:%S',(${ms}-${rest})/1000,'unixepoch')||printf('.%03dZ',${rest}))`
}
