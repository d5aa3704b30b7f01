import { durationBefore, parseScheduleTime } from '../platform/calendar.ts'
import type { Within } from './ruleContract.ts'

/** When a rule is asked: the moment, and the account's zone, in which its dates are read. */
export interface At {
  nowMs: number
  zone: string
}

/**
 * The first and the last millisecond of a stretch of time; undefined where it is open. `last` begins exactly so long
 * ago and has no end: what just happened belongs to it, even if the clock of an app is a little ahead.
 */
export function boundsOf(within: Within | undefined, at: At): { fromMs?: number; toMs?: number } {
  if (within === undefined) return {}
  if ('last' in within) return { fromMs: durationBefore(at.nowMs, within.last, at.zone) }
  const { from, to } = within
  const fromMs = from === undefined ? undefined : parseScheduleTime(from, at.zone, 'start')
  const endMs = to === undefined ? undefined : parseScheduleTime(to, at.zone, 'end')
  // A date as the end is read as the beginning of the next day; a time as the end belongs to the stretch itself.
  const toMs = endMs === undefined ? undefined : to?.includes('T') ? endMs : endMs - 1
  return { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) }
}
