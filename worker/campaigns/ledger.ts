import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../env.ts'
import { Alarm, type Wakeable } from '../platform/alarm.ts'
import { loadClock, now } from '../platform/clock.ts'
import { byHome } from '../platform/databases.ts'
import { faultPoint } from '../platform/faults.ts'
import { Lane } from '../platform/lane.ts'
import { describeError, log } from '../platform/log.ts'
import type { GrantReward } from '../rewards/contract.ts'
import { fulfilStatements } from '../rewards/fulfil.ts'
import type { NothingLeft, Prepared, RewardedGrant } from '../rewards/kind.ts'
import { acquire, decimalsOf } from '../rewards/kinds.ts'
import {
  type CampaignFacts,
  type Candidate,
  type Decision,
  decideAll,
  type RefusalReason,
  undo,
} from './decide.ts'
import { type Explanation, explain } from './explain.ts'
import { LedgerHead } from './ledgerHead.ts'
import { type LedgerGrant, LedgerTables, type Slot } from './ledgerTables.ts'
import { type CampaignStatus, type CampaignVerb, campaignLifecycle } from './lifecycle.ts'
import { mirrorCampaign } from './mirror.ts'

/** What an intake brings to a ledger: candidates in order, and how many events were too old to be any. */
export interface DecideRequest {
  candidates: Candidate[]
  tooOld: number
}

/** What became of a candidate, ready to be written and answered. */
export type Outcome = { grant: RewardedGrant; replayed: boolean } | { reason: RefusalReason }

/** What a ledger has counted. Amounts are units of the purse's smallest part. */
export interface LedgerStats {
  status: CampaignStatus
  granted: number
  units: number
  users: number
  refused: Record<string, number>
  /** What amounts are counted in, and the budget; nothing before it is published. */
  purse: { decimals: number; budget: number | null; prepared: Prepared | null }
}

/** How long a grant may wait for the request that caused it to fulfil it, before the alarm does. */
const OUTBOX_GRACE_MS = 5_000
const OUTBOX_PAGE = 500
const RETRY_MS = 1_000

