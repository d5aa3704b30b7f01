import { createServer } from 'node:http'
import { startBareWorker } from '../bare-worker.ts'
import { startBenched } from '../product.ts'
import type { Row } from '../row.ts'

const MESSAGES = 3_000
const PER_REQUEST = 1_000
const POLL_MS = 5

export const row: Row = {
  row: 'deliveries',
  title: 'webhooks to a receiver that answers at once; bare: a queue whose consumer posts each message',
  unit: 'deliveries',
  atLeast: 0.5,
  rounds: 5,
  async prepare() {
    const bare = await startBareWorker('queue.ts')
    const receiver = await startReceiver()
    const product = await startBenched('local')
    const endpoint = await product.ask<{ id: string }>('POST', '/v1/endpoints', {
      name: 'bench',
      url: receiver.url,
    })
    const campaign = await product.ask<{ id: string }>('POST', '/v1/campaigns', {
      name: 'bench',
      qualification: 'live',
      trigger: { event: 'Won' },
      reward: {
        type: 'custom',
        endpointId: endpoint.id,
        credits: { walletId: 'w', walletName: 'W', scheme: { kind: 'flat', value: 1 } },
      },
      schedule: { start: 'now', end: 'never' },
    })
    await product.ask('POST', `/v1/campaigns/${campaign.id}/publish`)
    const bareUrl = `http://127.0.0.1:${bare.port}`
    let users = 0
    return {
      async baseline() {
        const before = receiver.count()
        const to = encodeURIComponent(receiver.url)
        const begun = performance.now()
        await fetch(`${bareUrl}/send?count=${MESSAGES}&to=${to}`, { method: 'POST' })
        while (receiver.count() < before + MESSAGES) await pause()
        return MESSAGES / ((performance.now() - begun) / 1_000)
      },
      async measured() {
        const before = receiver.count()
        for (let start = 0; start < MESSAGES; start += PER_REQUEST) {
          const events = Array.from({ length: PER_REQUEST }, () => ({ userId: `u${users++}`, name: 'Won' }))
          await product.ask('POST', '/v1/events', { events })
        }
        // What went out while the events were still being sent does not count.
        const begun = performance.now()
        const early = receiver.count() - before
        while (receiver.count() < before + MESSAGES) await pause()
        return (MESSAGES - early) / ((performance.now() - begun) / 1_000)
      },
      async stop() {
        await product.stop()
        await bare.stop()
        receiver.stop()
      },
    }
  },
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, POLL_MS))
}

async function startReceiver() {
  let count = 0
  const server = createServer((req, res) => {
    req.resume().on('end', () => {
      count += 1
      res.end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/`,
    count: () => count,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
