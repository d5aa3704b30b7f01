import { DurableObject } from 'cloudflare:workers'
import { CodeJobs } from '../codes/codeJobs.ts'
import { type Asking, type CodeStatus, CodeTable, type Taken } from '../codes/codeTable.ts'
import type { Pattern } from '../codes/pattern.ts'
import type { Env } from '../env.ts'
import { Alarm, OneAtATime, type Wakeable } from '../platform/alarm.ts'
import { loadClock, now } from '../platform/clock.ts'
import { createJob, type Job, saveProgress } from '../platform/jobs.ts'
import { Lane } from '../platform/lane.ts'
import { describeError, log } from '../platform/log.ts'
import { claimCodes, codesLeft, takenCodes } from './codeIndex.ts'
import { type CouponFacts, holdingExpiry } from './facts.ts'
import { type CouponStatus, type CouponVerb, couponLifecycle } from './lifecycle.ts'
import { mirrorCoupon } from './store.ts'

/** Why a grant gets no code. */
export type NotTaken = 'out_of_stock' | 'reward_inactive'

/** A grant that asks for a code of this coupon. */
export type CodeAsking = Omit<Asking, 'expiresMs'>

/** What a coupon's ledger says of it. `busy`: codes are being made or imported. */
export interface LedgerStats {
  status: CouponStatus
  distributed: number
  stock: { total: number; available: number } | null
  busy: boolean
}

/** A coupon's ledger row. */
interface Head {
  facts: CouponFacts | undefined
  status: CouponStatus
  mirrored: boolean
}

const RETRY_MS = 1_000
const STEP_BUDGET = 40

