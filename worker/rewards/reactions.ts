import type { Env } from '../env.ts'
import type { UserEvent } from '../users/event.ts'
import type { RewardedGrant } from './kind.ts'
import { type Chain, chainAfter, mayTrigger, rewardEventOf } from './rewardEvents.ts'

/** A reward event on its way through the pipeline, and what led to it. */
export interface Reaction {
  event: UserEvent
  chain: Chain
}

/** A queue takes 128 kB a message; a reward event is far below 1 kB, but its names may be long. */
const EVENTS_PER_MESSAGE = 40
/** A queue takes 100 messages and 256 kB at once. */
const MESSAGES_AT_ONCE = 5

/** The reward events of grants that may trigger something, for {@link sendReactions}. */
export function reactionsTo(grants: RewardedGrant[], isListened: (eventName: string) => boolean): Reaction[] {
  return grants.flatMap((grant) => {
    const event = rewardEventOf(grant)
    const chain = chainAfter(grant)
    return event !== undefined && mayTrigger(chain) && isListened(event.name) ? [{ event, chain }] : []
  })
}

/** Puts reward events into the `reactions` queue, off the path of the request that caused them. */
export async function sendReactions(env: Env, reactions: Reaction[]): Promise<void> {
  const messages: { body: Reaction[] }[] = []
  for (let start = 0; start < reactions.length; start += EVENTS_PER_MESSAGE) {
    messages.push({ body: reactions.slice(start, start + EVENTS_PER_MESSAGE) })
  }
  for (let start = 0; start < messages.length; start += MESSAGES_AT_ONCE) {
    await env.REACTIONS.sendBatch(messages.slice(start, start + MESSAGES_AT_ONCE))
  }
}
