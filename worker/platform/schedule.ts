import { parseScheduleTime } from './calendar.ts'
import type { Issue } from './problem.ts'

/** From when until when something runs; null for an open end. The end itself does not belong to it. */
export interface Window {
  startsMs: number
  endsMs: number | null
}

/**
 * Reads a start and an end as a schedule writes them: `now`, `never`, a time with an offset, or a local time or a date
 * in the schedule's zone. A date as the end means the end of that day there.
 *
 * @param prefix the path of the schedule, for the issues
 */
export function windowOf(
  schedule: { start: string; end: string },
  zone: string,
  nowMs: number,
  prefix: string,
): Window | Issue[] {
  const issues: Issue[] = []
  const form = 'must be a time such as 2026-12-24T18:00, a date, or an RFC 3339 time'
  const startsMs = schedule.start === 'now' ? nowMs : parseScheduleTime(schedule.start, zone, 'start')
  const endsMs = schedule.end === 'never' ? null : parseScheduleTime(schedule.end, zone, 'end')
  if (startsMs === undefined) issues.push({ path: `${prefix}.start`, message: `${form}, or "now"` })
  if (endsMs === undefined) issues.push({ path: `${prefix}.end`, message: `${form}, or "never"` })
  if (startsMs === undefined || endsMs === undefined) return issues
  if (schedule.start !== 'now' && endsMs !== null && endsMs <= startsMs) {
    return [{ path: `${prefix}.end`, message: 'must be after the start' }]
  }
  return { startsMs, endsMs }
}

/** What keeps a schedule from being published now: a start or an end that has passed. */
export function windowPassed(
  schedule: { start: string },
  window: Window,
  nowMs: number,
  prefix: string,
): Issue[] {
  const issues: Issue[] = []
  if (schedule.start !== 'now' && window.startsMs < nowMs) {
    issues.push({ path: `${prefix}.start`, message: 'is in the past; use "now"' })
  }
  if (window.endsMs !== null && window.endsMs <= nowMs) {
    issues.push({ path: `${prefix}.end`, message: 'is in the past' })
  }
  return issues
}
