import type { Env } from '../env.ts'
import { faultPoint } from '../platform/faults.ts'
import type { RewardedGrant } from '../rewards/kind.ts'
import {
  type CampaignFacts,
  type Candidate,
  type Decision,
  decideAll,
  type RefusalReason,
  undo,
} from './decide.ts'
import type { LedgerHead } from './ledgerHead.ts'
import type { LedgerGrant, LedgerTables } from './ledgerTables.ts'
import { emptyOf, type Rewards, rewardedOf, rewardsFor } from './rewarded.ts'

/** What an intake brings to a ledger: candidates in order, and how many events were too old to be any. */
export interface DecideRequest {
  candidates: Candidate[]
  tooOld: number
}

/** What became of a candidate, ready to be written and answered. */
export type Outcome = { grant: RewardedGrant; replayed: boolean } | { reason: RefusalReason }

/**
 * Decides a batch in three moves: grants are decided and written in one transaction, what they give is got hold of,
 * and grants for which there was nothing are taken back. Must run in a lane: no other batch may come in between.
 */
export class BatchDecider {
  readonly #env: Env
  readonly #storage: DurableObjectStorage
  readonly #head: LedgerHead
  readonly #tables: LedgerTables

  constructor(env: Env, storage: DurableObjectStorage, head: LedgerHead, tables: LedgerTables) {
    this.#env = env
    this.#storage = storage
    this.#head = head
    this.#tables = tables
  }

  /**
   * Decides on the candidates of several requests, in order; the answers are in the same order.
   *
   * @param promise sees to it that the alarm finishes what was granted, should this die
   */
  async decide(requests: DecideRequest[], atMs: number, promise: () => Promise<void>): Promise<Outcome[][]> {
    const { facts, status } = this.#head
    const candidates = requests.flatMap((request) => request.candidates)
    if (facts === undefined)
      return requests.map(({ candidates: all }) => all.map(() => ({ reason: 'campaign_not_running' })))
    let decisions = this.#storage.transactionSync(() =>
      decideAll(this.#tables, facts, status, candidates, atMs, undefined),
    )
    const granted = decisions.flatMap((decision) => decision.grant ?? [])
    if (granted.length > 0) {
      await promise()
      faultPoint('decided')
    }
    const rewards = await rewardsFor(this.#env, facts, granted)
    const empty = emptyOf(granted, rewards)
    if (empty.length > 0) decisions = this.#decideAgain(facts, candidates, decisions, empty, rewards, atMs)
    this.#countRefusals(candidates, decisions, requests, atMs)
    const outcomes = decisions.map((decision) => outcomeOf(facts, decision, rewards))
    let offset = 0
    return requests.map((request) => {
      offset += request.candidates.length
      return outcomes.slice(offset - request.candidates.length, offset)
    })
  }

  /**
   * Something had nothing to give. Those grants are taken back, and whoever was refused behind them is judged again
   * with that knowledge, so that everybody gets the reason they would have got one at a time.
   */
  #decideAgain(
    facts: CampaignFacts,
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
      const again = decideAll(this.#tables, facts, this.#head.status, candidates, atMs, nothingLeft)
      // What stands was granted just now, by this very batch: it is no replay.
      return again.map((decision, index) => {
        const first = decisions[index]
        return first?.grant !== undefined && first.grant.id === decision.grant?.id ? first : decision
      })
    })
  }

  #countRefusals(
    candidates: Candidate[],
    decisions: Decision[],
    requests: DecideRequest[],
    atMs: number,
  ): void {
    const counted = new Map<string, number>()
    const add = (reason: string, n: number) => counted.set(reason, (counted.get(reason) ?? 0) + n)
    const fresh: { trigger: string; reason: string }[] = []
    decisions.forEach((decision, index) => {
      const trigger = candidates[index]?.trigger
      if (decision.grant !== undefined || decision.remembered || trigger === undefined) return
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

function outcomeOf(facts: CampaignFacts, decision: Decision, rewards: Rewards): Outcome {
  if (decision.grant === undefined) return { reason: decision.refused }
  const grant = rewardedOf(facts, decision.grant, rewards)
  if (grant === undefined) throw new Error('A grant that stands must have its reward')
  return { grant, replayed: decision.replayed }
}
