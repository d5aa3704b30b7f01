import type { Env } from '../env.ts'
import { derivedId } from '../platform/ids.ts'
import type { Issue } from '../platform/problem.ts'
import { insertDeliveriesStatements, type NewDelivery } from '../webhooks/deliveryRows.ts'
import { endpointStatus } from '../webhooks/endpointStore.ts'
import type { DeliveryRef } from '../webhooks/queue.ts'
import type { GrantContext, GrantContexts } from './context.ts'
import {
  type DecidedGrant,
  type Details,
  fault,
  type Given,
  type NothingLeft,
  type RewardedGrant,
} from './kind.ts'

/** What is sent for a grant: the JSON, or why there is none, in words. */
export type Payload = { body: Record<string, unknown> } | { fault: string }

/** The kinds of reward that are sent to an endpoint. */
type Sent = 'custom' | 'message'

/** What keeps a campaign from being published with this endpoint. */
export async function endpointIssues(env: Env, endpointId: string): Promise<Issue[]> {
  const status = await endpointStatus(env, endpointId)
  if (status === undefined) return [fault('endpointId', `there is no endpoint ${endpointId}`)]
  return status === 'enabled' ? [] : [fault('endpointId', 'the endpoint is disabled; enable it first')]
}

/** Each grant gets a delivery of its own; while nothing can be given, only those that stand already. */
export function deliverOnly(
  type: Sent,
  grants: DecidedGrant[],
  standing: ReadonlySet<string>,
  nothingLeft: NothingLeft | undefined,
  details?: Details,
): (Given | NothingLeft)[] {
  return grants.map((grant) =>
    nothingLeft === undefined || standing.has(grant.id)
      ? {
          reward: { type, deliveryId: derivedId('dlv', grant.id) },
          ...(details === undefined ? {} : { details }),
        }
      : nothingLeft,
  )
}

/** The rows of deliveries: what is sent is made now, once, so that every attempt sends the same bytes. */
export function deliveryStatements(
  db: D1Database,
  grants: RewardedGrant[],
  contexts: GrantContexts,
  payloadOf: (grant: RewardedGrant, context: GrantContext) => Payload,
): D1PreparedStatement[] {
  const rows = grants.flatMap((grant): NewDelivery[] => {
    const context = contexts.get(grant.id)
    const ref = deliveryOf(grant)
    if (context === undefined || ref === undefined) return []
    const payload = payloadOf(grant, context)
    return [
      {
        ...ref,
        campaignId: grant.campaignId,
        grantId: grant.id,
        kind: grant.reward.type === 'custom' ? 'custom' : 'message',
        atMs: grant.atMs,
        body: 'body' in payload ? JSON.stringify(payload.body) : null,
        fault: 'fault' in payload ? payload.fault : null,
      },
    ]
  })
  return insertDeliveriesStatements(db, rows)
}

/** The delivery of a grant, for the queue; undefined for a grant that is not sent anywhere. */
export function deliveryOf({ reward, prepared, userId }: RewardedGrant): DeliveryRef | undefined {
  if (reward.type !== 'custom' && reward.type !== 'message') return undefined
  if (prepared?.type !== 'custom' && prepared?.type !== 'message') return undefined
  return { id: reward.deliveryId, userId, endpointId: prepared.reward.endpointId }
}
