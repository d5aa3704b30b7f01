import { postRequest } from './connection.ts'

/** How many different users the purchases are of. */
const USERS = 10_000
const MODES = ['UPI', 'Card', 'Cash', 'Wallet']

let made = 0

/**
 * Makes the bodies of `requests` requests with `perRequest` purchases each, as an app would send them, at this moment.
 * Users and amounts are spread evenly (amounts from 0.00 to 99.99); no id repeats within a run of the bench.
 */
export function purchaseBodies(requests: number, perRequest: number): string[] {
  const timestamp = new Date().toISOString()
  return Array.from({ length: requests }, () =>
    JSON.stringify({
      events: Array.from({ length: perRequest }, () => {
        made += 1
        // A prime step walks over all cents before it repeats one, in no visible order.
        const amount = ((made * 7919) % 10_000) / 100
        return {
          id: `bench-${process.pid}-${made}`,
          userId: `user-${(made * 6151) % USERS}`,
          name: 'Charged',
          timestamp,
          properties: {
            Amount: amount,
            'Payment Mode': MODES[made % MODES.length],
            Items: [{ sku: `sku-${made % 500}`, category: 'shoes', price: amount }],
          },
        }
      }),
    }),
  )
}

/** The bodies as whole requests. */
export function requestsTo(path: string, bodies: string[], key?: string): Buffer[] {
  return bodies.map((body) => postRequest(path, body, key))
}
