import { Temporal } from 'temporal-polyfill'

/** A calendar stretch that limits count in. A week starts on Monday. */
export type Period = 'day' | 'week' | 'month'

/** A half-open stretch of time, in milliseconds since the epoch: `startMs` belongs to it, `endMs` does not. */
export type Span = { startMs: number; endMs: number }

const ZONE_SHAPE = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/
const known = new Set<string>()

/**
 * Says whether a text names an IANA time zone (`Asia/Kolkata`, `UTC`), in any case.
 * Offsets (`+05:30`) are refused: they know nothing of daylight saving.
 */
export function isZone(zone: string): boolean {
  if (known.has(zone)) return true
  if (zone.length > 64 || !ZONE_SHAPE.test(zone)) return false
  try {
    // Temporal has the last word: it refuses some names of old that Intl takes, such as PST and JST.
    dateAt(0, zone)
  } catch {
    return false
  }
  // There are some 600 names; only odd spellings of them could make this grow, so it starts over.
  if (known.size >= 1_000) known.clear()
  known.add(zone)
  return true
}

const lastSpans: Record<Period, Map<string, Span>> = { day: new Map(), week: new Map(), month: new Map() }

/**
 * The calendar day, week or month of a zone that holds a moment. Days of 23 and 25 hours are as long as they are,
 * and a day whose midnight is skipped by the clock starts at its first moment.
 * The last answer of each zone is remembered, because consecutive decisions fall into the same period.
 * @throws RangeError when `zone` is not a zone (check it with {@link isZone} at the door).
 */
export function periodAt(period: Period, atMs: number, zone: string): Span {
  const cache = lastSpans[period]
  const last = cache.get(zone)
  if (last !== undefined && atMs >= last.startMs && atMs < last.endMs) return last
  const date = dateAt(atMs, zone)
  let first =
    period === 'day' ? date : date.subtract({ days: period === 'week' ? date.dayOfWeek - 1 : date.day - 1 })
  let span = spanFrom(period, first, zone)
  // Where the clock falls back over midnight (St John's until 2011), a moment shows yesterday's date although
  // today has begun. Periods must not overlap, so the later one has it.
  while (span.endMs <= atMs) {
    first = first.add(STEP[period])
    span = spanFrom(period, first, zone)
  }
  if (cache.size >= 1_000) cache.clear()
  cache.set(zone, span)
  return span
}

const STEP = { day: { days: 1 }, week: { weeks: 1 }, month: { months: 1 } } as const

function spanFrom(period: Period, first: Temporal.PlainDate, zone: string): Span {
  return { startMs: startOf(first, zone), endMs: startOf(first.add(STEP[period]), zone) }
}

function dateAt(atMs: number, zone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(zone).toPlainDate()
}

function startOf(date: Temporal.PlainDate, zone: string): number {
  return date.toZonedDateTime(zone).epochMilliseconds
}

const DURATION_SHAPE = /^P(?=\d|T\d)[\dYMWD]*(?:T[\dHMS.]+)?$/
const LONGEST_YEARS = 1_000
const durations = new Map<string, Temporal.Duration>()

/**
 * Reads an ISO 8601 duration (`P7D`, `PT30M`, `P1Y2M`, `PT1.5S`). Nothing at all is a duration too (`PT0S`).
 * Refused (undefined): a sign, lower case, a comma, no unit, parts finer than a millisecond, more than 1,000 years.
 */
export function parseDuration(text: string): Temporal.Duration | undefined {
  const seen = durations.get(text)
  if (seen !== undefined) return seen
  if (text.length > 64 || !DURATION_SHAPE.test(text)) return undefined
  let duration: Temporal.Duration
  try {
    duration = Temporal.Duration.from(text)
  } catch {
    return undefined
  }
  if (duration.microseconds !== 0 || duration.nanoseconds !== 0) return undefined
  const years = duration.years + duration.months / 12 + exactMs(duration) / (366 * 86_400_000)
  if (years > LONGEST_YEARS) return undefined
  if (durations.size >= 1_000) durations.clear()
  durations.set(text, duration)
  return duration
}

