import { parseScheduleTime } from '../platform/calendar.ts'
import type { Issue } from '../platform/problem.ts'

/**
 * Reads the expiry of a list: RFC 3339 with an offset, or a local time or a date in the account's zone; a date means the
 * end of that day there. Refuses what is no time, and what has passed.
 */
export function readExpiry(text: string, zone: string, nowMs: number): number | Issue {
  const expiresMs = parseScheduleTime(text, zone, 'end')
  if (expiresMs === undefined) {
    return {
      path: 'expiresAt',
      message: 'must be a time such as 2026-12-24T18:00, a date, or an RFC 3339 time',
    }
  }
  return expiresMs > nowMs ? expiresMs : { path: 'expiresAt', message: 'must be in the future' }
}
