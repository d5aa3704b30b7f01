import type { DecideRequest, Outcome } from '../campaigns/batch.ts'
import type { Settlement } from '../campaigns/ledger.ts'
import { type LiveCampaign, type LiveIndex, liveIndexAt } from '../campaigns/liveIndex.ts'
import { campaignLedger } from '../campaigns/store.ts'
import type { Env } from '../env.ts'
import { durationMs } from '../platform/calendar.ts'
import { faultPoint } from '../platform/faults.ts'
import type { Meta } from '../platform/settings.ts'
import type { Grant } from '../rewards/contract.ts'
import { fulfilStatements, presentGrant } from '../rewards/fulfil.ts'
import { type Reaction, reactionsTo, sendReactions } from '../rewards/reactions.ts'
import { type Chain, NO_CHAIN } from '../rewards/rewardEvents.ts'
import type { UserEvent } from '../users/event.ts'
import type { EventDecision } from './contract.ts'
import { match } from './match.ts'
import { decisionStatements, eventKey, findBefore, recordEvents, type StoredDecision } from './record.ts'

/** A campaign to decide on an event, and the property of it that its scheme reads. */
interface Asking {
  campaignId: string
  property: unknown
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
}

/** An event and what was decided on it, campaign by campaign. */
export interface JudgedEvent {
  recorded: RecordedEvent
  outcomes: { campaignId: string; outcome: Outcome }[]
}

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
  return matched.map(({ event, campaigns, tooOld }): RecordedEvent => {
    const key = eventKey(event)
    const kept = before.get(key)
    const duplicate = kept !== undefined || inBatch.has(key)
    inBatch.add(key)
    const about = { event, chain: NO_CHAIN, duplicate, late: [] }
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
    const now = item.duplicate && item.stored === null ? kept.get(eventKey(item.event)) : undefined
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
    const { campaigns, tooOld } = match(index, event, chain, nowMs, windowOf(meta))
    const asking = tooOld ? [] : campaigns.map((campaign) => askingOf(campaign.id, campaign, event))
    return { event, chain, duplicate: false, stored: null, asking, late: [] }
  })
}

function windowOf(meta: Meta): number {
  return durationMs(meta.settings.triggerWindow) ?? 0
}

function listeningTo(index: LiveIndex, eventName: string, id: string): LiveCampaign | undefined {
  return index.get(eventName)?.find((campaign) => campaign.id === id)
}

function askingOf(campaignId: string, campaign: LiveCampaign | undefined, event: UserEvent): Asking {
  const name = campaign?.property
  return { campaignId, property: name === undefined ? undefined : event.properties[name] }
}

function tooOldFor(campaign: LiveCampaign): StoredDecision {
  return [campaign.id, 'refused', 'event_too_old']
}

/** Second step: one call a campaign, with all its candidates in the order of their events. */
export async function decideStep(env: Env, recorded: RecordedEvent[]): Promise<JudgedEvent[]> {
  const requests = new Map<string, DecideRequest & { events: RecordedEvent[] }>()
  const requestFor = (campaignId: string) => {
    const request = requests.get(campaignId) ?? { candidates: [], tooOld: 0, events: [] }
    requests.set(campaignId, request)
    return request
  }
  const firsts = new Map<string, RecordedEvent>()
  for (const item of recorded) {
    const { userId, id } = item.event
    // The same event twice in one request is decided once; the second gets the answer of the first.
    if (firsts.has(eventKey(item.event))) continue
    firsts.set(eventKey(item.event), item)
    for (const campaignId of item.late) requestFor(campaignId).tooOld += 1
    for (const { campaignId, property } of item.asking) {
      const request = requestFor(campaignId)
      request.candidates.push({
        trigger: eventKey(item.event),
        userId,
        eventId: id,
        property,
        chain: item.chain,
      })
      request.events.push(item)
    }
  }
  const judged = new Map(recorded.map((item) => [item, { recorded: item, outcomes: [] } as JudgedEvent]))
  await Promise.all(
    [...requests].map(async ([campaignId, { candidates, tooOld, events }]) => {
      const outcomes = await campaignLedger(env, campaignId).decide({ candidates, tooOld })
      outcomes.forEach((outcome, index) => {
        const item = events[index]
        if (item !== undefined) judged.get(item)?.outcomes.push({ campaignId, outcome })
      })
    }),
  )
  return recorded.map((item) => {
    const first = firsts.get(eventKey(item.event)) ?? item
    return { recorded: item, outcomes: inAskedOrder(judged.get(first) ?? { recorded: item, outcomes: [] }) }
  })
}

