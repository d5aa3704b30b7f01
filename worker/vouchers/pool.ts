import { DurableObject } from 'cloudflare:workers'
import { CodeJobs } from '../codes/codeJobs.ts'
import { CodeTable } from '../codes/codeTable.ts'
import type { Env } from '../env.ts'
import { Alarm, OneAtATime, type Wakeable } from '../platform/alarm.ts'
import { loadClock, now } from '../platform/clock.ts'
import { createJob, type Job, saveProgress } from '../platform/jobs.ts'
import { Lane } from '../platform/lane.ts'
import { describeError, log } from '../platform/log.ts'
import { type AssignAsking, Assigner, type AssignOutcome } from './assign.ts'
import { Assignments } from './assignments.ts'
import { MAX_CODES } from './contract.ts'
import { type VoucherListStatus, type VoucherListVerb, voucherListLifecycle } from './lifecycle.ts'
import type { PoolStats, VoucherListChange } from './poolCalls.ts'
import { PoolHead, type VoucherListDefinition } from './poolHead.ts'
import { mirrorVoucherList } from './store.ts'
import { takeVouchers, type VoucherAsking, type VoucherNotTaken, type VoucherTaken } from './take.ts'

/** How long an assignment may wait for the request that asked for it to write its row, before the alarm does. */
const OUTBOX_GRACE_MS = 5_000
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 300_000
const STEP_BUDGET = 40

