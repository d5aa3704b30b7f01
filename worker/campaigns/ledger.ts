import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../env.ts'
import { Alarm, OneAtATime, type Wakeable } from '../platform/alarm.ts'
import { loadClock, now } from '../platform/clock.ts'
import { Lane } from '../platform/lane.ts'
import { describeError, log } from '../platform/log.ts'
import type { NothingLeft, RewardedGrant } from '../rewards/kind.ts'
import { decimalsOf } from '../rewards/kinds.ts'
import { Agenda } from './agenda.ts'
import { AgendaWork } from './agendaWork.ts'
import { BatchDecider, type DecideRequest, type Outcome } from './batch.ts'
import type { TraceStep } from './contract.ts'
import type { CampaignFacts, Candidate } from './decide.ts'
import { type Explanation, explain } from './explain.ts'
import { failGrants, type GrantRef, reinstateGrant } from './failing.ts'
import type { CampaignVersion, LedgerStats, Settlement } from './ledgerCalls.ts'
import type { Slot } from './ledgerCounts.ts'
import { LedgerHead } from './ledgerHead.ts'
import { LedgerTables } from './ledgerTables.ts'
import { type CampaignStatus, type CampaignVerb, campaignLifecycle } from './lifecycle.ts'
import type { LimitReason } from './limits.ts'
import { mirrorCampaign } from './mirror.ts'
import { fulfilOutbox } from './outbox.ts'
import { idsOf, rewardedOf, rewardsFor } from './rewarded.ts'
import { RunRow } from './runState.ts'

/** How long a grant may wait for the request that caused it to fulfil it, before the alarm does. */
const OUTBOX_GRACE_MS = 5_000
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 300_000
const REMEMBER_REFUSALS_MS = 86_400_000

