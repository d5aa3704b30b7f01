import { startBareWorker } from '../bare-worker.ts'
import { publishFlatPoints } from '../campaigns.ts'
import { drive } from '../load.ts'
import { KEY, startBenched } from '../product.ts'
import { purchaseBodies, requestsTo } from '../purchases.ts'
import type { Row } from '../row.ts'
import { tableStatements } from '../schema.ts'

const REQUESTS = 3_000
const CLIENTS = 64

export const row: Row = {
  row: 2,
  title: 'one event a request, 64 clients; one campaign grants to every event',
  unit: 'events',
  atLeast: 1.2,
  async prepare() {
    const bare = await startBareWorker('insert-events.ts')
    await bare.sql(tableStatements('users', 'events'))
    const product = await startBenched()
    const campaignId = await publishFlatPoints(product, 'Charged', [])
    let sent = 0
    return {
      async baseline() {
        const requests = requestsTo('/one', purchaseBodies(REQUESTS, 1))
        return REQUESTS / (await drive(bare.port, requests, CLIENTS))
      },
      async measured() {
        const requests = requestsTo('/v1/events', purchaseBodies(REQUESTS, 1), KEY)
        const seconds = await drive(product.port, requests, CLIENTS)
        sent += REQUESTS
        const { stats } = await product.ask<{ stats: { granted: number } }>(
          'GET',
          `/v1/campaigns/${campaignId}`,
        )
        if (stats.granted !== sent) throw new Error(`${stats.granted} grants for ${sent} events`)
        return REQUESTS / seconds
      },
      async stop() {
        await product.stop()
        await bare.stop()
      },
    }
  },
}
