import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../env.ts'
import { Alarm, OneAtATime, type Wakeable } from '../platform/alarm.ts'
import { loadClock, now } from '../platform/clock.ts'
import { userDatabases } from '../platform/databases.ts'
import { describeError, log } from '../platform/log.ts'
import { type DeliveryRef, handOver } from './queue.ts'

/** How long after it was due a delivery counts as lost. */
const LOST_AFTER_MS = 60_000
const PAGE = 1_000
const RETRY_MS = 30_000

/**
 * Looks after the deliveries of one user database: what is pending long after it was due was lost on its way, and is
 * handed over to its endpoint. Awake only while something is pending.
 */
export class DeliverySweeper extends DurableObject<Env> implements Wakeable {
  readonly #waking = new OneAtATime()
  #alarm: Alarm | undefined
  /** How often somebody has announced deliveries: tells whether one came in between. */
  #announced = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY, home INTEGER NOT NULL)')
    ctx.blockConcurrencyWhile(() => loadClock(env))
  }

  /** Takes note that there are deliveries in this database, before they are put into the queue. */
  async expect(home: number): Promise<void> {
    this.ctx.storage.sql.exec('INSERT INTO head VALUES (1, ?1) ON CONFLICT DO NOTHING', home)
    this.#announced += 1
    const dueMs = now() + LOST_AFTER_MS
    // After a restart it is not known what alarm stands; one that goes off early finds nothing and is set again.
    await this.#alarmOf()?.armBy(dueMs, () => dueMs)
  }

  override async alarm(): Promise<void> {
    this.#alarmOf()?.fired()
    await this.wake()
  }

  /** The runtime's alarm and the test clock may both call. */
  wake(): Promise<void> {
    return this.#waking.run(() => this.#sweep())
  }

  async #sweep(): Promise<void> {
    const db = userDatabases(this.env)[this.#home() ?? -1]
    if (db === undefined) return
    try {
      const lost = await this.#takeLost(db)
      if (lost.length > 0) {
        log('warn', 'Deliveries were lost on their way; they are sent again', { count: lost.length })
        await handOver(this.env, lost)
      }
      const announced = this.#announced
      const next = await db
        .prepare(
          `SELECT due_ms AS dueMs FROM deliveries INDEXED BY deliveries_due WHERE status = 'pending'
           ORDER BY due_ms LIMIT 1`,
        )
        .first<{ dueMs: number }>()
      const dues = next === null ? [] : [next.dueMs + LOST_AFTER_MS]
      if (announced !== this.#announced) dues.push(now() + LOST_AFTER_MS)
      await this.#alarmOf()?.arm(dues.length === 0 ? null : Math.min(...dues))
    } catch (error) {
      log('error', 'Deliveries could not be looked after; it is tried again', describeError(error))
      await this.#alarmOf()?.arm(now() + RETRY_MS)
    }
  }

  /** Those that are overdue count as due now, so that the next sweep leaves them the same time again. */
  async #takeLost(db: D1Database): Promise<DeliveryRef[]> {
    const { results } = await db
      .prepare(
        `UPDATE deliveries SET due_ms = ?1 WHERE id IN (
           SELECT id FROM deliveries INDEXED BY deliveries_due WHERE status = 'pending' AND due_ms <= ?2 ORDER BY due_ms LIMIT ?3)
         RETURNING id, user_id AS userId, endpoint_id AS endpointId`,
      )
      .bind(now(), now() - LOST_AFTER_MS, PAGE)
      .all<DeliveryRef & Record<string, unknown>>()
    return results
  }

  #home(): number | undefined {
    return this.ctx.storage.sql.exec<{ home: number }>('SELECT home FROM head').toArray()[0]?.home
  }

  #alarmOf(): Alarm | undefined {
    const home = this.#home()
    if (home === undefined) return undefined
    this.#alarm ??= new Alarm(this.ctx, this.env, `sweep:${home}`)
    return this.#alarm
  }
}