/** Decides and counts for one campaign. A thin shell: the rules are in `limits.ts` and `decide.ts`. */
export class CampaignLedger extends DurableObject<Env> implements Wakeable {
  readonly #tables: LedgerTables
  readonly #head: LedgerHead
  readonly #lane = new Lane<DecideRequest, Outcome[]>((requests) => this.#decideBatch(requests), {
    maxBatchWeight: 2_000,
    maxWaitingWeight: 50_000,
    weightOf: (request) => request.candidates.length + 1,
  })
  #alarm: Alarm | undefined
  #working: Promise<void> | undefined
  #lastMs = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#head = new LedgerHead(ctx.storage.sql)
    this.#tables = new LedgerTables(ctx.storage.sql)
    ctx.blockConcurrencyWhile(() => loadClock(env))
  }

  /** Takes over a campaign that is published, or its changed facts, and answers its status. */
  async define(facts: CampaignFacts, verb: 'publish' | 'edit'): Promise<CampaignStatus | 'wrong_status'> {
    const { status } = this.#head
    if (verb === 'publish' && status !== 'draft') return 'wrong_status'
    const next = verb === 'edit' ? status : facts.startsMs <= this.#now() ? 'running' : 'scheduled'
    this.#head.write(facts.campaignId, next, facts)
    await this.#announce()
    return next
  }

  /** Moves the campaign along its lifecycle. It holds from the moment this has returned, everywhere. */
  async apply(campaignId: string, verb: CampaignVerb): Promise<CampaignStatus | 'wrong_status'> {
    const next = campaignLifecycle[this.#head.status][verb]
    if (next === undefined) return 'wrong_status'
    this.#head.write(campaignId, next, this.#head.facts)
    await this.#announce()
    return next
  }

  /** Decides on candidates, in order; the answers are in the same order. */
  decide(request: DecideRequest): Promise<Outcome[]> {
    return this.#lane.run(request)
  }

  /** Marks grants as fulfilled: every row they make has been written. */
  settle(triggers: string[]): void {
    this.#tables.settle(triggers)
  }

  /** The exact counts. */
  stats(): LedgerStats {
    const { campaign } = this.#tables.tallies([])
    const { status, facts } = this.#head
    const purse = {
      decimals: facts === undefined ? 0 : decimalsOf(facts.prepared),
      budget: facts?.limits.budget.campaign ?? null,
      prepared: facts?.prepared ?? null,
    }
    return { status, granted: campaign.total, units: campaign.units, ...this.#tables.sums(), purse }
  }

  /** What happened in each quarter of an hour. */
  slots(fromMs: number, toMs: number): Slot[] {
    return this.#tables.slots(fromMs, toMs)
  }

  /** A page of grants, newest first. */
  listGrants(beforeSeq: number | undefined, limit: number) {
    return this.#tables.list(beforeSeq, limit)
  }

  /** What would be decided for a candidate, check by check, without any effect. */
  explain(candidate: Candidate, draft: CampaignFacts, atMs: number): Explanation {
    return explain(this.#tables, this.#head.facts ?? draft, this.#head.status, candidate, atMs)
  }

  /** Takes a user's name out; counters stay. */
  forget(userId: string, alias: string): void {
    this.ctx.storage.transactionSync(() => this.#tables.forget(userId, alias))
  }

  override async alarm(): Promise<void> {
    this.#alarmOf()?.fired()
    await this.wake()
  }

  async wake(): Promise<void> {
    // One at a time: the runtime's alarm and the test clock may both call.
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
    await this.#working
  }

  async #decideBatch(requests: DecideRequest[]): Promise<Outcome[][]> {
    const atMs = this.#now()
    await this.#startIfDue(atMs)
    const { facts, status } = this.#head
    const candidates = requests.flatMap((request) => request.candidates)
    if (facts === undefined)
      return requests.map(({ candidates: all }) => all.map(() => ({ reason: 'campaign_not_running' })))
    let decisions = this.ctx.storage.transactionSync(() =>
      decideAll(this.#tables, facts, status, candidates, atMs, undefined),
    )
    const granted = decisions.flatMap((decision) => decision.grant ?? [])
    if (granted.length > 0) {
      await this.#alarmOf()?.armBy(atMs + OUTBOX_GRACE_MS, () => this.#nextDue())
      faultPoint('decided')
    }
    const rewards = await this.#acquire(facts, granted)
    const empty = granted.filter((grant) => typeof rewards.get(grant.id) === 'string')
    if (empty.length > 0) decisions = this.#decideAgain(facts, candidates, decisions, empty, rewards, atMs)
    this.#countRefusals(decisions, requests, atMs)
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
    rewards: Map<string, GrantReward | NothingLeft>,
    atMs: number,
  ): Decision[] {
    const nothingLeft = rewards.get(empty[0]?.id ?? '')
    if (typeof nothingLeft !== 'string') return decisions
    return this.ctx.storage.transactionSync(() => {
      undo(this.#tables, facts.zone, empty)
      const again = decideAll(this.#tables, facts, this.#head.status, candidates, atMs, nothingLeft)
      // What stands was granted just now, by this very batch: it is no replay.
      return again.map((decision, index) => {
        const first = decisions[index]
        return first?.grant !== undefined && first.grant.id === decision.grant?.id ? first : decision
      })
    })
  }

  async #acquire(
    facts: CampaignFacts,
    grants: LedgerGrant[],
  ): Promise<Map<string, GrantReward | NothingLeft>> {
    if (grants.length === 0) return new Map()
    const given = await acquire(this.env, facts.prepared, grants)
    faultPoint('code taken')
    return new Map(grants.map((grant, index) => [grant.id, given[index] as GrantReward | NothingLeft]))
  }

  #countRefusals(decisions: Decision[], requests: DecideRequest[], atMs: number): void {
    const refused = new Map<string, number>()
    const add = (reason: string, n: number) => refused.set(reason, (refused.get(reason) ?? 0) + n)
    for (const decision of decisions) if (decision.grant === undefined) add(decision.refused, 1)
    for (const request of requests) add('event_too_old', request.tooOld)
    this.ctx.storage.transactionSync(() => this.#tables.count(atMs, 0, 0, refused))
  }

  async #work(): Promise<void> {
    let retryMs: number | undefined
    try {
      await this.#startIfDue(this.#now())
      await this.#finishIfDue(this.#now())
      await this.#fulfilOutbox()
      if (!this.#head.mirrored) await this.#mirror()
    } catch (error) {
      log('error', 'The work of a campaign failed; it is tried again', {
        campaign: this.#head.campaignId,
        ...describeError(error),
      })
      retryMs = this.#now() + RETRY_MS
    }
    await this.#alarmOf()?.arm(retryMs ?? this.#nextDue())
  }

  async #startIfDue(atMs: number): Promise<void> {
    const { status, facts, campaignId } = this.#head
    if (status === 'scheduled' && facts !== undefined && facts.startsMs <= atMs)
      await this.apply(campaignId, 'start')
  }

  async #finishIfDue(atMs: number): Promise<void> {
    const { status, facts, campaignId } = this.#head
    const endsMs = facts?.endsMs ?? null
    if (endsMs === null || endsMs > atMs || campaignLifecycle[status].finish === undefined) return
    await this.apply(campaignId, 'finish')
  }

  /** Finishes what a request that died left behind. Everything is keyed by the grant, so doing it twice is no harm. */
  async #fulfilOutbox(): Promise<void> {
    const { facts } = this.#head
    if (facts === undefined) return
    for (;;) {
      const waiting = this.#tables.outbox(this.#now() - OUTBOX_GRACE_MS, OUTBOX_PAGE)
      if (waiting.length === 0) return
      const rewards = await this.#acquire(facts, waiting)
      const empty = waiting.filter((grant) => typeof rewards.get(grant.id) === 'string')
      if (empty.length > 0) this.ctx.storage.transactionSync(() => undo(this.#tables, facts.zone, empty))
      const rewarded = waiting.flatMap((grant) => rewardedOf(facts, grant, rewards) ?? [])
      for (const { db, things } of byHome(this.env, rewarded, (grant) => grant.userId)) {
        if (things.length > 0) await db.batch(fulfilStatements(db, things))
      }
      this.#tables.settle(waiting.map((grant) => grant.trigger))
    }
  }

  async #announce(): Promise<void> {
    await this.#alarmOf()?.arm(this.#nextDue())
    await this.#mirror()
  }

  async #mirror(): Promise<void> {
    const { campaignId, status, facts } = this.#head
    await mirrorCampaign(this.env, campaignId, status, facts, this.#now())
    if (this.#head.status === status) this.#head.markMirrored()
    await this.#alarmOf()?.arm(this.#nextDue())
  }

  #nextDue(): number | null {
    const { status, facts, mirrored } = this.#head
    if (!mirrored) return this.#now() + RETRY_MS
    const dues: number[] = []
    const oldest = this.#tables.oldestUnsettled()
    if (oldest !== null) dues.push(oldest + OUTBOX_GRACE_MS)
    if (status === 'scheduled' && facts !== undefined) dues.push(facts.startsMs)
    if (campaignLifecycle[status].finish !== undefined && facts?.endsMs != null) dues.push(facts.endsMs)
    return dues.length === 0 ? null : Math.min(...dues)
  }

  #alarmOf(): Alarm | undefined {
    const { campaignId } = this.#head
    if (campaignId === '') return undefined
    this.#alarm ??= new Alarm(this.ctx, this.env, `campaign:${campaignId}`)
    return this.#alarm
  }

  /** Time as this ledger sees it: it never runs backwards, whatever the machine's clock does. */
  #now(): number {
    this.#lastMs = Math.max(this.#lastMs, now())
    return this.#lastMs
  }
}

function outcomeOf(
  facts: CampaignFacts,
  decision: Decision,
  rewards: Map<string, GrantReward | NothingLeft>,
): Outcome {
  if (decision.grant === undefined) return { reason: decision.refused }
  const grant = rewardedOf(facts, decision.grant, rewards)
  if (grant === undefined) throw new Error('A grant that stands must have its reward')
  return { grant, replayed: decision.replayed }
}

function rewardedOf(
  facts: CampaignFacts,
  grant: LedgerGrant,
  rewards: Map<string, GrantReward | NothingLeft>,
): RewardedGrant | undefined {
  const reward = rewards.get(grant.id)
  if (reward === undefined || typeof reward === 'string') return undefined
  const { id, userId, eventId, atMs, units, asked } = grant
  const { campaignId, name, prepared } = facts
  return {
    id,
    userId,
    eventId,
    atMs,
    units,
    asked,
    campaignId,
    campaignName: name,
    decimals: decimalsOf(prepared),
    reward,
  }
}
