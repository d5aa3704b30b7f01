import type { Env } from '../env.ts'
import { describeError, log } from '../platform/log.ts'
import { type DeliveryRef, handOver } from './queue.ts'

const RETRY_AFTER_S = 5

/**
 * Takes deliveries from the `webhooks` queue and hands each over to the object of its endpoint: so an endpoint that
 * hangs holds up no other. A message that cannot be handed over comes again.
 *
 * @param isDead whether these come from the queue of dead letters: then they are parked as failed, for a person to see
 */
export async function consumeDeliveries(
  env: Env,
  batch: MessageBatch<DeliveryRef[]>,
  isDead: boolean,
): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await handOver(env, message.body, isDead)
        message.ack()
      } catch (error) {
        log('error', 'Deliveries could not be handed over; they come again', describeError(error))
        message.retry({ delaySeconds: RETRY_AFTER_S })
      }
    }),
  )
}