/**
 * The moment a duration after `atMs`. Years, months, weeks and days are counted on the calendar of the zone and a
 * month clamps to its last day (31 January + `P1M` = 28 or 29 February); hours, minutes and seconds are exact.
 * @throws RangeError when the text is no duration or the zone no zone (both are checked at the door).
 */
export function addDuration(atMs: number, text: string, zone: string): number {
  const duration = parseDuration(text)
  if (duration === undefined) throw new RangeError('not a duration')
  if (duration.years === 0 && duration.months === 0 && duration.weeks === 0 && duration.days === 0) {
    return atMs + exactMs(duration)
  }
  return Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(zone).add(duration).epochMilliseconds
}

/** The length of a duration in milliseconds, a day being 24 hours; undefined with months or years, or if unreadable. */
export function durationMs(text: string): number | undefined {
  const duration = parseDuration(text)
  if (duration === undefined || duration.years !== 0 || duration.months !== 0) return undefined
  return exactMs(duration)
}

/** Weeks, days and what is below them, in milliseconds. */
function exactMs(duration: Temporal.Duration): number {
  const hours = (duration.weeks * 7 + duration.days) * 24 + duration.hours
  return ((hours * 60 + duration.minutes) * 60 + duration.seconds) * 1_000 + duration.milliseconds
}

const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/
const LOCAL = /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?$/
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const
const YEARS_400_MS = 146_097 * 86_400_000

/**
 * Reads an RFC 3339 time with `Z` or an offset, as milliseconds since the epoch; what is finer is cut off.
 * Refused (undefined): no offset, a date or hour that does not exist, a leap second, lower-case `t` or `z`, a blank
 * instead of the `T`. Written without Temporal because every event passes here.
 */
