import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import { now } from '../platform/clock.ts'
import { sendOnce } from '../platform/outbound.ts'
import { nextAttemptMs } from './backoff.ts'
import type { Outcome, PendingDelivery } from './deliveryRows.ts'
import { type Endpoint, requestHeaders } from './endpointStore.ts'
import type { UnderWay } from './senderTable.ts'
import { verdictOn } from './verdict.ts'

/** What one attempt has come to. `unsent`: nothing went out, so it says nothing about the endpoint. */
export interface Result {
  outcome: Outcome
  verdict: 'delivered' | 'gone' | 'retry' | 'unsent'
  atMs: number
}

/**
 * Tries to deliver once. What cannot be sent at all, because it could not be made, was found dead, or has nowhere to
 * go any more, fails for good without an attempt on the wire.
 */
export async function attempt(
  env: Env,
  endpoint: Endpoint | undefined,
  item: UnderWay,
  row: PendingDelivery,
): Promise<Result> {
  const atMs = now()
  const outcomeOf = (status: Outcome['status'], dueMs: number, tried: Omit<Outcome['attempt'], 'at'>) => ({
    id: row.id,
    userId: row.userId,
    campaignId: row.campaignId,
    grantId: row.grantId,
    eventId: row.eventId,
    isAwaited: row.isAwaited,
    status,
    before: row.attempts,
    dueMs,
    attempt: { at: formatInstant(atMs), ...tried },
  })
  // What was delivered once stays delivered, however a replay of it ends.
  const lost = row.isAwaited ? 'failed' : 'delivered'
  const obstacle = obstacleTo(endpoint, item, row)
  if (endpoint === undefined || row.body === null || obstacle !== undefined) {
    const tried = { error: obstacle ?? 'nothing_to_send', ms: 0, excerpt: '' }
    return { outcome: outcomeOf(lost, atMs, tried), verdict: 'unsent', atMs }
  }
  const headers = requestHeaders(endpoint, atMs, row.id, row.body)
  const sent = await sendOnce(env, { url: endpoint.url, headers, body: row.body })
  const { status, error, ms, excerpt, retryAfter } = sent
  const tried = {
    ...(status === null ? {} : { status }),
    ...(error === null ? {} : { error }),
    ms,
    excerpt,
  }
  const verdict = verdictOn(sent)
  if (verdict === 'delivered') return { outcome: outcomeOf('delivered', atMs, tried), verdict, atMs }
  const nextMs =
    verdict === 'gone'
      ? null
      : nextAttemptMs({
          schedule: endpoint.retrySchedule,
          failures: item.failures + 1,
          nowMs: now(),
          retryAfter,
          deliveryId: row.id,
        })
  const outcome = nextMs === null ? outcomeOf(lost, atMs, tried) : outcomeOf('pending', nextMs, tried)
  return { outcome, verdict, atMs }
}

/** Why nothing can be sent; undefined when it can. */
function obstacleTo(
  endpoint: Endpoint | undefined,
  { isDead }: { isDead: boolean },
  row: PendingDelivery,
): string | undefined {
  if (row.body === null) return row.fault ?? 'nothing_to_send'
  if (isDead) return 'dead_letter: it could not be handled again and again'
  if (endpoint === undefined) return 'endpoint_missing'
  return endpoint.status === 'disabled' ? 'endpoint_disabled' : undefined
}
