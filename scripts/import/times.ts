import { Temporal } from 'temporal-polyfill'

const PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?$/i

interface Wall {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  millisecond: number
}

/**
 * Makes a reader of times as files write them. It answers UTC with milliseconds, or `undefined` for what it cannot read:
 * - RFC 3339 (`2019-10-01T00:00:00+02:00`) and its looser forms (`2019-10-01 00:00:00 UTC`);
 * - the same without an offset, or a date alone (`2019-10-01`, `20191001`), read in `zone`; a date alone is noon there,
 *   so that it stays on its day in most zones of the world;
 * - seconds (9 or 10 digits, with decimals if any) or milliseconds (12 or 13 digits) since 1970.
 * A local time that a clock change skips or repeats is read as `Temporal` does by default ("compatible").
 */
export function timeReader(zone: string): (text: string) => string | undefined {
  // Files of history repeat their dates: the last one is kept, which spares most of the zone arithmetic.
  let lastText = ''
  let lastTime: string | undefined
  return (text) => {
    if (text !== lastText) {
      lastTime = readTime(text, zone)
      lastText = text
    }
    return lastTime
  }
}

/** Whether the name is a zone that times can be read in. */
export function isZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone)
    return true
  } catch {
    return false
  }
}

function readTime(text: string, zone: string): string | undefined {
  if (/^\d{9,10}(\.\d+)?$/.test(text)) return iso(Math.round(Number(text) * 1000))
  if (/^\d{12,13}$/.test(text)) return iso(Number(text))
  const spaced = /^\d{8}$/.test(text) ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}` : text
  const match = PATTERN.exec(spaced)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, fraction, offset] = match
  const wall = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour ?? 12),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
    millisecond: Number((fraction ?? '').slice(0, 3).padEnd(3, '0')),
  }
  const asUtc = utcMs(wall)
  if (asUtc === undefined) return undefined
  if (offset === undefined) return zone === 'UTC' ? iso(asUtc) : iso(zonedMs(wall, zone))
  const minutes = offsetMinutes(offset)
  return minutes === undefined ? undefined : iso(asUtc - minutes * 60_000)
}

/** The wall clock read as UTC; nothing when there is no such day or hour (`2019-02-30`, `25:00`). */
function utcMs({ year, month, day, hour, minute, second, millisecond }: Wall): number | undefined {
  if (month > 12 || hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second, millisecond))
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? date.getTime()
    : undefined
}

function zonedMs(wall: Wall, zone: string): number {
  return Temporal.PlainDateTime.from(wall).toZonedDateTime(zone).epochMilliseconds
}

function offsetMinutes(offset: string): number | undefined {
  if (/^[a-z]/i.test(offset)) return 0
  const digits = offset.replace(':', '')
  const hours = Number(digits.slice(1, 3))
  const minutes = Number(digits.slice(3, 5))
  if (hours > 23 || minutes > 59) return undefined
  return (digits.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
