import { formatInstant } from '../platform/calendar.ts'
import { newId } from '../platform/ids.ts'
import { drawOf } from '../rewards/draw.ts'
import type { NothingLeft } from '../rewards/kind.ts'
import { amountOf } from '../rewards/kinds.ts'
import type { TraceStep } from './contract.ts'
import { barred, type CampaignFacts, type Candidate, periodsAt, type RefusalReason } from './decide.ts'
import type { LedgerTables } from './ledgerTables.ts'
import type { CampaignStatus } from './lifecycle.ts'
import { emptyTally, limitChecks } from './limits.ts'

/** What would be decided, and every check on the way. */
export interface Explanation {
  reason: RefusalReason | undefined
  units: number | null
  trace: TraceStep[]
}

/**
 * Runs the checks of a decision without any effect. All of them are run and told, although the first that fails gives
 * the reason: whoever asks wants to see everything that is in the way.
 *
 * @param audience whether the user belongs to it, where the campaign has one: that is known elsewhere
 */
export function explain(
  tables: LedgerTables,
  facts: CampaignFacts,
  status: CampaignStatus,
  candidate: Candidate,
  nothingLeft: NothingLeft | undefined,
  atMs: number,
  audience: TraceStep | undefined,
): Explanation {
  const trace: TraceStep[] = []
  let reason: RefusalReason | undefined
  const tell = (check: string, refused: RefusalReason | undefined, detail: string) => {
    trace.push({ check, passed: refused === undefined, detail })
    reason ??= refused
  }

  tell('status', status === 'running' ? undefined : 'campaign_not_running', `the campaign is ${status}`)
  tell('window', barred('running', facts, atMs), windowInWords(facts, atMs))
  if (audience !== undefined) {
    tell(audience.check, audience.passed ? undefined : 'not_in_audience', audience.detail)
  }

  const { campaign, users } = tables.tallies([candidate.userId])
  const judged = {
    limits: facts.limits,
    periods: periodsAt(atMs, facts.zone),
    user: users.get(candidate.userId) ?? emptyTally(),
    campaign,
    // No grant is made, so a draw is one of those that might be.
    award: amountOf(facts.prepared, {
      property: candidate.property,
      draw: drawOf(tables.seed, newId('grt', atMs)),
    }),
    nothingLeft,
  }
  let units: number | null = null
  for (const check of limitChecks) {
    const checked = check.run(judged, units)
    tell(check.name, checked.refused, checked.detail())
    units = checked.units
  }
  return { reason, units, trace }
}

function windowInWords(facts: CampaignFacts, atMs: number): string {
  const end = facts.endsMs === null ? 'for ever' : `until just before ${formatInstant(facts.endsMs)}`
  return `it is ${formatInstant(atMs)}; the campaign runs from ${formatInstant(facts.startsMs)} ${end}`
}
