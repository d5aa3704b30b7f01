import { formatInstant, parseInstant } from '../platform/calendar.ts'
import { derivedId } from '../platform/ids.ts'
import { creditGrantsStatements, type GrantedPoints } from '../wallets/grants.ts'
import { findWallet } from '../wallets/store.ts'
import { validityOf } from '../wallets/validity.ts'
import type { GrantReward } from './contract.ts'
import { type DecidedGrant, fault, type GrantableKind, type PreparedOf, type RewardKind } from './kind.ts'
import { award, schemeRefusal } from './schemes.ts'

/** Points into a wallet. */
export const points: RewardKind<'points'> & GrantableKind<'points'> = {
  faults: (reward) => {
    const refused = schemeRefusal(reward.scheme)
    if (refused !== undefined) return [fault('scheme.kind', refused)]
    if (reward.maxPerReward !== undefined && reward.scheme.kind === 'flat') {
      return [fault('maxPerReward', 'a flat scheme has no maximum; lower its value instead')]
    }
    return []
  },

  prepare: async (env, reward, zone) => {
    const wallet = await findWallet(env, reward.walletId)
    if (wallet === undefined) return { issues: [fault('walletId', `there is no wallet ${reward.walletId}`)] }
    const { decimals, rounding, expiry: walletExpiry } = wallet
    return { prepared: { type: 'points', reward, decimals, rounding, walletExpiry, zone }, stock: null }
  },

  amount: (prepared, property) =>
    award(prepared.reward.scheme, { property }, prepared.reward.maxPerReward, prepared),

  acquire: (_env, prepared, grants) => grants.map((grant) => rewardOf(prepared, grant)),

  effects: (db, grants) => {
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
            },
          ],
    )
    return creditGrantsStatements(db, rows)
  },

  stock: async () => ({ left: null, nothingLeft: undefined }),
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
