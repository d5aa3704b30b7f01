import type { Env } from '../env.ts'
import { machineTime } from './clock.ts'

/**
 * The runtime takes no alarm after the year 2189. What is due later, such as an end in 9999, is due then: an alarm that
 * goes off early finds nothing.
 */
const LATEST_ALARM_MS = Date.UTC(2189, 0, 1)

/**
 * The one owner of an object's one alarm. It is set for the earliest thing due, even when that is overdue.
 *
 * Local mode also writes the moment down in the catalogue, because the test clock must find, over all objects,
 * what is due next. That row is written before the caller answers, so the clock never misses what was promised.
 */
export class Alarm {
  readonly #state: DurableObjectState
  readonly #env: Env
  readonly #name: string
  /** What was asked for last; undefined when it is not known what stands. */
  #armedMs: number | null | undefined
  #machineMs: number | null | undefined
  #setting: Promise<void> = Promise.resolve()

  /** @param name `<kind>:<id>`, by which the test clock finds the object again */
  constructor(state: DurableObjectState, env: Env, name: string) {
    this.#state = state
    this.#env = env
    this.#name = name
  }

  /** Sets the alarm for `dueMs`, or takes it away for null. Cheap when nothing changes. */
  arm(dueMs: number | null): Promise<void> {
    const machineMs = dueMs === null ? null : machineTime(dueMs)
    // The test clock moves what the machine's clock will read at that moment.
    if (this.#armedMs === dueMs && this.#machineMs === machineMs) return this.#setting
    this.#machineMs = machineMs
    // Known at once, so that whoever comes while it is being set does not rely on the alarm that it replaces; and set
    // one after the other, so that the last wish is the one that stands.
    this.#armedMs = dueMs
    this.#setting = this.#setting.catch(() => {}).then(() => this.#set(dueMs))
    return this.#setting
  }

  /**
   * Sees to it that the alarm goes off at `dueMs` or before; one that goes off early finds nothing and is set again.
   * Spares a write whenever an earlier alarm stands already.
   *
   * @param nextDue asked when it is not known what stands, which is so after a restart
   */
  async armBy(dueMs: number, nextDue: () => number | null): Promise<void> {
    if (this.#armedMs === undefined) await this.arm(nextDue())
    else if (this.#armedMs === null || this.#armedMs > dueMs) await this.arm(dueMs)
    else await this.#setting
  }

  /** Must be called first when the alarm has gone off: the runtime has taken it away by then. */
  fired(): void {
    this.#armedMs = undefined
  }

  async #set(dueMs: number | null): Promise<void> {
    try {
      if (this.#env.BOON_MODE === 'local') await this.#writeDown(dueMs)
      if (dueMs === null) await this.#state.storage.deleteAlarm()
      else await this.#state.storage.setAlarm(Math.min(machineTime(dueMs), LATEST_ALARM_MS))
    } catch (error) {
      this.#armedMs = undefined
      throw error
    }
  }

  async #writeDown(dueMs: number | null): Promise<void> {
    const statement =
      dueMs === null
        ? this.#env.DB.prepare('DELETE FROM alarms WHERE object = ?1').bind(this.#name)
        : this.#env.DB.prepare(
            'INSERT INTO alarms (object, due_ms) VALUES (?1, ?2) ON CONFLICT (object) DO UPDATE SET due_ms = ?2',
          ).bind(this.#name, dueMs)
    await statement.run()
  }
}

/** Work that is done one at a time: whoever asks while it is under way, waits for that. */
export class OneAtATime {
  #underWay: Promise<void> | undefined

  run(work: () => Promise<void>): Promise<void> {
    this.#underWay ??= work().finally(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  /** Waits for what is under way, and begins nothing. */
  async settled(): Promise<void> {
    await this.#underWay
  }
}

/** What an object that has an agenda answers to the test clock. */
export interface Wakeable {
  /** Does what is due by now, in the order of due times, and arms the alarm for the rest. */
  wake(): Promise<void>
}
