import type { DecideRequest } from '../campaigns/batch.ts'
import { campaignLedger } from '../campaigns/store.ts'
import type { Cancel } from '../campaigns/timers.ts'
import type { Env } from '../env.ts'
import { eventKey } from './record.ts'
import type { JudgedEvent, RecordedEvent } from './recorded.ts'

interface Request extends DecideRequest {
  cancels: Cancel[]
  /** The events of the candidates, in their order. */
  events: RecordedEvent[]
}

/** Third step: one call a campaign, with all its candidates in the order of their events. */
export async function decideStep(env: Env, recorded: RecordedEvent[]): Promise<JudgedEvent[]> {
  const requests = new Map<string, Request>()
  const requestFor = (campaignId: string) => {
    const request = requests.get(campaignId) ?? { candidates: [], tooOld: 0, cancels: [], events: [] }
    requests.set(campaignId, request)
    return request
  }
  const firsts = new Map<string, RecordedEvent>()
  for (const [order, item] of recorded.entries()) {
    const { userId, id, atMs } = item.event
    // The same event twice in one request is decided once; the second gets the answer of the first.
    if (firsts.has(eventKey(item.event))) continue
    firsts.set(eventKey(item.event), item)
    for (const campaignId of item.late) requestFor(campaignId).tooOld += 1
    for (const { campaignId, value } of item.cancels) {
      requestFor(campaignId).cancels.push({ userId, value, atMs, order })
    }
    for (const { campaignId, ...asked } of item.asking) {
      const request = requestFor(campaignId)
      const { chain } = item
      request.candidates.push({
        ...asked,
        trigger: eventKey(item.event),
        userId,
        eventId: id,
        chain,
        atMs,
        order,
      })
      request.events.push(item)
    }
  }
  const judged = new Map(recorded.map((item) => [item, { recorded: item, outcomes: [] } as JudgedEvent]))
  await Promise.all(
    [...requests].map(async ([campaignId, { events, ...request }]) => {
      const outcomes = await campaignLedger(env, campaignId).decide(request)
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