function inAskedOrder({ recorded, outcomes }: JudgedEvent): JudgedEvent['outcomes'] {
  const places = new Map(recorded.asking.map(({ campaignId }, place) => [campaignId, place]))
  return outcomes.sort(
    (one, other) => (places.get(one.campaignId) ?? 0) - (places.get(other.campaignId) ?? 0),
  )
}

/**
 * Third step: write what was granted and what was decided, in one batch; send the reward events on that campaigns
 * listen to; then settle with the ledgers.
 */
export async function fulfilStep(
  env: Env,
  db: D1Database,
  meta: Meta,
  judged: JudgedEvent[],
  later: (work: Promise<unknown>) => void,
): Promise<void> {
  const decided = judged.filter(({ recorded }) => recorded.stored === null)
  if (decided.length === 0) return
  const grants = decided.flatMap(({ outcomes }) =>
    outcomes.flatMap(({ outcome }) => ('grant' in outcome ? [outcome.grant] : [])),
  )
  await db.batch([
    ...fulfilStatements(db, grants),
    ...decisionStatements(
      db,
      decided
        .filter(({ recorded }) => recorded.chain.depth === 0)
        .map(({ recorded, outcomes }) => ({ event: recorded.event, decisions: outcomes.map(storedOf) })),
    ),
  ])
  faultPoint('rows written')
  const index = await liveIndexAt(env, meta)
  await sendReactions(
    env,
    reactionsTo(grants, (eventName) => index.has(eventName)),
  )
  faultPoint('queued')
  faultPoint('before settling')
  for (const [campaignId, settlement] of settlementsOf(decided)) {
    later(campaignLedger(env, campaignId).settle(settlement))
  }
}

function settlementsOf(decided: JudgedEvent[]): Map<string, Settlement> {
  const settlements = new Map<string, Settlement>()
  for (const { recorded, outcomes } of decided) {
    const trigger = eventKey(recorded.event)
    for (const { campaignId, outcome } of outcomes) {
      const settlement = settlements.get(campaignId) ?? { granted: [], refused: [] }
      settlements.set(campaignId, settlement)
      if ('grant' in outcome) settlement.granted.push({ trigger, id: outcome.grant.id })
      else settlement.refused.push(trigger)
    }
  }
  return settlements
}

function storedOf({ campaignId, outcome }: JudgedEvent['outcomes'][number]): StoredDecision {
  return 'grant' in outcome
    ? [campaignId, 'granted', outcome.grant.id]
    : [campaignId, 'refused', outcome.reason]
}

/** Last step: the decisions as the contract shows them. Those of before are looked up, the grants in one query. */
export async function answerStep(db: D1Database, judged: JudgedEvent[]): Promise<EventDecision[][]> {
  const ids = judged.flatMap(({ recorded }) =>
    (recorded.stored ?? []).flatMap(([, kind, of]) =>
      kind === 'granted' ? [[recorded.event.userId, of]] : [],
    ),
  )
  const earlier = new Map<string, Grant>()
  if (ids.length > 0) {
    const { results } = await db
      .prepare(
        'SELECT id, body FROM grants WHERE (user_id, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))',
      )
      .bind(JSON.stringify(ids))
      .all<{ id: string; body: string }>()
    for (const row of results) earlier.set(row.id, JSON.parse(row.body) as Grant)
  }
  return judged.map(({ recorded, outcomes }) => {
    const about = (campaignId: string) => ({
      eventId: recorded.event.id,
      userId: recorded.event.userId,
      campaignId,
    })
    if (recorded.stored !== null) {
      return recorded.stored.flatMap(([campaignId, kind, of]): EventDecision[] => {
        if (kind === 'refused') return [{ ...about(campaignId), outcome: 'refused', reason: of }]
        const grant = earlier.get(of)
        return grant === undefined
          ? []
          : [{ ...about(campaignId), outcome: 'granted', grant: { ...grant, replayed: true } }]
      })
    }
    return outcomes.map(({ campaignId, outcome }): EventDecision => {
      if (!('grant' in outcome)) return { ...about(campaignId), outcome: 'refused', reason: outcome.reason }
      const replayed = outcome.replayed || recorded.duplicate ? { replayed: true } : {}
      return {
        ...about(campaignId),
        outcome: 'granted',
        grant: { ...presentGrant(outcome.grant), ...replayed },
      }
    })
  })
}
