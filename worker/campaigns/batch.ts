import type { Env } from '../env.ts'
import { faultPoint } from '../platform/faults.ts'
import { dealOut } from '../platform/lane.ts'
import type { RewardedGrant } from '../rewards/kind.ts'
import type { Agenda } from './agenda.ts'
import {
  barred,
  type CampaignFacts,
  type Candidate,
  type Decision,
  decideAll,
  type RefusalReason,
  undo,
  type Waiting,
} from './decide.ts'
import type { LedgerHead } from './ledgerHead.ts'
import type { LedgerGrant, LedgerTables } from './ledgerTables.ts'
import type { CampaignStatus } from './lifecycle.ts'
import { emptyOf, idsOf, type Rewards, rewardedOf, rewardsFor } from './rewarded.ts'
import { type Cancel, startTimers } from './timers.ts'

/** What an intake brings to a ledger: candidates in order, and how many events were too old to be any. */
export interface DecideRequest {
  candidates: Candidate[]
  tooOld: number
  /** For inaction: the events that keep somebody from being granted. */
  cancels?: Cancel[]
  /** Brought by the ledger's own agenda: while nothing can be granted it is left undecided, and answered by nothing. */
  isDue?: true
}

/** What became of a candidate, ready to be written and answered. */
export type Outcome =
  | { grant: RewardedGrant; replayed: boolean }
  | { reason: RefusalReason }
  | { waitingMs: number }

/** How a ledger keeps what it has promised: the alarm goes off by then. */
export interface Promises {
  /** Sees to it that the alarm finishes what was granted, should this die. */
  fulfil: () => Promise<void>
  /** Sees to it that the alarm goes off for the agenda. */
  due: (dueMs: number) => Promise<void>
}

/**
 * Decides a batch in three moves: grants are decided and written in one transaction, what they give is got hold of,
 * and grants for which there was nothing are taken back. Must run in a lane: no other batch may come in between.
 */
export class BatchDecider {
  readonly #env: Env
  readonly #storage: DurableObjectStorage
  readonly #head: LedgerHead
  readonly #tables: LedgerTables
  readonly #agenda: Agenda

  constructor(
    env: Env,
    storage: DurableObjectStorage,
    head: LedgerHead,
    tables: LedgerTables,
    agenda: Agenda,
  ) {
    this.#env = env
    this.#storage = storage
    this.#head = head
    this.#tables = tables
    this.#agenda = agenda
  }