export function parseInstant(text: string): number | undefined {
  const parts = INSTANT.exec(text)
  if (parts === null || !isDate(parts)) return undefined
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute] = parts
  // Date.UTC takes the years 0–99 for 1900–1999; the calendar repeats every 400 years.
  const utc = Date.UTC(
    Number(year) + 400,
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  const ms = fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'))
  const offsetMs = sign === undefined ? 0 : (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000
  return utc - YEARS_400_MS + ms + (sign === '-' ? offsetMs : -offsetMs)
}

/** Whether the year, month and day in groups 1 to 3 of a match exist on the calendar. */
function isDate(parts: RegExpExecArray): boolean {
  const year = Number(parts[1])
  const month = Number(parts[2])
  const day = Number(parts[3])
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = month === 2 && leap ? 29 : (MONTH_DAYS[month - 1] ?? 0)
  return day >= 1 && day <= days
}

/**
 * Reads a time of a schedule, as milliseconds since the epoch: RFC 3339 with an offset; a local date-time without one
 * (`2026-12-24T18:00`), read in the zone — an hour that the clock skips moves forward, one that it repeats is the
 * first; or a date alone — its beginning as a `start`, the beginning of the day after as an (exclusive) `end`.
 * Anything else is undefined.
 * @throws RangeError when `zone` is not a zone (check it with {@link isZone} at the door).
 */
export function parseScheduleTime(text: string, zone: string, edge: 'start' | 'end'): number | undefined {
  const date = DATE.exec(text)
  if (date !== null) {
    if (!isDate(date)) return undefined
    const day = Temporal.PlainDate.from(text)
    return startOf(edge === 'end' ? day.add({ days: 1 }) : day, zone)
  }
  const local = LOCAL.exec(text)
  if (local === null) return parseInstant(text)
  if (!isDate(local)) return undefined
  return Temporal.PlainDateTime.from(text).toZonedDateTime(zone, { disambiguation: 'compatible' })
    .epochMilliseconds
}

/** The one way a time is answered: UTC with milliseconds, `2026-11-30T10:00:00.000Z`. Takes milliseconds. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString()
}

/** The zone in which any local time is reached first. Names of this kind carry the sign of POSIX: it is UTC+14. */
export const EARLIEST_ZONE = 'Etc/GMT-14'
/** The zone in which any local time is reached last: UTC−12. */
export const LATEST_ZONE = 'Etc/GMT+12'

/** Whether a text is a local date-time without an offset (`2026-12-24T18:00`, seconds optional) that exists. */
export function isLocalTime(text: string): boolean {
  const parts = LOCAL.exec(text)
  return parts !== null && isDate(parts)
}

/** Whether a text is a date alone (`2026-12-24`) that exists. */
export function isDateText(text: string): boolean {
  const parts = DATE.exec(text)
  return parts !== null && isDate(parts)
}

/** Remembers an answer for a zone. There are few zones and times at a time, so memory that grew starts over. */
function remember<T>(memory: Map<string, T>, key: string, answer: T): T {
  if (memory.size >= 5_000) memory.clear()
  memory.set(key, answer)
  return answer
}

const localTimes = new Map<string, number>()

/**
 * The moment at which a zone's clock shows a local date-time, or the same time of day some days later: an hour that
 * the clock skips on that day moves forward, of one that it repeats the first is meant. Undefined for anything but a
 * local date-time (see {@link isLocalTime}).
 * @throws RangeError when `zone` is not a zone (see {@link zoneOr}).
 */
export function localTimeAt(text: string, zone: string, daysLater = 0): number | undefined {
  if (!isLocalTime(text)) return undefined
  const key = `${zone} ${text} ${daysLater}`
  const seen = localTimes.get(key)
  if (seen !== undefined) return seen
  const local = Temporal.PlainDateTime.from(text).add({ days: daysLater })
  const moment = local.toZonedDateTime(zone, { disambiguation: 'compatible' })
  return remember(localTimes, key, moment.epochMilliseconds)
}

/**
 * The zone itself when this runtime can reckon with it, else the other one: for zones that were stored some time ago,
 * since the runtime of today need not know them.
 */
export function zoneOr(zone: string | null, other: string): string {
  return zone !== null && isZone(zone) ? zone : other
}

/** A half-open stretch of time in which a zone keeps one offset; local time = UTC + offset, all in milliseconds. */
export type OffsetSpan = { fromMs: number; toMs: number; offsetMs: number }

const DAY_MS = 86_400_000
const offsetSpans = new Map<string, OffsetSpan[]>()

/**
 * The stretches of constant UTC offset from `fromMs` up to `toMs` (not in it): they follow each other without a gap.
 * They are worked out for whole days and remembered, because a page of users asks for the same few zones.
 * @throws RangeError when `zone` is not a zone (see {@link zoneOr}).
 */
export function offsetsBetween(fromMs: number, toMs: number, zone: string): OffsetSpan[] {
  const dayMs = Math.floor(fromMs / DAY_MS) * DAY_MS
  const endMs = Math.ceil(toMs / DAY_MS) * DAY_MS
  const key = `${zone} ${dayMs} ${endMs}`
  const spans = offsetSpans.get(key) ?? remember(offsetSpans, key, readOffsets(dayMs, endMs, zone))
  return spans
    .map((span) => ({ ...span, fromMs: Math.max(span.fromMs, fromMs), toMs: Math.min(span.toMs, toMs) }))
    .filter((span) => span.fromMs < span.toMs)
}

function readOffsets(fromMs: number, toMs: number, zone: string): OffsetSpan[] {
  const spans: OffsetSpan[] = []
  let at: Temporal.ZonedDateTime | null =
    Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(zone)
  while (at !== null && at.epochMilliseconds < toMs) {
    const next: Temporal.ZonedDateTime | null = at.getTimeZoneTransition('next')
    const endMs = Math.min(next?.epochMilliseconds ?? toMs, toMs)
    spans.push({ fromMs: at.epochMilliseconds, toMs: endMs, offsetMs: at.offsetNanoseconds / 1_000_000 })
    at = next
  }
  return spans
}

/**
 * The moment a duration before `atMs`. Years and months are counted on the calendar of the zone and clamp to the last
 * day of a month (31 March − `P1M` = 28 or 29 February); weeks, days (24 hours) and what is below them are exact.
 * @throws RangeError when the text is no duration or the zone no zone (both are checked at the door).
 */
export function durationBefore(atMs: number, text: string, zone: string): number {
  const duration = parseDuration(text)
  if (duration === undefined) throw new RangeError('not a duration')
  const { years, months } = duration
  const exact = exactMs(duration)
  if (years === 0 && months === 0) return atMs - exact
  const at = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(zone)
  return at.subtract({ years, months }).epochMilliseconds - exact
}
