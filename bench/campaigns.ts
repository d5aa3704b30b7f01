import type { BenchedProduct } from './product.ts'

type Condition = { property: string; op: string; value: unknown }

const CAMPAIGNS = 20
/** So much that no round uses it up. */
const PLENTY = 1_000_000_000

/** Publishes a running campaign of flat points for an event, with a budget to count down. */
export async function publishFlatPoints(
  product: BenchedProduct,
  event: string,
  where: Condition[],
): Promise<string> {
  const wallet = await product.ask<{ id: string }>('POST', '/v1/wallets', {
    name: `Bench ${Math.random().toString(36).slice(2, 10)}`,
    pointsName: 'points',
    decimals: 0,
    rounding: 'down',
    expiry: 'never',
  })
  const campaign = await product.ask<{ id: string }>('POST', '/v1/campaigns', {
    name: `${event} ${JSON.stringify(where)}`.slice(0, 80),
    qualification: 'live',
    trigger: { event, where },
    reward: { type: 'points', walletId: wallet.id, scheme: { kind: 'flat', value: 5 } },
    limits: { budget: { campaign: PLENTY } },
    schedule: { start: 'now', end: 'never', timezone: 'UTC' },
  })
  await product.ask('POST', `/v1/campaigns/${campaign.id}/publish`)
  return campaign.id
}

/**
 * The twenty campaigns of row 1. Three of them match 30 % of the purchases in `purchases.ts`, 10 % each, and grant
 * every time. Of the others, half are for the same event with conditions that never hold, half for other events.
 */
export async function publishTwenty(product: BenchedProduct): Promise<void> {
  for (const from of [0, 10, 20]) {
    await publishFlatPoints(product, 'Charged', [
      { property: 'Amount', op: 'between', value: [from, from + 9.99] },
    ])
  }
  for (let at = 3; at < CAMPAIGNS; at += 1) {
    if (at % 2 === 0) await publishFlatPoints(product, `Event ${at}`, [])
    else await publishFlatPoints(product, 'Charged', [{ property: 'Amount', op: 'gte', value: 100 * at }])
  }
}