  /** Decides on the candidates of several requests, in order; the answers are in the same order. */
  async decide(requests: DecideRequest[], atMs: number, promises: Promises): Promise<Outcome[][]> {
    const { facts, status } = this.#head
    if (facts === undefined)
      return requests.map(({ candidates: all }) => all.map(() => ({ reason: 'campaign_not_running' })))
    const waits = (request: DecideRequest) => facts.inaction !== undefined && request.isDue !== true
    const isLeft = (request: DecideRequest) =>
      request.isDue === true && barred(status, facts, atMs) !== undefined
    const timed = requests.filter(waits)
    const judged = requests.filter((request) => !waits(request) && !isLeft(request))
    const outcomes = new Map<DecideRequest, Outcome[]>()
    // Both begin at once, before anything else can come in between: each is one transaction.
    const running = [this.#wait(facts, timed, atMs, promises), this.#judge(facts, judged, atMs, promises)]
    const [ofTimed, ofJudged] = await Promise.all(running)
    timed.forEach((request, index) => {
      outcomes.set(request, ofTimed?.[index] ?? [])
    })
    judged.forEach((request, index) => {
      outcomes.set(request, ofJudged?.[index] ?? [])
    })
    return requests.map((request) => outcomes.get(request) ?? [])
  }

  /** Triggers of a campaign that rewards inaction: whoever passes waits. */
  async #wait(
    facts: CampaignFacts,
    requests: DecideRequest[],
    atMs: number,
    promises: Promises,
  ): Promise<Outcome[][]> {
    if (requests.length === 0) return []
    const decisions = this.#storage.transactionSync(() =>
      startTimers(this.#tables, this.#agenda, facts, this.#head.status, requests, atMs),
    )
    const candidates = requests.flatMap((request) => request.candidates)
    this.#countRefusals(candidates, decisions, requests, atMs)
    const dueMs = this.#agenda.nextDue()
    if (dueMs !== null) await promises.due(dueMs)
    const granted = decisions.flatMap((decision) => decision.grant ?? [])
    const rewards = await rewardsFor(this.#env, facts, granted, idsOf(granted))
    return dealOut(
      decisions.map((decision) => outcomeOf(facts, decision, rewards)),
      requests.map((request) => request.candidates.length),
    )
  }

  async #judge(
    facts: CampaignFacts,
    requests: DecideRequest[],
    atMs: number,
    promises: Promises,
  ): Promise<Outcome[][]> {
    if (requests.length === 0) return []
    const { status } = this.#head
    const candidates = requests.flatMap((request) => request.candidates)
    let decisions = this.#storage.transactionSync(() =>
      decideAll(this.#tables, facts, status, candidates, atMs, undefined),
    )
    const granted = decisions.flatMap((decision) => decision.grant ?? [])
    if (granted.length > 0) {
      await promises.fulfil()
      faultPoint('decided')
    }
    const before = decisions.flatMap(({ grant, ...of }) =>
      grant !== undefined && 'replayed' in of && of.replayed ? [grant] : [],
    )
    const rewards = await rewardsFor(this.#env, facts, granted, idsOf(before))
    const empty = emptyOf(granted, rewards)
    if (empty.length > 0)
      decisions = this.#decideAgain(facts, status, candidates, decisions, empty, rewards, atMs)
    this.#countRefusals(candidates, decisions, requests, atMs)
    return dealOut(
      decisions.map((decision) => outcomeOf(facts, decision, rewards)),
      requests.map((request) => request.candidates.length),
    )
  }

  /**
   * Something had nothing to give. Those grants are taken back, and whoever was refused behind them is judged again
   * with that knowledge, so that everybody gets the reason they would have got one at a time. Nobody new is granted, so
   * the status is the one in which the batch was decided, whatever has come in between.
   */
  #decideAgain(
    facts: CampaignFacts,
    status: CampaignStatus,
    candidates: Candidate[],
    decisions: Decision[],
    empty: LedgerGrant[],
    rewards: Rewards,
    atMs: number,
  ): Decision[] {
    const nothingLeft = rewards.get(empty[0]?.id ?? '')
    if (typeof nothingLeft !== 'string') return decisions
    return this.#storage.transactionSync(() => {
      undo(this.#tables, facts.zone, empty)
      const again = decideAll(this.#tables, facts, status, candidates, atMs, nothingLeft)
      // What stands was granted just now, by this very batch: it is no replay.
      return again.map((decision, index) => {
        const first = decisions[index]
        return first?.grant !== undefined && first.grant.id === decision.grant?.id ? first : decision
      })
    })
  }

  #countRefusals(
    candidates: Candidate[],
    decisions: (Decision | Waiting)[],
    requests: DecideRequest[],
    atMs: number,
  ): void {
    const counted = new Map<string, number>()
    const add = (reason: string, n: number) => counted.set(reason, (counted.get(reason) ?? 0) + n)
    const fresh: { trigger: string; reason: string }[] = []
    decisions.forEach((decision, index) => {
      const trigger = candidates[index]?.trigger
      if (decision.refused === undefined) return
      if (decision.remembered === true || trigger === undefined) return
      add(decision.refused, 1)
      fresh.push({ trigger, reason: decision.refused })
    })
    for (const request of requests) add('event_too_old', request.tooOld)
    this.#storage.transactionSync(() => {
      this.#tables.counts.count(atMs, 0, 0, counted)
      this.#tables.counts.rememberRefusals(fresh, atMs)
    })
  }
}

function outcomeOf(facts: CampaignFacts, decision: Decision | Waiting, rewards: Rewards): Outcome {
  if ('waitingMs' in decision) return { waitingMs: decision.waitingMs }
  if (decision.grant === undefined) return { reason: decision.refused }
  const grant = rewardedOf(facts, decision.grant, rewards)
  if (grant === undefined) throw new Error('A grant that stands must have its reward')
  return { grant, replayed: decision.replayed }
}
