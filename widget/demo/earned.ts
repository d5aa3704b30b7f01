import type { Decision } from '../types.ts'

/** What decisions earned the shopper, one sentence each; refusals are the log's business, not the shopper's. */
export function earnedLines(decisions: readonly Decision[]): string[] {
  return decisions.flatMap((decision) => {
    if (decision.outcome !== 'granted' || decision.grant.replayed) return []
    const { reward, value } = decision.grant
    if (reward.type === 'points') return [`You earned ${value ?? 0} points.`]
    if (reward.type === 'coupon') return [`You earned the coupon ${reward.code}.`]
    return reward.type === 'voucher' ? [`You earned the voucher ${reward.code}.`] : ['You earned a reward.']
  })
}
