import type { Env } from '../env.ts'
import { homeOf, userDatabases } from '../platform/databases.ts'

/** Which delivery is to be sent. The row in its user's database says what. */
export interface DeliveryRef {
  id: string
  userId: string
  endpointId: string
}

/** A queue takes 128 kB a message; a reference is below 400 bytes, unless its user's id is long. */
const REFS_PER_MESSAGE = 100
/** A queue takes 100 messages and 256 kB at once. */
const MESSAGES_AT_ONCE = 2

/** The object that looks after the deliveries of one user database. */
export function sweeperOf(env: Env, home: number) {
  return env.DELIVERY_SWEEPER.get(env.DELIVERY_SWEEPER.idFromName(`deliveries-${home}`))
}

/** The object that sends what goes to one endpoint. */
export function senderOf(env: Env, endpointId: string) {
  return env.ENDPOINT_SENDER.get(env.ENDPOINT_SENDER.idFromName(endpointId))
}

/**
 * Puts deliveries into the `webhooks` queue. Their rows are written by now, and before the queue is touched those who
 * look after them are told, so that what the queue loses is found again.
 */
export async function queueDeliveries(env: Env, refs: DeliveryRef[]): Promise<void> {
  if (refs.length === 0) return
  await expectDeliveries(env, refs)
  await enqueue(env, refs)
}

/** Tells those who look after deliveries that there are some to look after. */
export async function expectDeliveries(env: Env, refs: { userId: string }[]): Promise<void> {
  const count = userDatabases(env).length
  const homes = new Set(refs.map((ref) => homeOf(ref.userId, count)))
  await Promise.all([...homes].map((home) => sweeperOf(env, home).expect(home)))
}

/** Hands deliveries over to the objects of their endpoints, which answer as soon as they have written them down. */
export async function handOver(env: Env, refs: DeliveryRef[], isDead = false): Promise<void> {
  const byEndpoint = Map.groupBy(refs, (ref) => ref.endpointId)
  await Promise.all(
    [...byEndpoint].map(([endpointId, own]) => senderOf(env, endpointId).take(endpointId, own, isDead)),
  )
}

/** Puts deliveries into the queue, as many in a message as it holds. */
async function enqueue(env: Env, refs: DeliveryRef[]): Promise<void> {
  const messages: { body: DeliveryRef[] }[] = []
  for (let start = 0; start < refs.length; start += REFS_PER_MESSAGE) {
    messages.push({ body: refs.slice(start, start + REFS_PER_MESSAGE) })
  }
  for (let start = 0; start < messages.length; start += MESSAGES_AT_ONCE) {
    await env.WEBHOOKS.sendBatch(messages.slice(start, start + MESSAGES_AT_ONCE))
  }
}
