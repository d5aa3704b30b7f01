import { startBareWorker } from '../bare-worker.ts'
import { publishTwenty } from '../campaigns.ts'
import { drive } from '../load.ts'
import { type BenchedProduct, KEY, startBenched } from '../product.ts'
import { purchaseBodies, requestsTo } from '../purchases.ts'
import type { Row } from '../row.ts'
import { tableStatements } from '../schema.ts'

const PER_REQUEST = 1_000
const REQUESTS = 20
const CLIENTS = 4
/** What the three campaigns that match must grant, give or take: see `campaigns.ts`. */
const GRANTED_SHARE = 0.3

export const row: Row = {
  row: 1,
  title: 'events in batches of 1,000; 20 running campaigns, 3 of them grant to 30 % of events',
  unit: 'events',
  atLeast: 0.4,
  async prepare() {
    const bare = await startBareWorker('insert-events.ts')
    await bare.sql(tableStatements('users', 'events'))
    const product = await startWithTwenty()
    return {
      async baseline() {
        const requests = requestsTo('/many', purchaseBodies(REQUESTS, PER_REQUEST))
        return (REQUESTS * PER_REQUEST) / (await drive(bare.port, requests, CLIENTS))
      },
      measured: () => eventsInBatches(product),
      async stop() {
        await product.stop()
        await bare.stop()
      },
    }
  },
}

/** A product with the twenty campaigns, seen to grant as the row says. */
export async function startWithTwenty(): Promise<BenchedProduct> {
  const product = await startBenched()
  await publishTwenty(product)
  const [body = ''] = purchaseBodies(1, PER_REQUEST)
  const { accepted, decisions } = await product.ask<{ accepted: number; decisions: { outcome: string }[] }>(
    'POST',
    '/v1/events',
    JSON.parse(body),
  )
  const share = decisions.filter(({ outcome }) => outcome === 'granted').length / PER_REQUEST
  if (accepted !== PER_REQUEST || Math.abs(share - GRANTED_SHARE) > 0.05) {
    throw new Error(`Row 1 is not set up as it says: ${accepted} accepted, ${share * 100} % granted`)
  }
  return product
}

/** One round of the product's side, in events a second. */
export async function eventsInBatches(product: BenchedProduct): Promise<number> {
  const requests = requestsTo('/v1/events', purchaseBodies(REQUESTS, PER_REQUEST), KEY)
  return (REQUESTS * PER_REQUEST) / (await drive(product.port, requests, CLIENTS))
}
