import { inject } from 'vitest'
import type { Received, Script } from '../receiverServer.ts'
import { ok } from './boon.ts'

/** An endpoint of ours and the receiver behind it. */
export interface Hook {
  id: string
  secret: string
  /** What has come in so far, in order. */
  seen: () => Promise<Received[]>
  /** Says what the receiver answers from now on, one after the other; the last stays. */
  answer: (...script: Script[]) => Promise<void>
}

let hooks = 0

/** Makes an endpoint with a receiver of its own behind it, which answers 200 unless told otherwise. */
export async function hook(more: Record<string, unknown> = {}): Promise<Hook> {
  const base = inject('receiverUrl')
  const name = `hook-${crypto.randomUUID()}`
  hooks += 1
  const { id, secret } = await ok('POST', '/v1/endpoints', {
    name: `hook ${hooks}`,
    url: `${base}/hook/${name}`,
    ...more,
  })
  return {
    id,
    secret,
    seen: async () => (await fetch(`${base}/seen/${name}`)).json<Received[]>(),
    answer: async (...script) => {
      await fetch(`${base}/script/${name}`, { method: 'PUT', body: JSON.stringify(script) })
    },
  }
}

/** Waits until so many requests have come in, and answers all of them. */
export async function received(from: Hook, count: number): Promise<Received[]> {
  for (;;) {
    const seen = await from.seen()
    if (seen.length >= count) return seen
    await new Promise((done) => setTimeout(done, 20))
  }
}

/** Waits until a delivery is no longer pending, or until it has so many attempts. */
export async function settled(deliveryId: string, attempts = Number.POSITIVE_INFINITY) {
  for (;;) {
    const delivery = await ok('GET', `/v1/deliveries/${deliveryId}`)
    if (delivery.status !== 'pending' || delivery.attempts.length >= attempts) return delivery
    await new Promise((done) => setTimeout(done, 20))
  }
}
