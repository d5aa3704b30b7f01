import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../env.ts'
import { Alarm, OneAtATime, type Wakeable } from '../platform/alarm.ts'
import { breathe } from '../platform/breathe.ts'
import { loadClock, now } from '../platform/clock.ts'
import { faultPoint } from '../platform/faults.ts'
import { describeError, log } from '../platform/log.ts'
import { attempt } from './attempt.ts'
import { type Outcome, type PendingDelivery, readPending, writeOutcomes } from './deliveryRows.ts'
import { disableEndpoint, type Endpoint, findEndpoint, setFailing } from './endpointStore.ts'
import { reportFailures } from './reportFailures.ts'
import { SenderTable, type UnderWay } from './senderTable.ts'
import { hasFailedTooLong } from './verdict.ts'

/** How many deliveries are read and written together, and how many of them are on the wire at once. */
const ROUND = 200
const AT_ONCE = 32
/** What attempts have come to is kept by so many, and before so long. A crash in between repeats these attempts. */
const KEPT_TOGETHER = 100
const KEPT_WITHIN_MS = 1_000
/** After so many rounds the alarm is set anew: a handler of alarms may not run for ever. */
const ROUNDS_A_TURN = 100
const RETRY_MS = 5_000

/**
 * Sends what goes to one endpoint, so that one that hangs slows no other. What is taken on is written down before it is
 * acknowledged, and what an attempt has come to before anybody is told; a crash in between is mended by the alarm.
 */
export class EndpointSender extends DurableObject<Env> implements Wakeable {
  readonly #table: SenderTable
  readonly #waking = new OneAtATime()
  #alarm: Alarm | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#table = new SenderTable(ctx.storage.sql)
    ctx.blockConcurrencyWhile(() => loadClock(env))
  }

  /** Takes on deliveries, and answers before they are sent. Those that are dead are parked as failed instead. */
  async take(endpointId: string, refs: { id: string; userId: string }[], isDead: boolean): Promise<void> {
    this.#table.add(endpointId, refs, now(), isDead)
    await this.#alarmOf()?.armBy(now(), () => this.#table.nextDue())
    this.ctx.waitUntil(this.wake())
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
      for (let round = 0; round < ROUNDS_A_TURN; round++) {
        const due = this.#table.due(now(), ROUND)
        // What the round before has come to is told while this one is on the wire.
        const both = await Promise.allSettled([this.#settle(), this.#round(due)])
        for (const one of both) if (one.status === 'rejected') throw one.reason
        if (due.length === 0) break
        await breathe()
      }
    } catch (error) {
      log('error', 'Deliveries could not be sent; it is tried again', {
        endpoint: this.#table.endpointId,
        ...describeError(error),
      })
      retryMs = now() + RETRY_MS
    }
    const dueMs = this.#table.nextDue()
    await this.#alarmOf()?.arm(dueMs === null ? null : Math.max(dueMs, retryMs ?? 0))
  }

  async #round(due: UnderWay[]): Promise<void> {
    const { endpointId } = this.#table
    if (endpointId === undefined || due.length === 0) return
    const [endpoint, rows] = await Promise.all([
      findEndpoint(this.env, endpointId),
      readPending(this.env, due),
    ])
    this.#table.drop(due.filter((item) => !rows.has(item.id)).map((item) => item.id))
    const items = due.flatMap((item) => {
      const row = rows.get(item.id)
      return row === undefined ? [] : [{ item, row }]
    })
    const state = await this.#send(endpoint, items)
    faultPoint('sent')
    if (endpoint !== undefined) await this.#judgeEndpoint(endpoint, state)
  }

  /** Sends, so many at once, and keeps what it has come to. Answers what it says about the endpoint. */
  async #send(
    endpoint: Endpoint | undefined,
    items: { item: UnderWay; row: PendingDelivery }[],
  ): Promise<{ failingSinceMs: number | null; isGone: boolean }> {
    const state = { failingSinceMs: endpoint?.failingSinceMs ?? null, isGone: false }
    const fresh: Outcome[] = []
    let keptMs = now()
    // Not one by one: nothing goes out of an object while what it has written is not safe.
    const keep = () => {
      this.#table.keep(fresh.splice(0))
      keptMs = now()
    }
    let target = endpoint
    let next = 0
    const work = async () => {
      for (let entry = items[next++]; entry !== undefined; entry = items[next++]) {
        const result = await attempt(this.env, target, entry.item, entry.row)
        fresh.push(result.outcome)
        if (result.verdict === 'delivered') state.failingSinceMs = null
        else if (result.verdict !== 'unsent') state.failingSinceMs ??= result.atMs
        if (result.verdict === 'gone') {
          state.isGone = true
          target = endpoint && { ...endpoint, status: 'disabled' }
        }
        if (fresh.length >= KEPT_TOGETHER || now() - keptMs > KEPT_WITHIN_MS) keep()
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    keep()
    return state
  }

  /** Whoever answers 410, or has done nothing but fail for too long, is sent nothing any more. */
  async #judgeEndpoint(
    endpoint: Endpoint,
    { failingSinceMs, isGone }: { failingSinceMs: number | null; isGone: boolean },
  ): Promise<void> {
    const { id } = endpoint
    if (failingSinceMs !== endpoint.failingSinceMs) await setFailing(this.env, id, failingSinceMs)
    if (endpoint.status === 'disabled') return
    if (isGone) await disableEndpoint(this.env, id, 'It answered 410 Gone.', now())
    else if (hasFailedTooLong(failingSinceMs, now()))
      await disableEndpoint(this.env, id, 'It has done nothing but fail for 120 hours.', now())
  }

  /** Tells everybody what attempts have come to: the ledgers of grants that failed, then the rows. */
  async #settle(): Promise<void> {
    for (;;) {
      const outcomes: Outcome[] = this.#table.outcomes(ROUND)
      if (outcomes.length === 0) return
      await reportFailures(this.env, outcomes)
      faultPoint('failures reported')
      await writeOutcomes(this.env, outcomes)
      faultPoint('outcomes written')
      this.#table.settle(outcomes)
    }
  }

  #alarmOf(): Alarm | undefined {
    const { endpointId } = this.#table
    if (endpointId === undefined) return undefined
    this.#alarm ??= new Alarm(this.ctx, this.env, `endpoint:${endpointId}`)
    return this.#alarm
  }
}
