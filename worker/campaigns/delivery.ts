import {
  EARLIEST_ZONE,
  isDateText,
  isLocalTime,
  LATEST_ZONE,
  localTimeAt,
  zoneOr,
} from '../platform/calendar.ts'
import type { Issue } from '../platform/problem.ts'
import { windowOf } from '../platform/schedule.ts'
import type { CampaignDefinition } from './contract.ts'

type Schedule = CampaignDefinition['schedule']

/** What becomes of a user whose time has passed when the audience is taken. */
export type IfPast = NonNullable<Schedule['ifPast']>

/**
 * When the users of a past or list campaign are served: all at one moment; when the clock of each shows the `local`
 * time; or on a `date`, in the two-hour slot of the day in which each was most active (`fallback`, HH:MM, for those
 * without history). `accountZone` is for users of whom no zone is known.
 */
export type Delivery =
  | { deliver: 'account'; startsMs: number }
  | { deliver: 'userTime'; local: string; ifPast: IfPast; accountZone: string }
  | { deliver: 'bestTime'; date: string; ifPast: IfPast; fallback: string; accountZone: string }

/** What delivery asks of a user: their zone, and their best two-hour slot of the day (0–11), absent without history. */
export interface DeliveredUser {
  timezone: string | null
  slot?: number | undefined
}

const DAY_MS = 86_400_000

/**
 * What of the schedule of a past or list campaign does not fit the way it delivers. A start in account time is left to
 * {@link windowOf}.
 */
export function deliveryFaults({ deliver = 'account', start, ifPast, fallback }: Schedule): Issue[] {
  const faults: Issue[] = []
  const no = (field: string, message: string) => faults.push({ path: `schedule.${field}`, message })
  if (deliver === 'userTime' && !isLocalTime(start)) {
    no(
      'start',
      'must be a time without an offset, such as 2026-12-24T18:00: each user has it in their own zone',
    )
  }
  if (deliver === 'bestTime' && !isDateText(start)) {
    no('start', 'must be a date, such as 2026-12-24: the time of day is that of each user')
  }
  if (deliver === 'account' && ifPast !== undefined) no('ifPast', 'needs deliver "userTime" or "bestTime"')
  if (deliver !== 'bestTime' && fallback !== undefined) no('fallback', 'needs deliver "bestTime"')
  return faults
}

/**
 * Reads when a past or list campaign serves its users. `zone` is that of the schedule, in which a start in account time
 * is read; what is left out is `skip` and 18:00.
 */
export function deliveryOf(
  schedule: Schedule,
  zone: string,
  accountZone: string,
  nowMs: number,
): Delivery | Issue[] {
  const faults = deliveryFaults(schedule)
  if (faults.length > 0) return faults
  const { deliver = 'account', start, ifPast = 'skip', fallback = '18:00' } = schedule
  switch (deliver) {
    case 'account': {
      const window = windowOf(schedule, zone, nowMs, 'schedule')
      return Array.isArray(window) ? window : { deliver, startsMs: window.startsMs }
    }
    case 'userTime':
      return { deliver, local: start, ifPast, accountZone }
    case 'bestTime':
      return { deliver, date: start, ifPast, fallback, accountZone }
  }
}

/**
 * When the audience is taken: before anybody on earth is due. In milliseconds; for best times that is when the first
 * zone begins the date.
 */
export function snapshotAt(delivery: Delivery): number {
  switch (delivery.deliver) {
    case 'account':
      return delivery.startsMs
    case 'userTime':
      return reached(delivery.local, EARLIEST_ZONE)
    case 'bestTime':
      return reached(`${delivery.date}T00:00`, EARLIEST_ZONE)
  }
}

/** The last moment at which anybody on earth could be due, in milliseconds; the next day is not counted. */
export function lastDueOf(delivery: Delivery): number {
  switch (delivery.deliver) {
    case 'account':
      return delivery.startsMs
    case 'userTime':
      return reached(delivery.local, LATEST_ZONE)
    case 'bestTime':
      return Math.max(...[11, undefined].map((slot) => reached(bestTimeOf(delivery, slot), LATEST_ZONE)))
  }
}

/**
 * When a user is due, in milliseconds. Somebody whose time has passed by `takenMs`, when the audience was taken, is
 * skipped, or due at the same time of day on the first day on which it has not passed; daylight saving is looked at on
 * that day anew.
 */
export function dueOf(delivery: Delivery, user: DeliveredUser, takenMs: number): number | 'skipped' {
  if (delivery.deliver === 'account') return delivery.startsMs
  const zone = zoneOr(user.timezone, delivery.accountZone)
  const local = delivery.deliver === 'userTime' ? delivery.local : bestTimeOf(delivery, user.slot)
  const dueMs = reached(local, zone)
  if (dueMs >= takenMs) return dueMs
  if (delivery.ifPast === 'skip') return 'skipped'
  // A change of clocks is far shorter than a day, so no day before this one will do; perhaps the one after.
  let days = Math.max(1, Math.floor((takenMs - dueMs) / DAY_MS))
  while (reached(local, zone, days) < takenMs) days++
  return reached(local, zone, days)
}

function bestTimeOf(
  { date, fallback }: { date: string; fallback: string },
  slot: number | undefined,
): string {
  return `${date}T${slot === undefined ? fallback : startOfSlot(slot)}`
}

function startOfSlot(slot: number): string {
  return `${String(slot * 2).padStart(2, '0')}:00`
}

function reached(local: string, zone: string, daysLater = 0): number {
  const atMs = localTimeAt(local, zone, daysLater)
  // Checked at the door, by deliveryFaults.
  if (atMs === undefined) throw new RangeError('not a local time')
  return atMs
}
