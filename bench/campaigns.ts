import type { BenchedProduct } from './product.ts'

type Condition = { property: string; op: string; value: unknown }

const CAMPAIGNS = 20
/** So much that no round uses it up. */
const PLENTY = 1_000_000_000

const FLAT = { kind: 'flat', value: 5 }
/** The schemes of the three campaigns of row 1 that match; all that a purchase can be rewarded by but the flat one. */
const SCHEMES = [
  { kind: 'percentage', percent: 10, of: 'Amount' },
  { kind: 'proportional', value: 1, per: 1, of: 'Amount' },
  { kind: 'random', min: 1, max: 100, bias: 'avg' },
]

/** Publishes a running campaign of flat points for an event, with a budget to count down. */
export function publishFlatPoints(
  product: BenchedProduct,
  event: string,
  where: Condition[],
): Promise<string> {
  return publishPoints(product, event, where, FLAT)
}

async function publishPoints(
  product: BenchedProduct,
  event: string,
  where: Condition[],
  scheme: object,
): Promise<string> {
  const wallet = await product.ask<{ id: string }>('POST', '/v1/wallets', {
    name: `Bench ${Math.random().toString(36).slice(2, 10)}`,
    pointsName: 'points',
    decimals: 2,
    rounding: 'down',
    expiry: 'never',
  })
  const campaign = await product.ask<{ id: string }>('POST', '/v1/campaigns', {
    name: `${event} ${JSON.stringify(where)}`.slice(0, 80),
    qualification: 'live',
    trigger: { event, where },
    reward: { type: 'points', walletId: wallet.id, scheme },
    limits: { budget: { campaign: PLENTY } },
    schedule: { start: 'now', end: 'never', timezone: 'UTC' },
  })
  await product.ask('POST', `/v1/campaigns/${campaign.id}/publish`)
  return campaign.id
}

/**
 * The twenty campaigns of row 1. Three of them match 30 % of the purchases in `purchases.ts`, 10 % each, by a scheme of
 * their own, and grant nearly every time. Of the others, half are for the same event with conditions that never hold, half for other events.
 */
export async function publishTwenty(product: BenchedProduct): Promise<void> {
  for (const [at, scheme] of SCHEMES.entries()) {
    const from = (at + 1) * 10
    const where = [{ property: 'Amount', op: 'between', value: [from, from + 9.99] }]
    await publishPoints(product, 'Charged', where, scheme)
  }
  for (let at = 3; at < CAMPAIGNS; at += 1) {
    if (at % 2 === 0) await publishFlatPoints(product, `Event ${at}`, [])
    else await publishFlatPoints(product, 'Charged', [{ property: 'Amount', op: 'gte', value: 100 * at }])
  }
}
