import type { LiveCampaign, LiveIndex } from '../campaigns/liveIndex.ts'
import type { Chain } from '../rewards/rewardEvents.ts'
import type { UserEvent } from '../users/event.ts'

/** The campaigns that an event triggers: in time, or too late for any of them. */
export interface Match {
  campaigns: LiveCampaign[]
  tooOld: boolean
}

/**
 * Which running campaigns an event triggers, by its name and its properties. Never one that caused the event.
 *
 * @param windowMs how old an event may be and still trigger anything
 */
export function match(
  index: LiveIndex,
  event: UserEvent,
  chain: Chain,
  nowMs: number,
  windowMs: number,
): Match {
  const listening = index.get(event.name) ?? []
  return {
    campaigns: listening.filter(
      (campaign) => !chain.causes.includes(campaign.id) && campaign.matches(event.properties),
    ),
    tooOld: event.atMs < nowMs - windowMs,
  }
}
