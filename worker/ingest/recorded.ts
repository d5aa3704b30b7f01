import type { Outcome } from '../campaigns/batch.ts'
import type { Chain } from '../rewards/rewardEvents.ts'
import type { UserEvent } from '../users/event.ts'
import type { StoredDecision } from './record.ts'

/** A campaign to decide on an event. */
export interface Asking {
  campaignId: string
  /** The property that its scheme reads. */
  property: unknown
  /** For inaction: what the event must share with the one that cancels it, as a key; empty when it need not. */
  value: string
  /** The campaign has an audience, and the user does not belong to it. */
  outsideAudience?: true
}

/** An event once it is recorded: what is known of it already, and who has to decide on it. */
export interface RecordedEvent {
  event: UserEvent
  chain: Chain
  duplicate: boolean
  /** The decisions that were made before, or when it was written; null when campaigns have to decide. */
  stored: StoredDecision[] | null
  /** The campaigns to decide. */
  asking: Asking[]
  /** The campaigns that the event came too late for, and that have not heard of it yet. */
  late: string[]
  /** The campaigns that may have somebody waiting who has now done the other thing. */
  cancels: { campaignId: string; value: string }[]
}

/** An event and what was decided on it, campaign by campaign. */
export interface JudgedEvent {
  recorded: RecordedEvent
  outcomes: { campaignId: string; outcome: Outcome }[]
}
