import { startBareWorker } from '../bare-worker.ts'
import { drive } from '../load.ts'
import { type BenchedProduct, KEY, startBenched } from '../product.ts'
import { requestsTo } from '../purchases.ts'
import type { Row } from '../row.ts'
import { tableStatements } from '../schema.ts'

const USERS = 100_000
const PER_REQUEST = 1_000
const CLIENTS = 2
const POLL_MS = 250
const LONGEST_STANDSTILL_MS = 2_000

export const row: Row = {
  row: 5,
  title: 'a past campaign gives flat points to 100,000 users',
  unit: 'users',
  atLeast: 0.15,
  rounds: 3,
  async prepare() {
    const bare = await startBareWorker('insert-grants.ts')
    await bare.sql(tableStatements('users', 'grants'))
    const product = await startBenched()
    await drive(product.port, requestsTo('/v1/events', purchases(), KEY), CLIENTS)
    const { id: walletId } = await product.ask<{ id: string }>('POST', '/v1/wallets', {
      name: 'Bench',
      pointsName: 'points',
      decimals: 0,
      rounding: 'down',
      expiry: 'never',
    })
    let round = 0
    return {
      async baseline() {
        round += 1
        const bodies = pages((first) => JSON.stringify({ round, first, count: PER_REQUEST }))
        return USERS / (await drive(bare.port, requestsTo('/', bodies), 1))
      },
      measured: () => run(product, walletId),
      async stop() {
        await product.stop()
        await bare.stop()
      },
    }
  },
}

interface Campaign {
  id: string
  status: string
  stats: { granted: number; run?: { total: number; processed: number } }
}

/** Publishes a campaign and waits until everybody is served; the rate is that of the whole, its audience included. */
async function run(product: BenchedProduct, walletId: string): Promise<number> {
  const { id } = await product.ask<Campaign>('POST', '/v1/campaigns', {
    name: 'Bench',
    qualification: 'past',
    audience: { rule: { did: { event: 'Charged' } } },
    reward: { type: 'points', walletId, scheme: { kind: 'flat', value: 5 } },
    schedule: { start: 'now' },
  })
  const begun = performance.now()
  await product.ask('POST', `/v1/campaigns/${id}/publish`)
  let progress = -1
  let movedAt = performance.now()
  for (;;) {
    const { status, stats } = await product.ask<Campaign>('GET', `/v1/campaigns/${id}`)
    if (status === 'completed') {
      if (stats.granted !== USERS) throw new Error(`${stats.granted} grants for ${USERS} users`)
      return USERS / ((performance.now() - begun) / 1000)
    }
    // Users who are taken into the audience, then users who are served.
    const now = (stats.run?.total ?? 0) + (stats.run?.processed ?? 0)
    if (now !== progress) movedAt = performance.now()
    else if (performance.now() - movedAt > LONGEST_STANDSTILL_MS) {
      throw new Error(`Progress stood still for more than 2 s at ${now}`)
    }
    progress = now
    await new Promise((done) => setTimeout(done, POLL_MS))
  }
}

function purchases(): string[] {
  return pages((first) =>
    JSON.stringify({
      events: Array.from({ length: PER_REQUEST }, (_, index) => ({
        id: `p${first + index}`,
        userId: `user-${first + index}`,
        name: 'Charged',
        properties: { Amount: 100 },
      })),
    }),
  )
}

function pages(write: (first: number) => string): string[] {
  return Array.from({ length: USERS / PER_REQUEST }, (_, page) => write(page * PER_REQUEST))
}
