import { durationMs } from '../platform/calendar.ts'

/** The waits between attempts of an endpoint that names none: eight attempts over a bit more than a day. */
export const DEFAULT_RETRY_SCHEDULE = ['PT5S', 'PT5M', 'PT30M', 'PT2H', 'PT5H', 'PT10H', 'PT10H'] as const

/** A receiver may ask for a longer wait than the schedule has, but for no more than this. */
export const LONGEST_RETRY_AFTER_MS = 6 * 3_600_000

/** How much longer than asked may be waited, so that what failed together does not come back together. */
const JITTER = 0.1

/**
 * When a delivery is tried again; null when its schedule is used up. The wait is that of the schedule, or what the
 * receiver asked for by `Retry-After` when that is longer, up to {@link LONGEST_RETRY_AFTER_MS}. Up to a tenth is added,
 * by the delivery and the attempt and not by chance, so that it can be reckoned again; nothing is ever taken away.
 *
 * @param schedule durations without months; null is {@link DEFAULT_RETRY_SCHEDULE}, and an empty one means no more attempts
 * @param failures how many attempts have failed since the delivery was last begun, this one included
 * @param retryAfter the header as it came (RFC 9110, 10.2.3); one that is not well formed counts for nothing
 */
export function nextAttemptMs({
  schedule,
  failures,
  nowMs,
  retryAfter,
  deliveryId,
}: {
  schedule: readonly string[] | null
  failures: number
  nowMs: number
  retryAfter: string | null
  deliveryId: string
}): number | null {
  const wait = (schedule ?? DEFAULT_RETRY_SCHEDULE)[failures - 1]
  const waitMs = wait === undefined ? undefined : durationMs(wait)
  if (waitMs === undefined) return null
  const stretch = 1 + JITTER * shareOf(`${deliveryId} ${failures}`)
  const askedMs = retryAfter === null ? 0 : askedWaitMs(retryAfter.trim(), nowMs)
  return nowMs + Math.ceil(Math.max(waitMs * stretch, Math.min(askedMs * stretch, LONGEST_RETRY_AFTER_MS)))
}

/** The three forms of a date that HTTP knows (RFC 9110, 5.6.7); the last one does not say that it is UTC. */
const HTTP_DATE =
  /^(?:\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT|\w{6,9}, \d\d-\w{3}-\d\d \d\d:\d\d:\d\d GMT|(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}))$/

/** How long a `Retry-After` asks to wait: seconds, or until a date. Zero when it says nothing that can be followed. */
function askedWaitMs(retryAfter: string, nowMs: number): number {
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1_000
  const date = HTTP_DATE.exec(retryAfter)
  if (date === null) return 0
  const atMs = Date.parse(date[1] === undefined ? retryAfter : `${retryAfter} GMT`)
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs)
}

/** A number from 0 up to 1 that belongs to a text: FNV-1a, finished with a mix so that close texts lie far apart. */
function shareOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
}
