import type { Sent } from '../platform/outbound.ts'

/** What an attempt means for its delivery. */
export type Verdict = 'delivered' | 'gone' | 'retry'

/** How long an endpoint may do nothing but fail before it is disabled. */
export const LONGEST_FAILING_MS = 120 * 3_600_000

/**
 * What an answer means (Standard Webhooks): 2xx is delivered, and 410 says never to send again. Everything else may be
 * different the next time: a redirect, which is not followed, any other refusal, and no answer at all.
 */
export function verdictOn({ status, error }: Pick<Sent, 'status' | 'error'>): Verdict {
  if (error !== null || status === null) return 'retry'
  if (status === 410) return 'gone'
  return status >= 200 && status <= 299 ? 'delivered' : 'retry'
}

/** Whether an endpoint has done nothing but fail for too long. `failingSinceMs` is null after a success. */
export function hasFailedTooLong(failingSinceMs: number | null, nowMs: number): boolean {
  return failingSinceMs !== null && nowMs - failingSinceMs >= LONGEST_FAILING_MS
}
