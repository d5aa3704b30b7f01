import { type Period, periodAt } from '../platform/calendar.ts'
import { newId } from '../platform/ids.ts'
import { drawOf } from '../rewards/draw.ts'
import type { NothingLeft, Prepared } from '../rewards/kind.ts'
import { amountOf } from '../rewards/kinds.ts'
import type { Chain } from '../rewards/rewardEvents.ts'
import type { Audience, Unless } from './contract.ts'
import type { Delivery } from './delivery.ts'
import type { LedgerGrant, LedgerTables } from './ledgerTables.ts'
import type { CampaignStatus } from './lifecycle.ts'
import {
  addToTally,
  emptyTally,
  judge,
  type LimitReason,
  type Limits,
  type Periods,
  type Tally,
  takeFromTally,
} from './limits.ts'

/** What a ledger knows of its campaign, pushed to it when the campaign is published or edited. */
export interface CampaignFacts {
  campaignId: string
  name: string
  zone: string
  startsMs: number
  endsMs: number | null
  limits: Limits
  prepared: Prepared
  /** For campaigns that reward what somebody did not do. */
  inaction?: Inaction
  /** For past and list campaigns: who, and when each of them. */
  run?: { audience: Audience; delivery: Delivery }
}

/** What must not happen after the trigger for a grant to be made, and the property that both events must share. */
export interface Inaction {
  unless: Unless
  same: string | undefined
}

/** Somebody who may be granted, and by what: the trigger is the grant's identity. */
export interface Candidate {
  trigger: string
  userId: string
  eventId: string | null
  /** The value of the property that the scheme reads. */
  property: unknown
  /** What led to the event. */
  chain: Chain
  /** When the event happened, and where it stands in its request. */
  atMs: number
  order: number
  /** For inaction: the value that the other event must share, as a key; empty when it need not. */
  value: string
  /** The campaign has an audience, and the user does not belong to it. */
  outsideAudience?: true
}

/** Everything that a grant can be refused for. */
export type RefusalReason =
  | 'campaign_not_running'
  | 'outside_window'
  | 'event_too_old'
  | 'not_in_audience'
  | LimitReason

/** What the ledger decided on one candidate. */
export type Decision =
  | { grant: LedgerGrant; replayed: boolean; refused?: undefined }
  | { refused: RefusalReason; grant?: undefined; remembered?: true }

/** What became of a trigger of inaction: its user waits, and until when. */
export type Waiting = { waitingMs: number; grant?: undefined; refused?: undefined }

/** The state of a campaign that bars every grant: it does not run, or its time is not now. */
export function barred(
  status: CampaignStatus,
  facts: { startsMs: number; endsMs: number | null },
  nowMs: number,
): 'campaign_not_running' | 'outside_window' | undefined {
  if (status !== 'running') return 'campaign_not_running'
  if (nowMs < facts.startsMs || (facts.endsMs !== null && nowMs >= facts.endsMs)) return 'outside_window'
  return undefined
}

/** The calendar day, week and month of a moment. */
export function periodsAt(nowMs: number, zone: string): Periods {
  const at = (period: Period) => periodAt(period, nowMs, zone)
  return { day: at('day'), week: at('week'), month: at('month') }
}

/**
 * Decides on candidates in their order and writes down what was granted, with all that it counts. Must run inside one
 * transaction: nothing may come between reading a tally and writing it.
 */
export function decideAll(
  tables: LedgerTables,
  facts: CampaignFacts,
  status: CampaignStatus,
  candidates: Candidate[],
  nowMs: number,
  nothingLeft: NothingLeft | undefined,
): Decision[] {
  const known = tables.grantsOf(candidates.map((candidate) => candidate.trigger))
  const refusals = tables.counts.refusalsOf(candidates.map((candidate) => candidate.trigger))
  const bar = barred(status, facts, nowMs)
  const periods = periodsAt(nowMs, facts.zone)
  const { campaign, users } = tables.tallies(candidates.map((candidate) => candidate.userId))
  const touched = new Map<string, Tally>()
  const granted: LedgerGrant[] = []
  let reached = 0
  let units = 0

  const decisions = candidates.map((candidate): Decision => {
    const before = known.get(candidate.trigger)
    if (before !== undefined) return { grant: before, replayed: true }
    const refusedBefore = refusals.get(candidate.trigger)
    if (refusedBefore !== undefined) return { refused: refusedBefore as RefusalReason, remembered: true }
    if (bar !== undefined) return { refused: bar }
    if (candidate.outsideAudience === true) return { refused: 'not_in_audience' }
    const user = users.get(candidate.userId) ?? emptyTally()
    const id = newId('grt', nowMs)
    const input = { property: candidate.property, draw: drawOf(tables.seed, id) }
    const award = amountOf(facts.prepared, input)
    const verdict = judge({ limits: facts.limits, periods, user, campaign, award, nothingLeft })
    if ('refused' in verdict) return { refused: verdict.refused }
    if (user.total === 0) reached += 1
    addToTally(user, periods, verdict.units)
    addToTally(campaign, periods, verdict.units)
    touched.set(candidate.userId, user)
    units += verdict.units ?? 0
    const asked = typeof award === 'number' ? award : null
    const { trigger, userId, eventId, chain } = candidate
    const grant = {
      trigger,
      id,
      userId,
      eventId,
      atMs: nowMs,
      units: verdict.units,
      asked,
      chain,
    }
    known.set(trigger, grant)
    granted.push(grant)
    return { grant, replayed: false }
  })

  if (granted.length > 0) {
    tables.addGrants(granted)
    tables.saveTallies(campaign, touched, reached)
    tables.counts.count(nowMs, granted.length, units, new Map())
  }
  return decisions
}

/**
 * Takes back grants that turned out to have nothing to give: rows, tallies and hours, as if they had not been. Those
 * that somebody else has taken back meanwhile are left alone.
 */
export function undo(tables: LedgerTables, zone: string, empty: LedgerGrant[]): void {
  const standing = tables.grantsOf(empty.map((grant) => grant.trigger))
  const grants = empty.filter((grant) => standing.get(grant.trigger)?.id === grant.id)
  uncount(tables, zone, grants)
  tables.removeGrants(grants.map((grant) => grant.trigger))
}

/** Takes grants out of the tallies and the hours in which they were counted. */
export function uncount(tables: LedgerTables, zone: string, grants: LedgerGrant[]): void {
  const { campaign, users } = tables.tallies(grants.map((grant) => grant.userId))
  let fewer = 0
  for (const grant of grants) {
    const periods = periodsAt(grant.atMs, zone)
    const user = users.get(grant.userId) ?? emptyTally()
    takeFromTally(user, periods, grant.units)
    takeFromTally(campaign, periods, grant.units)
    if (user.total === 0) fewer += 1
    tables.counts.count(grant.atMs, -1, -(grant.units ?? 0), new Map())
  }
  tables.saveTallies(campaign, users, -fewer)
}
