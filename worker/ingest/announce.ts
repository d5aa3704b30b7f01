import { liveIndexAt } from '../campaigns/liveIndex.ts'
import type { Env } from '../env.ts'
import { readMeta } from '../platform/settings.ts'
import { sendReactions } from '../rewards/reactions.ts'
import { chainOfBoon } from '../rewards/rewardEvents.ts'
import type { UserEvent } from '../users/event.ts'

/**
 * Lets campaigns hear of what was done by API and is an event of its user: a voucher that was assigned, a wallet that
 * was debited. It is recorded already; announcing it twice is no harm.
 */
export async function announce(env: Env, events: UserEvent[]): Promise<void> {
  const index = await liveIndexAt(env, await readMeta(env))
  const heard = events.filter((event) => index.hears(event.name))
  await sendReactions(
    env,
    heard.map((event) => ({ event, chain: chainOfBoon })),
  )
}
