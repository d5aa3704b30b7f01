import { type GrantedCode, holdCodesStatements } from '../codes/holdings.ts'
import { formatInstant, parseInstant } from '../platform/calendar.ts'
import { derivedId } from '../platform/ids.ts'
import { findVoucherList, voucherPool } from '../vouchers/store.ts'
import { fault, type GrantableKind, type RewardedGrant, type RewardKind } from './kind.ts'

/** A partner's voucher: a code of its own from a list. */
export const voucher: RewardKind<'voucher'> & GrantableKind<'voucher'> = {
  faults: () => [],

  prepare: async (env, reward, zone) => {
    const { voucherListId } = reward
    const row = await findVoucherList(env, voucherListId)
    if (row === undefined)
      return { issues: [fault('voucherListId', `there is no voucher list ${voucherListId}`)] }
    const { status, stock } = await voucherPool(env, voucherListId).stats()
    if (status !== 'active')
      return { issues: [fault('voucherListId', `the voucher list is ${status}; it must be active`)] }
    if (stock.available === 0) {
      return { issues: [fault('voucherListId', 'the voucher list has no codes left')] }
    }
    return { prepared: { type: 'voucher', reward, zone }, stock: stock.available }
  },

  amount: () => null,

  acquire: async (env, prepared, grants) => {
    const { voucherListId } = prepared.reward
    const askings = grants.map(({ id, userId, atMs }) => ({ grantId: id, userId, atMs }))
    const taken = await voucherPool(env, voucherListId).take(askings)
    return grants.map((grant) => {
      const given = taken[grant.id]
      if (given === undefined) throw new Error('The voucher pool must answer every grant')
      if (typeof given === 'string') return given
      return {
        reward: {
          type: 'voucher',
          voucherListId,
          holdingId: derivedId('hld', grant.id),
          code: given.code,
          expiresAt: formatInstant(given.expiresMs),
        },
        details: given.details,
      }
    })
  },

  effects: (db, grants) => holdCodesStatements(db, grants.flatMap(holdingOf)),

  stock: async (env, prepared) => {
    const { status, stock } = await voucherPool(env, prepared.reward.voucherListId).stats()
    const left = stock.available
    if (status !== 'active') return { left, nothingLeft: 'reward_inactive' }
    return { left, nothingLeft: left === 0 ? 'out_of_stock' : undefined }
  },
}

function holdingOf(grant: RewardedGrant): GrantedCode[] {
  const { reward } = grant
  if (reward.type !== 'voucher') return []
  return [
    {
      holdingId: reward.holdingId,
      userId: grant.userId,
      kind: 'voucher',
      sourceId: reward.voucherListId,
      code: reward.code,
      grantId: grant.id,
      campaignId: grant.campaignId,
      redeemableMs: grant.atMs,
      expiresMs: parseInstant(reward.expiresAt) ?? null,
      atMs: grant.atMs,
      details: grant.details ?? null,
    },
  ]
}