/** One voucher list: its codes, who holds them, and whether it gives any. */
export class VoucherPool extends DurableObject<Env> implements Wakeable {
  readonly #head: PoolHead
  readonly #table: CodeTable
  readonly #jobs: CodeJobs
  readonly #assignments: Assignments
  readonly #assigner: Assigner
  readonly #lane = new Lane<AssignAsking, AssignOutcome>((askings) => this.#assign(askings), {
    maxBatchWeight: 500,
    maxWaitingWeight: 10_000,
  })
  readonly #waking = new OneAtATime()
  #alarm: Alarm | undefined
  #mirroring: Promise<void> = Promise.resolve()
  #failures = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const { storage } = ctx
    this.#head = new PoolHead(storage.sql)
    this.#table = new CodeTable(storage.sql)
    this.#jobs = new CodeJobs(storage, this.#table, {
      capacity: MAX_CODES,
      report: (jobId, progress) => saveProgress(env, jobId, progress, now()),
    })
    this.#assignments = new Assignments(storage.sql)
    this.#assigner = new Assigner(env, storage, this.#head, this.#table, this.#assignments)
    ctx.blockConcurrencyWhile(() => loadClock(env))
  }

  /** Takes over a list that is about to be written into the catalogue. */
  async define(definition: VoucherListDefinition): Promise<void> {
    this.#head.write(definition, 'active', true)
    await this.#arm()
  }

  /** Forgets a list that could not be written into the catalogue after all. */
  async discard(): Promise<void> {
    await this.#alarmOf()?.arm(null)
    await this.ctx.storage.deleteAll()
  }

  /** Changes the list and answers its status; a list that had expired and no longer has is active again. */
  async change(change: VoucherListChange): Promise<VoucherListStatus | 'not_editable'> {
    this.#turn()
    const { definition, status } = this.#head.get()
    if (status === 'archived') return 'not_editable'
    const next = { ...definition, ...change }
    const extended = next.expiresMs > now() ? voucherListLifecycle[status].extend : undefined
    this.#head.write(next, extended ?? status, false)
    this.#turn()
    await this.#announce()
    return this.#head.get().status
  }

  /** Moves the list along its lifecycle. It holds from the moment this has returned, everywhere. */
  async apply(verb: VoucherListVerb): Promise<VoucherListStatus | 'wrong_status'> {
    this.#turn()
    const { definition, status } = this.#head.get()
    const next = voucherListLifecycle[status][verb]
    if (next === undefined) return 'wrong_status'
    this.#head.write(definition, next, false)
    if (next === 'archived') {
      // A chunk in flight is let finish; no other comes after it.
      await this.#waking.settled()
      await this.#jobs.cancel()
    }
    await this.#announce()
    return next
  }

  /** Gives codes to grants, in order: each grant the same code however often it asks. One transaction. */
  take(askings: VoucherAsking[]): Record<string, VoucherTaken | VoucherNotTaken> {
    this.#turn()
    return this.ctx.storage.transactionSync(() => takeVouchers(this.#head, this.#table, askings))
  }

  /** Gives a user a code by API, and writes it into their holdings. */
  assign(asking: AssignAsking): Promise<AssignOutcome> {
    return this.#lane.run(asking)
  }

  /** What the list is, how many codes there are and are left, and how many were given. */
  stats(): PoolStats {
    this.#turn()
    const { total, available, distributed } = this.#table.counts()
    const { definition, status } = this.#head.get()
    return { definition, status, stock: { total, available }, assigned: distributed }
  }

  /** Takes in a part of an uploaded file. */
  stage(uploadId: string, firstLine: number, text: string): void {
    this.#jobs.stage(uploadId, firstLine, text)
  }

  /** Forgets an upload that broke off. */
  discardUpload(uploadId: string): void {
    this.#jobs.discard(uploadId)
  }

  /** Starts the import of an upload that is complete; a list that is over takes no codes, and the upload is forgotten. */
  async startImport(jobId: string, lines: number): Promise<Job | 'expired' | 'archived'> {
    this.#turn()
    const { status } = this.#head.get()
    if (status === 'expired' || status === 'archived') {
      this.#jobs.discard(jobId)
      return status
    }
    const job = await createJob(this.env, 'import_codes', lines, now(), jobId)
    this.#jobs.startImport(jobId, lines)
    await this.#arm()
    return job
  }

  /** A page of the codes. */
  listCodes(status: 'available' | 'assigned' | undefined, afterSeq: number, limit: number) {
    return this.#table.list(status, afterSeq, limit)
  }

  /** Takes a user's name out; counters stay. */
  forget(userId: string, alias: string): void {
    this.#assigner.forget(userId, alias)
  }

  override async alarm(): Promise<void> {
    this.#alarmOf()?.fired()
    await this.wake()
  }

  /** The runtime's alarm and the test clock may both call. */
  wake(): Promise<void> {
    return this.#waking.run(() => this.#work())
  }

  #assign(askings: AssignAsking[]): Promise<AssignOutcome[]> {
    this.#turn()
    const dueMs = now() + OUTBOX_GRACE_MS
    return this.#assigner.assign(askings, async () => {
      await this.#alarmOf()?.armBy(dueMs, () => Math.min(dueMs, this.#nextDue() ?? dueMs))
    })
  }

  async #work(): Promise<void> {
    if (this.#head.find() === undefined) return
    try {
      this.#turn()
      await this.#assigner.finish(now() - OUTBOX_GRACE_MS)
      const isArchived = () => this.#head.get().status === 'archived'
      if (isArchived()) await this.#jobs.cancel()
      for (let step = 0; step < STEP_BUDGET && !isArchived(); step++) {
        if (!(await this.#jobs.step())) break
      }
      this.#assignments.prune(now())
      await this.#mirror()
      this.#failures = 0
    } catch (error) {
      this.#failures += 1
      log('error', 'The work of a voucher list failed; it is tried again', {
        list: this.#head.find()?.definition.listId,
        ...describeError(error),
      })
    }
    await this.#arm()
  }

  /** Ends the list when its time has come, whoever notices first. */
  #turn(): void {
    const head = this.#head.find()
    const next = head && voucherListLifecycle[head.status].expire
    if (head === undefined || next === undefined || head.definition.expiresMs > now()) return
    this.#head.write(head.definition, next, false)
  }

  /** Tells the catalogue. It need not have heard before whoever asked is answered: what holds is what is here. */
  async #announce(): Promise<void> {
    await this.#arm()
    try {
      await this.#mirror()
    } catch (error) {
      log(
        'warn',
        'The catalogue has not heard of a voucher list yet; the alarm tells it',
        describeError(error),
      )
    }
  }

  /** One after the other, so that the last word is the one that stays. */
  #mirror(): Promise<void> {
    this.#mirroring = this.#mirroring.catch(() => {}).then(() => this.#mirrorOnce())
    return this.#mirroring
  }

  async #mirrorOnce(): Promise<void> {
    const { definition, status, mirrored, writes } = this.#head.get()
    if (mirrored) return
    await mirrorVoucherList(this.env, definition, status, now())
    this.#head.markMirrored(writes)
    await this.#arm()
  }

  async #arm(): Promise<void> {
    await this.#alarmOf()?.arm(this.#nextDue())
  }

  #nextDue(): number | null {
    const head = this.#head.find()
    if (head === undefined) return null
    const nowMs = now()
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 20), LONGEST_RETRY_MS)
    const soonest = this.#failures === 0 ? nowMs : nowMs + retryMs
    const dues = this.#jobs.busy ? [soonest] : []
    if (!head.mirrored) dues.push(nowMs + retryMs)
    const oldest = this.#assignments.oldestOpen()
    if (oldest !== null) dues.push(Math.max(oldest + OUTBOX_GRACE_MS, soonest))
    if (voucherListLifecycle[head.status].expire !== undefined) {
      dues.push(head.definition.expiresMs)
    }
    return dues.length === 0 ? null : Math.min(...dues)
  }

  #alarmOf(): Alarm | undefined {
    const head = this.#head.find()
    if (head !== undefined)
      this.#alarm ??= new Alarm(this.ctx, this.env, `vouchers:${head.definition.listId}`)
    return this.#alarm
  }
}
