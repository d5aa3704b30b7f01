import type { DecideRequest, Outcome } from '../campaigns/ledger.ts'
import { type LiveCampaign, liveIndexAt } from '../campaigns/liveIndex.ts'
import { campaignLedger } from '../campaigns/store.ts'
import type { Env } from '../env.ts'
import { durationMs } from '../platform/calendar.ts'
import { faultPoint } from '../platform/faults.ts'
import type { Meta } from '../platform/settings.ts'
import type { Grant } from '../rewards/contract.ts'
import { fulfilStatements, presentGrant } from '../rewards/fulfil.ts'
import type { UserEvent } from '../users/event.ts'
import type { EventDecision } from './contract.ts'
import { match } from './match.ts'
import { decisionStatements, eventKey, recordEvents, type StoredDecision } from './record.ts'

/** An event once it is recorded: what is known of it already, and who has to decide on it. */
export interface RecordedEvent {
  event: UserEvent
  duplicate: boolean
  /** The decisions that were made before, or when it was written; null when campaigns have to decide. */
  stored: StoredDecision[] | null
  /** The campaigns to decide, with the property that each needs. */
  asking: { campaignId: string; property: unknown }[]
  /** The campaigns that the event came too late for, and that have not heard of it yet. */
  late: string[]
}

/** An event and what was decided on it, campaign by campaign. */
export interface JudgedEvent {
  recorded: RecordedEvent
  outcomes: { campaignId: string; outcome: Outcome }[]
}

/** First step: match the events to what runs live, and record them, all in one batch. */
export async function recordStep(
  env: Env,
  db: D1Database,
  meta: Meta,
  events: UserEvent[],
  isRetry: (event: UserEvent) => boolean,
  nowMs: number,
): Promise<RecordedEvent[]> {
  const index = await liveIndexAt(env, meta)
  const windowMs = durationMs(meta.settings.triggerWindow) ?? 0
  const matched = events.map((event) => ({ event, ...match(index, event, nowMs, windowMs) }))
  const before = await recordEvents(
    db,
    matched.map(({ event, campaigns, tooOld }) => ({
      event,
      decisions: campaigns.length > 0 && !tooOld ? null : campaigns.map(tooOldFor),
    })),
    nowMs,
  )
  const inBatch = new Set<string>()
  return matched.map(({ event, campaigns, tooOld }) => {
    const key = eventKey(event)
    const known = before.get(key)
    const repeated = inBatch.has(key)
    inBatch.add(key)
    const duplicate = repeated || (known !== undefined && !isRetry(event))
    if (known !== undefined && known !== null)
      return { event, duplicate, stored: known, asking: [], late: [] }
    if (tooOld || campaigns.length === 0) {
      const late = duplicate ? [] : campaigns.map((campaign) => campaign.id)
      return { event, duplicate, stored: campaigns.map(tooOldFor), asking: [], late }
    }
    const asking = campaigns.map(({ id, property }) => ({
      campaignId: id,
      property: property === undefined ? undefined : event.properties[property],
    }))
    return { event, duplicate, stored: null, asking, late: [] }
  })
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
      request.candidates.push({ trigger: eventKey(item.event), userId, eventId: id, property })
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

/** Third step: write what was granted and what was decided, in one batch; then settle with the ledgers. */
export async function fulfilStep(
  env: Env,
  db: D1Database,
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
      decided.map(({ recorded, outcomes }) => ({ event: recorded.event, decisions: outcomes.map(storedOf) })),
    ),
  ])
  faultPoint('rows written')
  faultPoint('before settling')
  const triggers = Map.groupBy(
    decided.flatMap(({ recorded, outcomes }) =>
      outcomes
        .filter(({ outcome }) => 'grant' in outcome)
        .map(({ campaignId }) => ({ campaignId, trigger: eventKey(recorded.event) })),
    ),
    ({ campaignId }) => campaignId,
  )
  for (const [campaignId, settled] of triggers) {
    later(campaignLedger(env, campaignId).settle(settled.map(({ trigger }) => trigger)))
  }
}

function storedOf({ campaignId, outcome }: JudgedEvent['outcomes'][number]): StoredDecision {
  return 'grant' in outcome
    ? [campaignId, 'granted', outcome.grant.id]
    : [campaignId, 'refused', outcome.reason]
}

/** Last step: the decisions as the contract shows them. Those of before are looked up, the grants in one query. */
export async function answerStep(db: D1Database, judged: JudgedEvent[]): Promise<EventDecision[][]> {
  const ids = judged.flatMap(({ recorded }) => (recorded.stored ?? []).flatMap(grantIdOf))
  const earlier = new Map<string, Grant>()
  if (ids.length > 0) {
    const { results } = await db
      .prepare('SELECT id, body FROM grants WHERE id IN (SELECT value FROM json_each(?1))')
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

function grantIdOf([, kind, of]: StoredDecision): string[] {
  return kind === 'granted' ? [of] : []
}
