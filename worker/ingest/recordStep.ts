import { type LiveCampaign, type LiveIndex, liveIndexAt } from '../campaigns/liveIndex.ts'
import type { Env } from '../env.ts'
import { durationMs } from '../platform/calendar.ts'
import type { Meta } from '../platform/settings.ts'
import type { Reaction } from '../rewards/reactions.ts'
import { NO_CHAIN } from '../rewards/rewardEvents.ts'
import type { UserEvent } from '../users/event.ts'
import { match } from './match.ts'
import { eventKey, findBefore, recordEvents, type StoredDecision } from './record.ts'
import type { Asking, RecordedEvent } from './recorded.ts'

/**
 * First step: match the events to what runs live, and record them, all in one batch.
 *
 * @param known users that have a row already; those that this makes are added
 */
export async function recordStep(
  env: Env,
  db: D1Database,
  meta: Meta,
  events: UserEvent[],
  known: Set<string>,
  nowMs: number,
): Promise<RecordedEvent[]> {
  const index = await liveIndexAt(env, meta)
  const windowMs = windowOf(meta)
  const matched = events.map((event) => ({ event, ...match(index, event, NO_CHAIN, nowMs, windowMs) }))
  const before = await recordEvents(
    db,
    matched.map(({ event, campaigns, tooOld }) => ({
      event,
      decisions:
        campaigns.length > 0 && !tooOld ? { asked: campaigns.map(({ id }) => id) } : campaigns.map(tooOldFor),
    })),
    known,
    nowMs,
  )
  const inBatch = new Set<string>()
  return matched.map(({ event, campaigns, tooOld, cancels }): RecordedEvent => {
    const key = eventKey(event)
    const known = before.get(key)
    const duplicate = known !== undefined || inBatch.has(key)
    inBatch.add(key)
    // A second coming that names no time happened when the first did.
    const atMs = known?.atMs ?? event.atMs
    const about = { event: { ...event, atMs }, chain: NO_CHAIN, duplicate, late: [], cancels }
    const kept = known?.kept
    if (Array.isArray(kept)) return { ...about, stored: kept, asking: [] }
    if (kept) {
      // Somebody died before it was judged. Those who were asked then are asked again, whatever has become of them:
      // they may have granted already.
      const asking = kept.asked.map((id) => askingOf(id, listeningTo(index, event.name, id), event))
      return { ...about, stored: null, asking }
    }
    if (tooOld || campaigns.length === 0) {
      const late = duplicate ? [] : campaigns.map((campaign) => campaign.id)
      return { ...about, stored: campaigns.map(tooOldFor), asking: [], late }
    }
    return {
      ...about,
      stored: null,
      asking: campaigns.map(({ id }, at) => askingOf(id, campaigns[at], event)),
    }
  })
}

/**
 * Between the steps: an event that came twice at once may have been judged while its second coming was recorded. Then
 * it is answered from what is kept by now, and nobody is asked again.
 */
export async function refreshStep(db: D1Database, recorded: RecordedEvent[]): Promise<RecordedEvent[]> {
  const doubtful = recorded.filter(({ duplicate, stored }) => duplicate && stored === null)
  if (doubtful.length === 0) return recorded
  const kept = await findBefore(
    db,
    doubtful.map(({ event }) => [event.userId, event.id]),
    Number.MAX_SAFE_INTEGER,
  )
  return recorded.map((item) => {
    const now = item.duplicate && item.stored === null ? kept.get(eventKey(item.event))?.kept : undefined
    return Array.isArray(now) ? { ...item, stored: now, asking: [] } : item
  })
}

/** First step for reward events: they are recorded with their grants, so they are only matched. */
export async function matchStep(
  env: Env,
  meta: Meta,
  reactions: Reaction[],
  nowMs: number,
): Promise<RecordedEvent[]> {
  const index = await liveIndexAt(env, meta)
  return reactions.map(({ event, chain }): RecordedEvent => {
    // It was on its way in a queue, which is no lateness of its user.
    const { campaigns, cancels } = match(index, event, chain, nowMs, Number.POSITIVE_INFINITY)
    const asking = campaigns.map((campaign) => askingOf(campaign.id, campaign, event))
    return { event, chain, duplicate: false, stored: null, asking, late: [], cancels }
  })
}

function windowOf(meta: Meta): number {
  return durationMs(meta.settings.triggerWindow) ?? 0
}

/** A campaign that an event of this name triggers, if it still does. */
export function listeningTo(index: LiveIndex, eventName: string, id: string): LiveCampaign | undefined {
  return index.triggeredBy(eventName).find((campaign) => campaign.id === id)
}

function askingOf(campaignId: string, campaign: LiveCampaign | undefined, event: UserEvent): Asking {
  const name = campaign?.property
  const property = name === undefined ? undefined : event.properties[name]
  return { campaignId, property, value: campaign?.sharedValue(event.properties) ?? '' }
}

function tooOldFor(campaign: LiveCampaign): StoredDecision {
  return [campaign.id, 'refused', 'event_too_old']
}
