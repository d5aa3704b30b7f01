import { addDuration } from '../platform/calendar.ts'
import { type Agenda, type AgendaItem, setAside } from './agenda.ts'
import type { DecideRequest } from './batch.ts'
import {
  barred,
  type CampaignFacts,
  type Candidate,
  type Decision,
  type RefusalReason,
  type Waiting,
} from './decide.ts'
import type { LedgerTables } from './ledgerTables.ts'
import type { CampaignStatus } from './lifecycle.ts'

/** The other thing was done: whoever waits with the same value need not be granted. */
export interface Cancel {
  userId: string
  value: string
  atMs: number
  /** Where the event stands in its request. */
  order: number
}

type Move = { atMs: number; request: number; order: number } & (
  | { candidate: Candidate; cancel?: undefined }
  | { cancel: Cancel; candidate?: undefined }
)

/**
 * Starts and cancels the timers of a campaign that rewards inaction, in the order in which things happened. There is
 * one open timer for a user and value: the first trigger starts it, further ones find it. An event cancels what began
 * before it and is not due yet by then. Answers what became of each candidate, in their order. Must run inside one
 * transaction.
 */
export function startTimers(
  tables: LedgerTables,
  agenda: Agenda,
  facts: CampaignFacts,
  status: CampaignStatus,
  requests: DecideRequest[],
  nowMs: number,
): (Decision | Waiting)[] {
  const { inaction } = facts
  if (inaction === undefined) throw new Error('Only inaction has timers')
  const candidates = requests.flatMap((request) => request.candidates)
  const triggers = candidates.map((candidate) => candidate.trigger)
  const granted = tables.grantsOf(triggers)
  const refused = tables.counts.refusalsOf(triggers)
  const bar = barred(status, facts, nowMs)
  const moves = movesOf(requests)
  const keyOf = ({ userId, value }: { userId: string; value: string }) => `${userId}\n${value}`
  const before = new Map(
    agenda.find(moves.map(({ candidate, cancel }) => candidate ?? cancel)).map((item) => [keyOf(item), item]),
  )
  const open = new Map<string, AgendaItem>(before)
  const over: AgendaItem[] = []
  const decisions = new Map<Candidate, Decision | Waiting>()

  const start = (candidate: Candidate): Decision | Waiting => {
    const grant = granted.get(candidate.trigger)
    if (grant !== undefined) return { grant, replayed: true }
    const reason = refused.get(candidate.trigger)
    if (reason !== undefined) return { refused: reason as RefusalReason, remembered: true }
    if (bar !== undefined) return { refused: bar }
    if (candidate.outsideAudience === true) return { refused: 'not_in_audience' }
    const { userId, value, eventId, atMs, chain } = candidate
    const running = open.get(keyOf(candidate))
    if (running !== undefined && atMs < running.dueMs) return { waitingMs: running.dueMs }
    // The timer that ran has had its time by then, although the alarm has not come to it yet.
    if (running !== undefined) over.push(setAside(running))
    const dueMs = addDuration(atMs, inaction.unless.within, facts.zone)
    open.set(keyOf(candidate), { userId, value, eventId, atMs, chain, dueMs })
    return { waitingMs: dueMs }
  }

  for (const { candidate, cancel } of moves) {
    if (candidate !== undefined) decisions.set(candidate, start(candidate))
    else {
      const running = open.get(keyOf(cancel))
      if (running !== undefined && running.atMs <= cancel.atMs && cancel.atMs < running.dueMs) {
        open.delete(keyOf(cancel))
      }
    }
  }
  agenda.remove([...before].filter(([key, item]) => open.get(key) !== item).map(([, item]) => item))
  agenda.add([
    ...over,
    ...[...open].filter(([key, item]) => before.get(key) !== item).map(([, item]) => item),
  ])
  return candidates.flatMap((candidate) => decisions.get(candidate) ?? [])
}

/** In the order of time, and of those of one moment in the order given; an event cancels before it starts anew. */
function movesOf(requests: DecideRequest[]): Move[] {
  const moves = requests.flatMap(({ candidates, cancels = [] }, request): Move[] => [
    ...cancels.map((cancel) => ({ atMs: cancel.atMs, request, order: cancel.order, cancel })),
    ...candidates.map((candidate) => ({ atMs: candidate.atMs, request, order: candidate.order, candidate })),
  ])
  return moves.sort(
    (one, other) =>
      one.atMs - other.atMs ||
      one.request - other.request ||
      one.order - other.order ||
      rank(one) - rank(other),
  )
}

const rank = ({ cancel }: Move) => (cancel === undefined ? 1 : 0)
