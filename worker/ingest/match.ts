import type { LiveCampaign, LiveIndex } from '../campaigns/liveIndex.ts'
import type { Chain } from '../rewards/rewardEvents.ts'
import type { UserEvent } from '../users/event.ts'

/** The campaigns that an event triggers: in time, or too late for any of them. */
export interface Match {
  campaigns: LiveCampaign[]
  tooOld: boolean
  /** The campaigns that may have somebody waiting who has now done the other thing; lateness does not matter there. */
  cancels: { campaignId: string; value: string }[]
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
  const { properties } = event
  const campaigns = index
    .triggeredBy(event.name)
    .filter(
      (campaign) =>
        !chain.causes.includes(campaign.id) &&
        campaign.matches(properties) &&
        campaign.sharedValue(properties) !== undefined,
    )
  const cancels = index.cancelledBy(event.name).flatMap((campaign) => {
    const value = campaign.matches(properties) ? campaign.sharedValue(properties) : undefined
    return value === undefined ? [] : [{ campaignId: campaign.id, value }]
  })
  return { campaigns, tooOld: event.atMs < nowMs - windowMs, cancels }
}
