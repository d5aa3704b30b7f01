/** How many users and events the history has, see row 4 of the budget table. */
export const HISTORY = { users: 50_000, events: 1_000_000 }

const DAY_MS = 86_400_000
const DAYS = 180
const PER_BODY = 1_000

/** A linear congruential generator (Numerical Recipes): the same history on every machine and in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/**
 * Bodies of `POST /v1/events` that make up half a year of a shop, skewed as shops are: a few users do most of it, most
 * purchases are small, and far more is looked at than bought.
 */
export function* historyBodies(nowMs: number): Generator<string> {
  const random = seeded(20_261_201)
  for (let first = 0; first < HISTORY.events; first += PER_BODY) {
    const events = Array.from({ length: PER_BODY }, (_, index) => {
      // The first events go round all users, so that each has one.
      const place = first + index
      const user = place < HISTORY.users ? place : Math.floor(HISTORY.users * random() ** 3)
      const name = nameOf(random())
      return {
        id: `h${place}`,
        userId: `user-${user}`,
        name,
        // In the order in which it happened, as an app would have sent it.
        timestamp: new Date(nowMs - Math.floor(DAYS * DAY_MS * (1 - place / HISTORY.events))).toISOString(),
        properties: propertiesOf(name, random),
      }
    })
    yield JSON.stringify({ events })
  }
}

function nameOf(share: number): string {
  if (share < 0.55) return 'Product Viewed'
  if (share < 0.75) return 'App Launched'
  if (share < 0.97) return 'Charged'
  return 'App Uninstalled'
}

function propertiesOf(name: string, random: () => number): Record<string, unknown> {
  const sku = `sku-${Math.floor(500 * random() ** 2)}`
  if (name === 'Product Viewed') return { 'Product ID': sku, Category: 'shoes' }
  if (name !== 'Charged') return { Platform: random() < 0.7 ? 'Android' : 'iOS' }
  // The median is some 300, one in twenty is above 2,000.
  const amount = Math.round(100 * 300 * Math.exp(1.2 * normal(random))) / 100
  return { Amount: amount, 'Payment Mode': random() < 0.5 ? 'UPI' : 'Card', Items: [{ sku, price: amount }] }
}

/** Standard normal, by the polar form of Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