/** Decides and counts for one coupon: its codes, who holds them, and whether it can be had at all. */
export class CouponLedger extends DurableObject<Env> implements Wakeable {
  readonly #table: CodeTable
  readonly #jobs: CodeJobs
  readonly #requests = new Lane<
    { couponId: string; pattern: Pattern; count: number },
    Job | 'exhausted' | 'over'
  >((items) => Promise.all(items.map((item) => this.#queueGeneration(item))), {
    maxBatchWeight: 1,
    maxWaitingWeight: 100,
  })
  readonly #waking = new OneAtATime()
  #alarm: Alarm | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const sql = ctx.storage.sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY, coupon_id TEXT NOT NULL, facts TEXT, status TEXT NOT NULL,
        mirrored INTEGER NOT NULL)`)
    this.#table = new CodeTable(sql)
    this.#jobs = new CodeJobs(ctx.storage, this.#table, {
      claim: (codes) => claimCodes(env, this.#couponId(), codes),
      taken: (keys) => takenCodes(env, keys),
      report: (jobId, progress) => saveProgress(env, jobId, progress, now()),
    })
    ctx.blockConcurrencyWhile(() => loadClock(env))
  }

  /** Takes over the facts of a coupon that is published, or changed afterwards, and answers its status. */
  async define(facts: CouponFacts, verb: 'publish' | 'edit'): Promise<CouponStatus | 'wrong_status'> {
    const before = this.#head()?.status ?? 'draft'
    if (verb === 'publish' && before !== 'draft') return 'wrong_status'
    const status = verb === 'edit' ? before : facts.startsMs <= now() ? 'active' : 'scheduled'
    this.#write({ facts, status, mirrored: false }, facts.couponId)
    // An edit may have moved the start of a scheduled coupon to now.
    await this.#turn()
    await this.#arm()
    await this.#mirror()
    return this.#head()?.status ?? status
  }

  /** Moves the coupon along its lifecycle. It holds from the moment this has returned. */
  async apply(couponId: string, verb: CouponVerb): Promise<CouponStatus | 'wrong_status'> {
    const head = this.#head()
    const next = couponLifecycle[head?.status ?? 'draft'][verb]
    if (next === undefined) return 'wrong_status'
    this.#write({ facts: head?.facts, status: next, mirrored: false }, couponId)
    if (next === 'archived') {
      // The codes are given back now; a chunk in flight must not claim more of them afterwards.
      await this.#waking.settled()
      await this.#jobs.cancel()
    }
    await this.#arm()
    await this.#mirror()
    return next
  }

  /** Gives codes to grants, in order: each grant the same code however often it asks. One transaction. */
  take(askings: CodeAsking[]): Record<string, Taken | NotTaken> {
    return this.ctx.storage.transactionSync(() => {
      const head = this.#head()
      const before = this.#table.takenBy(askings.map((asking) => asking.grantId))
      const fresh = askings.filter((asking) => !before.has(asking.grantId))
      const answer: Record<string, Taken | NotTaken> = Object.fromEntries(before)
      const facts = head?.status === 'active' ? head.facts : undefined
      if (facts === undefined || isOver(facts, now())) {
        for (const { grantId } of fresh) answer[grantId] = 'reward_inactive'
        return answer
      }
      const dated = fresh.map((asking) => ({
        ...asking,
        expiresMs: holdingExpiry(facts, asking.redeemableMs),
      }))
      const taken =
        facts.code === null ? this.#table.takeUnique(dated) : this.#table.takeShared(dated, facts.code)
      for (const { grantId } of fresh) answer[grantId] = taken.get(grantId) ?? 'out_of_stock'
      return answer
    })
  }

  /** How many codes there are and are left (null for a single coupon, which has no end), and how many were given. */
  stats(): LedgerStats {
    const { total, available, distributed } = this.#table.counts()
    const head = this.#head()
    const stock = head?.facts?.kind === 'single' ? null : { total, available }
    return { status: head?.status ?? 'draft', distributed, stock, busy: this.#jobs.busy }
  }

  /**
   * Queues the making of codes; `exhausted` when the pattern has too few left for it, `over` when the coupon has ended,
   * both with nothing written.
   */
  generate(couponId: string, pattern: Pattern, count: number): Promise<Job | 'exhausted' | 'over'> {
    return this.#requests.run({ couponId, pattern, count })
  }

  async #queueGeneration(request: {
    couponId: string
    pattern: Pattern
    count: number
  }): Promise<Job | 'exhausted' | 'over'> {
    const { couponId, pattern, count } = request
    if (this.#isOver()) return 'over'
    const left = await codesLeft(this.env, pattern, count + this.#jobs.promised(pattern))
    if (left - this.#jobs.promised(pattern) < count) return 'exhausted'
    this.#know(couponId)
    const job = await createJob(this.env, 'generate_codes', count, now())
    this.#jobs.generate(job.id, pattern, count)
    await this.#arm()
    return job
  }

  /** Takes in a part of an uploaded file. */
  stage(couponId: string, uploadId: string, firstLine: number, text: string): void {
    this.#know(couponId)
    this.#jobs.stage(uploadId, firstLine, text)
  }

  /** Forgets an upload that broke off. */
  discard(uploadId: string): void {
    this.#jobs.discard(uploadId)
  }

  /** Starts the import of an upload that is complete; `over` when the coupon has ended, and the upload is forgotten. */
  async startImport(jobId: string, lines: number): Promise<Job | 'over'> {
    if (this.#isOver()) {
      this.#jobs.discard(jobId)
      return 'over'
    }
    const job = await createJob(this.env, 'import_codes', lines, now(), jobId)
    this.#jobs.startImport(jobId, lines)
    await this.#arm()
    return job
  }

  #isOver(): boolean {
    const status = this.#head()?.status
    return status === 'ended' || status === 'archived'
  }

  /** A page of the codes. */
  listCodes(status: CodeStatus | undefined, afterSeq: number, limit: number) {
    return this.#table.list(status, afterSeq, limit)
  }

  /** Takes a user's name out; counters stay. */
  forget(userId: string, alias: string): void {
    this.#table.forget(userId, alias)
  }

  override async alarm(): Promise<void> {
    this.#alarmOf()?.fired()
    await this.wake()
  }

  /** The runtime's alarm and the test clock may both call. */
  wake(): Promise<void> {
    return this.#waking.run(() => this.#work())
  }

  async #work(): Promise<void> {
    let retryMs: number | undefined
    try {
      await this.#turn()
      if (this.#head()?.status === 'archived') await this.#jobs.cancel()
      for (let step = 0; step < STEP_BUDGET && this.#head()?.status !== 'archived'; step++) {
        if (!(await this.#jobs.step())) break
      }
      await this.#mirror()
    } catch (error) {
      log('error', 'The work of a coupon failed; it is tried again', {
        coupon: this.#couponId(),
        ...describeError(error),
      })
      retryMs = now() + RETRY_MS
    }
    await this.#arm(retryMs)
  }

  /** Starts and ends the coupon when its time has come. */
  async #turn(): Promise<void> {
    const head = this.#head()
    if (head?.facts === undefined) return
    if (head.status === 'scheduled' && head.facts.startsMs <= now())
      await this.apply(head.facts.couponId, 'start')
    const { status } = this.#head() ?? head
    if (couponLifecycle[status].finish !== undefined && isOver(head.facts, now())) {
      await this.apply(head.facts.couponId, 'finish')
    }
  }

  async #mirror(): Promise<void> {
    const head = this.#head()
    if (head === undefined || head.mirrored) return
    await mirrorCoupon(this.env, this.#couponId(), head.status, head.facts ?? null, now())
    // Whatever was written in the meantime is still to be mirrored.
    if (JSON.stringify(this.#head()) === JSON.stringify(head))
      this.ctx.storage.sql.exec('UPDATE head SET mirrored = 1')
  }

  async #arm(retryMs?: number): Promise<void> {
    await this.#alarmOf()?.arm(retryMs ?? this.#nextDue())
  }

  #nextDue(): number | null {
    const head = this.#head()
    if (this.#jobs.busy || head?.mirrored === false) return now()
    if (head?.facts === undefined) return null
    if (head.status === 'scheduled') return head.facts.startsMs
    return couponLifecycle[head.status].finish === undefined ? null : head.facts.endsMs
  }

  #alarmOf(): Alarm | undefined {
    const couponId = this.#couponId()
    if (couponId === '') return undefined
    this.#alarm ??= new Alarm(this.ctx, this.env, `coupon:${couponId}`)
    return this.#alarm
  }

  #couponId(): string {
    const row = this.ctx.storage.sql.exec<{ coupon_id: string }>('SELECT coupon_id FROM head').toArray()[0]
    return row?.coupon_id ?? ''
  }

  #know(couponId: string): void {
    if (this.#couponId() === '') this.#write({ facts: undefined, status: 'draft', mirrored: true }, couponId)
  }

  #head(): Head | undefined {
    const row = this.ctx.storage.sql
      .exec<{ facts: string | null; status: string; mirrored: number }>(
        'SELECT facts, status, mirrored FROM head',
      )
      .toArray()[0]
    if (row === undefined) return undefined
    return {
      facts: row.facts === null ? undefined : (JSON.parse(row.facts) as CouponFacts),
      status: row.status as CouponStatus,
      mirrored: row.mirrored === 1,
    }
  }

  #write(head: Head, couponId: string): void {
    this.ctx.storage.sql.exec(
      `INSERT INTO head (id, coupon_id, facts, status, mirrored) VALUES (1, ?1, ?2, ?3, ?4)
       ON CONFLICT (id) DO UPDATE SET facts = ?2, status = ?3, mirrored = ?4`,
      couponId,
      head.facts === undefined ? null : JSON.stringify(head.facts),
      head.status,
      head.mirrored ? 1 : 0,
    )
  }
}

function isOver(facts: CouponFacts, atMs: number): boolean {
  return facts.endsMs !== null && facts.endsMs <= atMs
}
