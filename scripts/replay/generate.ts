import type { Purchase } from './history.ts'

export interface Shape {
  seed: number
  customers: number
  days: number
  /** Purchases on a day, on average. */
  perDay: number
}

/**
 * Makes up a history that begins with 1997, the same for the same seed. Few customers buy often, most now and then,
 * and some twice on one day, so that limits a user, a day and a month are all met.
 */
export function generateHistory({ seed, customers, days, perDay }: Shape): Purchase[] {
  const random = mulberry32(seed)
  const history: Purchase[] = []
  for (let at = 0; at < days; at += 1) {
    const day = new Date(Date.UTC(1997, 0, 1 + at)).toISOString().slice(0, 10)
    const count = Math.round(perDay * (0.5 + random()))
    for (let n = 0; n < count; n += 1) {
      // Squaring leans towards the first customers.
      const customer = Math.floor(random() ** 2 * customers)
      // Around the threshold of 20, often exactly on it.
      const amount = random() < 0.1 ? 20 : Math.round(random() * 6_000) / 100
      history.push({ id: `${day}-${n}`, day, userId: `customer-${customer}`, amount })
    }
  }
  return history
}

/** A small, well-known generator of numbers in [0, 1): https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
