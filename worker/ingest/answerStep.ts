import { formatInstant } from '../platform/calendar.ts'
import type { Grant } from '../rewards/contract.ts'
import { presentGrant } from '../rewards/fulfil.ts'
import type { EventDecision } from './contract.ts'
import type { JudgedEvent } from './recorded.ts'

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
        if (kind === 'waiting') return [{ ...about(campaignId), outcome: 'waiting', due: of }]
        const grant = earlier.get(of)
        return grant === undefined
          ? []
          : [{ ...about(campaignId), outcome: 'granted', grant: { ...grant, replayed: true } }]
      })
    }
    return outcomes.map(({ campaignId, outcome }): EventDecision => {
      if ('reason' in outcome) return { ...about(campaignId), outcome: 'refused', reason: outcome.reason }
      if ('waitingMs' in outcome) {
        return { ...about(campaignId), outcome: 'waiting', due: formatInstant(outcome.waitingMs) }
      }
      const replayed = outcome.replayed || recorded.duplicate ? { replayed: true } : {}
      return {
        ...about(campaignId),
        outcome: 'granted',
        grant: { ...presentGrant(outcome.grant), ...replayed },
      }
    })
  })
}
