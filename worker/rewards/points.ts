import { formatInstant, parseInstant } from '../platform/calendar.ts'
import { now } from '../platform/clock.ts'
import { derivedId } from '../platform/ids.ts'
import { creditGrantsStatements, type GrantedPoints } from '../wallets/grants.ts'
import { findWallet } from '../wallets/store.ts'
import { validityOf } from '../wallets/validity.ts'
import type { GrantContexts } from './context.ts'
import type { GrantReward } from './contract.ts'
import {
  type DecidedGrant,
  fault,
  type GrantableKind,
  type PreparedOf,
  type RewardedGrant,
  type RewardKind,
} from './kind.ts'
import { resolveMetadata } from './metadata.ts'
import { award, emptyFaults, schemeFaults } from './schemes.ts'

/** Points into a wallet. */
export const points: RewardKind<'points'> & GrantableKind<'points'> = {
  faults: ({ scheme, maxPerReward }) =>
    schemeFaults(scheme, maxPerReward).map(({ path, message }) => fault(path, message)),

  prepare: async (env, reward, zone) => {
    const wallet = await findWallet(env, reward.walletId)
    if (wallet === undefined) return { issues: [fault('walletId', `there is no wallet ${reward.walletId}`)] }
    const { decimals, rounding, expiry: walletExpiry } = wallet
    const issues = emptyFaults(reward.scheme, wallet).map(({ path, message }) =>
      fault(`scheme.${path}`, message),
    )
    const endsMs =
      typeof reward.expiry === 'object' && 'at' in reward.expiry ? parseInstant(reward.expiry.at) : undefined
    if (endsMs !== undefined && endsMs <= now()) {
      issues.push(fault('expiry.at', 'has passed, so nobody could use the points'))
    }
    if (issues.length > 0) return { issues }
    return { prepared: { type: 'points', reward, decimals, rounding, walletExpiry, zone }, stock: null }
  },

  amount: (prepared, input) => award(prepared.reward.scheme, input, prepared.reward.maxPerReward, prepared),

  acquire: (_env, prepared, grants) => grants.map((grant) => ({ reward: rewardOf(prepared, grant) })),

  effects: (db, grants, contexts) => {
    const rows: GrantedPoints[] = grants.flatMap((grant) =>
      grant.reward.type !== 'points'
        ? []
        : [
            {
              entryId: grant.reward.entryId,
              userId: grant.userId,
              walletId: grant.reward.walletId,
              decimals: grant.decimals,
              units: grant.units ?? 0,
              activatesMs: parseInstant(grant.reward.activatesAt) ?? grant.atMs,
              expiresMs:
                grant.reward.expiresAt === null ? null : (parseInstant(grant.reward.expiresAt) ?? null),
              atMs: grant.atMs,
              grantId: grant.id,
              description: grant.campaignName,
              metadata: metadataOf(grant, contexts),
            },
          ],
    )
    return creditGrantsStatements(db, rows)
  },

  stock: async () => ({ left: null, nothingLeft: undefined }),
}

/** A text that cannot be rendered is left out: the points are there all the same. */
function metadataOf(grant: RewardedGrant, contexts: GrantContexts): Record<string, unknown> | undefined {
  const context = contexts.get(grant.id)
  if (context === undefined || grant.prepared?.type !== 'points') return undefined
  return resolveMetadata(grant.prepared.reward.metadata, context, grant).values
}

function rewardOf(prepared: PreparedOf<'points'>, grant: DecidedGrant): GrantReward {
  const { reward, walletExpiry, zone } = prepared
  const validity = validityOf(grant.atMs, reward.activation, reward.expiry, walletExpiry, zone)
  return {
    type: 'points',
    walletId: reward.walletId,
    entryId: derivedId('ent', grant.id),
    activatesAt: formatInstant(validity.activatesMs),
    expiresAt: validity.expiresMs === null ? null : formatInstant(validity.expiresMs),
  }
}
