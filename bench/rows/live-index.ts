import { publishFlatPoints } from '../campaigns.ts'
import { drive } from '../load.ts'
import { type BenchedProduct, KEY, startBenched } from '../product.ts'
import { purchaseBodies, requestsTo } from '../purchases.ts'
import type { Row } from '../row.ts'

const LISTENING = 5
const OTHERS = 995
const REQUESTS = 1_000
const CLIENTS = 8
const AT_ONCE = 8

/** What an event costs must not depend on how many campaigns run, only on how many listen to its name. */
export const row: Row = {
  row: 'live-index',
  title: 'one event a request against 1,000 running campaigns, 5 of them listening, against these 5 alone',
  unit: 'events',
  // At most one and a half times the time.
  atLeast: 0.667,
  rounds: 5,
  async prepare() {
    const few = await startBenched()
    const many = await startBenched()
    for (const product of [few, many]) await publishMany(product, LISTENING, () => 'Charged')
    await publishMany(many, OTHERS, (at) => `Event ${at}`)
    for (const product of [few, many]) await seeGrants(product)
    return {
      baseline: () => rateOf(few),
      measured: () => rateOf(many),
      async stop() {
        await many.stop()
        await few.stop()
      },
    }
  },
}

async function publishMany(
  product: BenchedProduct,
  count: number,
  eventOf: (at: number) => string,
): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let at = next++; at < count; at = next++) await publishFlatPoints(product, eventOf(at), [])
    }),
  )
}

/** Sees that an event is granted by as many campaigns as listen to it, no more and no fewer. */
async function seeGrants(product: BenchedProduct): Promise<void> {
  const [body = ''] = purchaseBodies(1, 1)
  const { decisions } = await product.ask<{ decisions: { outcome: string }[] }>(
    'POST',
    '/v1/events',
    JSON.parse(body),
  )
  if (decisions.length !== LISTENING || decisions.some(({ outcome }) => outcome !== 'granted')) {
    throw new Error(`The row is not set up as it says: ${JSON.stringify(decisions)}`)
  }
}

async function rateOf(product: BenchedProduct): Promise<number> {
  const requests = requestsTo('/v1/events', purchaseBodies(REQUESTS, 1), KEY)
  return REQUESTS / (await drive(product.port, requests, CLIENTS))
}
