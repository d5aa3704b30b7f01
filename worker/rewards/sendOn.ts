import type { Env } from '../env.ts'
import { queueDeliveries } from '../webhooks/queue.ts'
import type { RewardedGrant } from './kind.ts'
import { reactionsTo, sendReactions } from './reactions.ts'
import { deliveryOf } from './webhook.ts'

/**
 * Puts what grants lead to into the queues, once their rows are written: the webhooks that they are, and the reward
 * events that campaigns listen to. Doing it twice is no harm.
 *
 * @param isListened whether a campaign may listen to a reward event of that name
 */
export async function sendOn(
  env: Env,
  grants: RewardedGrant[],
  isListened: (eventName: string) => boolean,
): Promise<void> {
  await Promise.all([
    queueDeliveries(
      env,
      grants.flatMap((grant) => deliveryOf(grant) ?? []),
    ),
    sendReactions(env, reactionsTo(grants, isListened)),
  ])
}
