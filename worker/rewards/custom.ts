import type { Env } from '../env.ts'
import { now } from '../platform/clock.ts'
import { fromUnits } from '../platform/decimal.ts'
import { findItem } from '../webhooks/catalogueStore.ts'
import { endpointStatus } from '../webhooks/endpointStore.ts'
import type { GrantContext } from './context.ts'
import {
  type Details,
  fault,
  type GrantableKind,
  type NothingLeft,
  type PreparedOf,
  type RewardKind,
} from './kind.ts'
import { resolveMetadata } from './metadata.ts'
import { customPayload } from './payload.ts'
import { award, emptyFaults, type Precision, schemeFaults } from './schemes.ts'
import type { GrantFacts } from './scope.ts'
import { deliverOnly, deliveryStatements, endpointIssues, type Payload } from './webhook.ts'

/** How credits of somebody else's wallet are counted: as money mostly is. */
export const CREDITS: Precision = { decimals: 2, rounding: 'down' }

/** What is given outside Boon, by whoever answers at an endpoint: goods of the catalogue, or credits of a wallet. */
export const custom: RewardKind<'custom'> & GrantableKind<'custom'> = {
  faults: ({ credits }) =>
    credits === undefined
      ? []
      : schemeFaults(credits.scheme, credits.maxPerReward).map(({ path, message }) =>
          fault(`credits.${path}`, message),
        ),

  prepare: async (env, reward, zone) => {
    const { endpointId, itemId, credits } = reward
    const issues = await endpointIssues(env, endpointId)
    const item = itemId === undefined ? undefined : await findItem(env, itemId)
    if (itemId !== undefined) {
      if (item === undefined) issues.push(fault('itemId', `there is no item ${itemId} in the catalogue`))
      else if (item.status === 'archived') issues.push(fault('itemId', 'the item is archived'))
      else if (isOver(item)) issues.push(fault('itemId', 'the item has expired'))
    }
    if (credits !== undefined) {
      for (const { path, message } of emptyFaults(credits.scheme, CREDITS))
        issues.push(fault(`credits.scheme.${path}`, message))
    }
    if (issues.length > 0) return { issues }
    const goods =
      item === undefined ? null : { id: item.id, clientRewardId: item.clientRewardId, name: item.name }
    return { prepared: { type: 'custom', reward, item: goods, zone }, stock: null }
  },

  amount: ({ reward: { credits } }, input) =>
    credits === undefined ? null : award(credits.scheme, input, credits.maxPerReward, CREDITS),

  acquire: async (env, prepared, grants, standing) => {
    const isAsking = grants.some((grant) => !standing.has(grant.id))
    const nothingLeft = isAsking ? await nothingLeftOf(env, prepared) : undefined
    return deliverOnly('custom', grants, standing, nothingLeft, detailsOf(prepared))
  },

  effects: (db, grants, contexts) =>
    deliveryStatements(db, grants, contexts, (grant, context) =>
      grant.prepared?.type === 'custom'
        ? payloadOf(grant.prepared, grant, context)
        : { fault: 'the reward is not known' },
    ),

  stock: async (env, prepared) => ({ left: null, nothingLeft: await nothingLeftOf(env, prepared) }),
}

/** The JSON that the endpoint receives for a grant (`api.md`, endpoints). */
export function payloadOf(
  { reward, item }: Pick<PreparedOf<'custom'>, 'reward' | 'item'>,
  grant: GrantFacts & { units: number | null },
  context: GrantContext,
): Payload {
  const { credits } = reward
  const metadata = resolveMetadata(reward.metadata, context, grant)
  if (metadata.fault !== undefined) return { fault: metadata.fault }
  const given =
    credits === undefined
      ? item === null
        ? {}
        : { item: { clientRewardId: item.clientRewardId, name: item.name } }
      : {
          value: fromUnits(grant.units ?? 0, CREDITS.decimals),
          wallet: { id: credits.walletId, name: credits.walletName },
        }
  const { user } = context
  return {
    body: customPayload({
      user,
      identifiers: reward.identifiers,
      reward: given,
      metadata: metadata.values,
    }),
  }
}

/** What the reward event says of it. */
function detailsOf({ reward: { credits }, item }: PreparedOf<'custom'>): Details {
  if (credits !== undefined) return { walletId: credits.walletId, walletName: credits.walletName }
  return item === null ? {} : { clientRewardId: item.clientRewardId, rewardName: item.name }
}

async function nothingLeftOf(
  env: Env,
  { reward, item }: PreparedOf<'custom'>,
): Promise<NothingLeft | undefined> {
  const [status, goods] = await Promise.all([
    endpointStatus(env, reward.endpointId),
    item === null ? undefined : findItem(env, item.id),
  ])
  const isGone = item !== null && (goods?.status !== 'active' || isOver(goods))
  return status !== 'enabled' || isGone ? 'reward_inactive' : undefined
}

function isOver(item: { expiresMs: number | null }): boolean {
  return item.expiresMs !== null && item.expiresMs <= now()
}