/** Decides and counts for one campaign. A thin shell: the rules are in `limits.ts` and `decide.ts`. */
export class CampaignLedger extends DurableObject<Env> implements Wakeable {
  readonly #tables: LedgerTables
  readonly #head: LedgerHead
  readonly #agenda: Agenda
  readonly #run: RunRow
  readonly #decider: BatchDecider
  readonly #agendaWork: AgendaWork
  readonly #lane = new Lane<DecideRequest, Outcome[]>((requests) => this.#decideBatch(requests), {
    maxBatchWeight: 2_000,
    maxWaitingWeight: 50_000,
    weightOf: (request) => request.candidates.length + 1,
  })
  readonly #waking = new OneAtATime()
  #alarm: Alarm | undefined
  #mirroring: Promise<void> = Promise.resolve()
  #failures = 0
  #lastMs = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#head = new LedgerHead(ctx.storage.sql)
    this.#tables = new LedgerTables(ctx.storage.sql)
    this.#agenda = new Agenda(ctx.storage.sql)
    this.#run = new RunRow(ctx.storage.sql)
    this.#decider = new BatchDecider(env, ctx.storage, this.#head, this.#tables, this.#agenda)
    this.#agendaWork = new AgendaWork({
      env,
      storage: ctx.storage,
      head: this.#head,
      tables: this.#tables,
      agenda: this.#agenda,
      run: this.#run,
      decide: (request) => this.#lane.run(request),
      now: () => this.#now(),
    })
    ctx.blockConcurrencyWhile(() => loadClock(env))
  }

  /**
   * Takes over a campaign that is published, or its changed facts, and answers its status. `overtaken` when it is no
   * longer in the status, or not in the revision, that whoever changed it saw.
   */
  async define(version: CampaignVersion, verb: 'publish' | 'edit'): Promise<CampaignStatus | 'overtaken'> {
    const { facts, definition, revision, seen } = version
    const { status, published } = this.#head
    const isNext = verb === 'publish' || published?.revision === revision - 1
    if (status !== seen || !isNext) return 'overtaken'
    const waits = facts.startsMs > this.#now() ? 'scheduled' : 'running'
    const next = verb === 'publish' || status === 'scheduled' ? waits : status
    this.#head.write(facts.campaignId, next, { facts, definition, revision })
    await this.#announce()
    return next
  }

  /** Moves the campaign along its lifecycle. It holds from the moment this has returned, everywhere. */
  async apply(campaignId: string, verb: CampaignVerb): Promise<CampaignStatus | 'wrong_status'> {
    const next = campaignLifecycle[this.#head.status][verb]
    if (next === undefined) return 'wrong_status'
    this.ctx.storage.transactionSync(() => {
      // A timer that fell due in a pause is dropped, also when the alarm is late.
      if (verb === 'resume' && this.#head.facts?.inaction !== undefined) this.#agenda.dropDue(this.#now())
      this.#head.write(campaignId, next, this.#head.published)
    })
    await this.#announce()
    return next
  }

  /** Decides on candidates, in order; the answers are in the same order. */
  decide(request: DecideRequest): Promise<Outcome[]> {
    return this.#lane.run(request)
  }

  /** Takes note that a batch has been written: grants are fulfilled, refusals need not be remembered. */
  settle({ granted, refused }: Settlement): void {
    this.ctx.storage.transactionSync(() => {
      this.#tables.settle(granted)
      this.#tables.counts.forgetRefusals(refused)
    })
  }

  /** Takes note of grants that could not be given after all: what they used is there for others. */
  failGrants(grants: GrantRef[]): void {
    const { facts } = this.#head
    if (facts !== undefined) this.ctx.storage.transactionSync(() => failGrants(this.#tables, facts, grants))
  }

  /** Counts a grant again that had failed; answers the limit that leaves no room for it. */
  reinstate(grant: GrantRef): LimitReason | undefined {
    const { facts } = this.#head
    if (facts === undefined) return undefined
    return this.ctx.storage.transactionSync(() => reinstateGrant(this.#tables, facts, grant, this.#now()))
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
    const run = this.#run.progress
    return {
      status,
      granted: campaign.total,
      units: campaign.units,
      failed: this.#tables.countFailed(),
      ...this.#tables.counts.sums(),
      ...(run === undefined ? {} : { run }),
      purse,
    }
  }

  /** What happened in each quarter of an hour. */
  slots(fromMs: number, toMs: number): Slot[] {
    return this.#tables.counts.slots(fromMs, toMs)
  }

  /** A page of grants, newest first. */
  listGrants(beforeSeq: number | undefined, limit: number) {
    return this.#tables.list(beforeSeq, limit)
  }

  /** Grants with what they gave, for those whose rows are not written yet. */
  async rewarded(triggers: string[]): Promise<RewardedGrant[]> {
    const { facts } = this.#head
    if (facts === undefined) return []
    const grants = [...this.#tables.grantsOf(triggers).values()]
    const rewards = await rewardsFor(this.env, facts, grants, idsOf(grants))
    return grants.flatMap((grant) => rewardedOf(facts, grant, rewards) ?? [])
  }

  /** What would be decided for a candidate, check by check, without any effect. */
  explain(
    candidate: Candidate,
    draft: CampaignFacts,
    nothingLeft: NothingLeft | undefined,
    atMs: number,
    audience: TraceStep | undefined,
  ): Explanation {
    const { facts = draft, status } = this.#head
    return explain(this.#tables, facts, status, candidate, nothingLeft, atMs, audience)
  }

  /** Takes a user's name out; counters stay. */
  forget(userId: string, alias: string): void {
    this.ctx.storage.transactionSync(() => {
      this.#tables.forget(userId, alias)
      this.#agendaWork.forget(userId, alias)
    })
  }

  override async alarm(): Promise<void> {
    this.#alarmOf()?.fired()
    await this.wake()
  }

  /** The runtime's alarm and the test clock may both call. */
  wake(): Promise<void> {
    return this.#waking.run(() => this.#work())
  }

  async #decideBatch(requests: DecideRequest[]): Promise<Outcome[][]> {
    const atMs = this.#now()
    await this.#startIfDue(atMs)
    const armBy = async (dueMs: number) => {
      await this.#alarmOf()?.armBy(dueMs, () => this.#nextDue())
    }
    return this.#decider.decide(requests, atMs, {
      fulfil: () => armBy(atMs + OUTBOX_GRACE_MS),
      due: armBy,
    })
  }

  async #work(): Promise<void> {
    try {
      await this.#startIfDue(this.#now())
      await this.#agendaWork.work()
      await this.#finishIfDue(this.#now())
      this.#tables.counts.forgetRefusalsBefore(this.#now() - REMEMBER_REFUSALS_MS)
      const { facts } = this.#head
      const untilMs = this.#now() - OUTBOX_GRACE_MS
      if (facts !== undefined) await fulfilOutbox(this.env, this.ctx.storage, this.#tables, facts, untilMs)
      await this.#mirror()
      this.#failures = 0
    } catch (error) {
      this.#failures += 1
      log('error', 'The work of a campaign failed; it is tried again', {
        campaign: this.#head.campaignId,
        ...describeError(error),
      })
    }
    await this.#alarmOf()?.arm(this.#nextDue())
  }

  async #startIfDue(atMs: number): Promise<void> {
    const { status, facts, campaignId } = this.#head
    if (status === 'scheduled' && facts !== undefined && facts.startsMs <= atMs)
      await this.apply(campaignId, 'start')
  }

  async #finishIfDue(atMs: number): Promise<void> {
    const { status, facts, campaignId } = this.#head
    const endsMs = facts?.endsMs ?? null
    const isOver =
      (endsMs !== null && endsMs <= atMs) || (status === 'running' && this.#agendaWork.isServed())
    if (!isOver || campaignLifecycle[status].finish === undefined) return
    await this.apply(campaignId, 'finish')
  }

  /** Tells the catalogue. It need not have heard before whoever asked is answered: what holds is what is here. */
  async #announce(): Promise<void> {
    await this.#alarmOf()?.arm(this.#nextDue())
    try {
      await this.#mirror()
    } catch (error) {
      log('warn', 'The catalogue has not heard of a campaign yet; the alarm tells it', {
        campaign: this.#head.campaignId,
        ...describeError(error),
      })
    }
  }

  /** One after the other, so that the last word is the one that stays. */
  #mirror(): Promise<void> {
    this.#mirroring = this.#mirroring.catch(() => {}).then(() => this.#mirrorOnce())
    return this.#mirroring
  }

  async #mirrorOnce(): Promise<void> {
    const { campaignId, status, published, mirrored, writes } = this.#head
    if (mirrored) return
    await mirrorCampaign(this.env, campaignId, status, published, this.#now())
    if (this.#head.writes === writes) this.#head.markMirrored()
    await this.#alarmOf()?.arm(this.#nextDue())
  }

  #nextDue(): number | null {
    const { status, facts, mirrored } = this.#head
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 20), LONGEST_RETRY_MS)
    const dues: number[] = mirrored ? [] : [this.#now() + retryMs]
    const oldest = this.#tables.oldestUnsettled()
    if (oldest !== null) {
      dues.push(this.#failures === 0 ? oldest + OUTBOX_GRACE_MS : this.#now() + retryMs)
    }
    if (status === 'scheduled' && facts !== undefined) dues.push(facts.startsMs)
    const agendaDue = this.#agendaWork.nextDue()
    if (agendaDue !== null)
      dues.push(this.#failures === 0 ? agendaDue : Math.max(agendaDue, this.#now() + retryMs))
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
