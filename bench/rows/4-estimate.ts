import { startBareWorker } from '../bare-worker.ts'
import { HISTORY, historyBodies } from '../history.ts'
import { drive } from '../load.ts'
import { KEY, startBenched } from '../product.ts'
import { requestsTo } from '../purchases.ts'
import type { Row } from '../row.ts'
import { tableStatements } from '../schema.ts'

const CLIENTS = 2
const DAY_MS = 86_400_000

const rule = {
  all: [
    {
      did: {
        event: 'Charged',
        where: [{ property: 'Amount', op: 'gte', value: 500 }],
        times: { op: 'gte', value: 2 },
        within: { last: 'P30D' },
      },
    },
    { didNot: { event: 'App Uninstalled', within: { last: 'P30D' } } },
  ],
}

export const row: Row = {
  row: 4,
  title: 'estimate a rule of two leaves over 1,000,000 events and 50,000 users',
  unit: 'estimates',
  atLeast: 0.8,
  // Each round asks once: the shorter the turns, the more alike what slows the machine falls on both sides.
  rounds: 31,
  async prepare() {
    const nowMs = Date.now()
    const bare = await startBareWorker('estimate.ts')
    await bare.sql(tableStatements('users', 'events'))
    const product = await startBenched()
    const bodies = [...historyBodies(nowMs)]
    await drive(bare.port, requestsTo('/many', bodies), CLIENTS)
    await drive(product.port, requestsTo('/v1/events', bodies, KEY), CLIENTS)
    const estimate = () =>
      product.ask<{ users: number; of: number }>('POST', '/v1/segments/estimate', { rule })
    const byHand = async () => {
      const body = JSON.stringify({ sinceMs: Date.now() - 30 * DAY_MS })
      const answer = await fetch(`http://127.0.0.1:${bare.port}/estimate`, { method: 'POST', body })
      return (await answer.json()) as { users: number }
    }
    // The 30 days move on between two questions, so ours is asked between two of the other side.
    const [before, ours, after] = [await byHand(), await estimate(), await byHand()]
    const isSame = ours.users === before.users || ours.users === after.users
    if (ours.of !== HISTORY.users || ours.users === 0 || !isSame) {
      throw new Error(`The two sides do not count the same: ${JSON.stringify([before, ours, after])}`)
    }
    return {
      baseline: () => rateOf(byHand),
      measured: () => rateOf(estimate),
      async stop() {
        await product.stop()
        await bare.stop()
      },
    }
  },
}

async function rateOf(ask: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await ask()
  return 1000 / (performance.now() - begun)
}
