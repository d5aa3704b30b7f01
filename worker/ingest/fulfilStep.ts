import type { Settlement } from '../campaigns/ledgerCalls.ts'
import { liveIndexAt } from '../campaigns/liveIndex.ts'
import { campaignLedger } from '../campaigns/store.ts'
import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import { faultPoint } from '../platform/faults.ts'
import type { Meta } from '../platform/settings.ts'
import { fulfilStatements } from '../rewards/fulfil.ts'
import type { GrantToWrite, RewardedGrant } from '../rewards/kind.ts'
import { sendOn } from '../rewards/sendOn.ts'
import type { UserEvent } from '../users/event.ts'
import { decisionStatements, eventKey, type StoredDecision } from './record.ts'
import type { JudgedEvent } from './recorded.ts'

/**
 * Fourth step: write what was granted and what was decided, in one batch; send on what grants lead to, webhooks and
 * reward events that campaigns listen to; then settle with the ledgers.
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
  const grants = decided.flatMap(({ recorded: { event }, outcomes }) =>
    outcomes.flatMap(({ outcome }) => ('grant' in outcome ? [withEvent(outcome.grant, event)] : [])),
  )
  const statements = [
    ...(await fulfilStatements(db, grants)),
    ...decisionStatements(
      db,
      decided
        .filter(({ recorded }) => recorded.chain.depth === 0)
        .map(({ recorded, outcomes }) => ({ event: recorded.event, decisions: outcomes.map(storedOf) })),
    ),
  ]
  // Reward events that led to nothing leave nothing to write: they are recorded with their grants.
  if (statements.length > 0) await db.batch(statements)
  faultPoint('rows written')
  const index = await liveIndexAt(env, meta)
  await sendOn(env, grants, (eventName) => index.hears(eventName))
  faultPoint('queued')
  faultPoint('before settling')
  for (const [campaignId, settlement] of settlementsOf(decided)) {
    later(campaignLedger(env, campaignId).settle(settlement))
  }
}

/** The event of a grant goes along where its rows are made of it, so that it need not be looked up. */
function withEvent(grant: RewardedGrant, { id, name, properties }: UserEvent): GrantToWrite {
  return grant.prepared === undefined || grant.eventId !== id
    ? grant
    : { ...grant, event: { name, properties } }
}

function settlementsOf(decided: JudgedEvent[]): Map<string, Settlement> {
  const settlements = new Map<string, Settlement>()
  for (const { recorded, outcomes } of decided) {
    const trigger = eventKey(recorded.event)
    for (const { campaignId, outcome } of outcomes) {
      const settlement = settlements.get(campaignId) ?? { granted: [], refused: [] }
      settlements.set(campaignId, settlement)
      if ('grant' in outcome) settlement.granted.push({ trigger, id: outcome.grant.id })
      else if ('reason' in outcome) settlement.refused.push(trigger)
    }
  }
  return settlements
}

function storedOf({ campaignId, outcome }: JudgedEvent['outcomes'][number]): StoredDecision {
  if ('grant' in outcome) return [campaignId, 'granted', outcome.grant.id]
  if ('reason' in outcome) return [campaignId, 'refused', outcome.reason]
  return [campaignId, 'waiting', formatInstant(outcome.waitingMs)]
}
