import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../env.ts'
import { loadClock, now } from '../platform/clock.ts'
import { userDatabases } from '../platform/databases.ts'
import { dealOut, Lane, LaneOverload } from '../platform/lane.ts'
import { type Meta, readMeta } from '../platform/settings.ts'
import type { Reaction } from '../rewards/reactions.ts'
import type { UserEvent } from '../users/event.ts'
import { existingUsers } from '../users/store.ts'
import { answerStep } from './answerStep.ts'
import type { EventDecision } from './contract.ts'
import { decideStep } from './decideStep.ts'
import { fulfilStep } from './fulfilStep.ts'
import { qualifyStep } from './qualifyStep.ts'
import type { JudgedEvent, RecordedEvent } from './recorded.ts'
import { matchStep, recordStep, refreshStep } from './recordStep.ts'

/** Events of one request that belong to this user database. */
export interface IntakeCall {
  events: UserEvent[]
  /** The catalogue's `keys_version` under which the caller's key was found valid. */
  keysVersion: number
}

/** What became of each event of a call, in its order. */
export type EventResult = { duplicate: boolean; decisions: EventDecision[] }

/** Why a call was not taken: the caller's key has to be looked at again, or too much waits already. */
export type NotTakenIn = 'stale_key' | 'overloaded'

interface RecordItem extends IntakeCall {
  home: number
}

interface JudgeItem {
  home: number
  recorded: RecordedEvent[]
}

/** How many users an intake remembers to have seen; beyond that it starts over. */
const KNOWN_AT_MOST = 100_000

const weights = { maxBatchWeight: 2_000, maxWaitingWeight: 100_000 }

/**
 * The lane of one user database, in two stages: while one batch is decided on, the next is being recorded. It keeps
 * nothing. All events of a user pass here in order, and whatever is decided on an event sees every event before it.
 */
export class Intake extends DurableObject<Env> {
  readonly #recording = new Lane<RecordItem, RecordedEvent[] | 'stale_key'>(
    (items) => this.#recordBatch(items),
    { ...weights, lingers: true, weightOf: (item) => item.events.length },
  )
  readonly #judging = new Lane<JudgeItem, EventResult[]>((items) => this.#judgeBatch(items), {
    ...weights,
    weightOf: (item) => item.recorded.length,
  })
  /** Users that have a row, so that it need not be written with every event. Only ever a saving. */
  readonly #known = new Set<string>()
  #meta: Meta | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.blockConcurrencyWhile(() => loadClock(env))
  }

  /** Takes in events that are all of this database: records, decides, fulfils, answers. */
  async submit(home: number, call: IntakeCall): Promise<EventResult[] | NotTakenIn> {
    const recorded = await this.#record(home, call)
    return typeof recorded === 'string' ? recorded : this.#judge({ home, recorded })
  }

  /**
   * Records events of a request whose events have several homes, and looks who belongs to which audience; whoever
   * gathers them decides on all in order.
   */
  async record(home: number, call: IntakeCall): Promise<RecordedEvent[] | NotTakenIn> {
    const recorded = await this.#record(home, call)
    if (typeof recorded === 'string') return recorded
    return qualifyStep(this.env, this.#database(home), await this.#metaNow(), recorded, now())
  }

  /** Decides on reward events, which are recorded with their grants. Those of users erased since are left alone. */
  async react(home: number, reactions: Reaction[]): Promise<EventResult[] | NotTakenIn> {
    const there = await existingUsers(
      this.#database(home),
      reactions.map(({ event }) => event.userId),
    )
    const standing = reactions.filter(({ event }) => there.has(event.userId))
    if (standing.length === 0) return []
    this.#meta = await readMeta(this.env)
    return this.#judge({ home, recorded: await matchStep(this.env, this.#meta, standing, now()) })
  }

  /** Writes and answers what was decided on events that {@link record} took in. */
  async fulfil(home: number, judged: JudgedEvent[]): Promise<EventResult[]> {
    return this.#fulfil(home, await readMeta(this.env), judged)
  }

  /** Takes note that a user has been erased: an event that comes now makes them anew. */
  forget(userId: string): void {
    this.#known.delete(userId)
  }

  #record(home: number, call: IntakeCall): Promise<RecordedEvent[] | NotTakenIn> {
    return unlessOverloaded(this.#recording.run({ ...call, home }))
  }

  /** As current as the last batch that was recorded. */
  async #metaNow(): Promise<Meta> {
    return this.#meta ?? readMeta(this.env)
  }

  #judge(item: JudgeItem): Promise<EventResult[] | NotTakenIn> {
    return unlessOverloaded(this.#judging.run(item))
  }

  async #recordBatch(items: RecordItem[]): Promise<(RecordedEvent[] | 'stale_key')[]> {
    const meta = await readMeta(this.env)
    this.#meta = meta
    const current = items.filter((item) => item.keysVersion === meta.keysVersion)
    const [first] = current
    if (first === undefined) return items.map(() => 'stale_key')
    const events = current.flatMap((item) => item.events)
    if (this.#known.size > KNOWN_AT_MOST) this.#known.clear()
    const recorded = await recordStep(this.env, this.#database(first.home), meta, events, this.#known, now())
    const answers = dealOut(
      recorded,
      current.map((item) => item.events.length),
    )
    return items.map((item) => answers[current.indexOf(item)] ?? 'stale_key')
  }

  async #judgeBatch(items: JudgeItem[]): Promise<EventResult[][]> {
    const home = items[0]?.home ?? 0
    const meta = await this.#metaNow()
    const db = this.#database(home)
    const recorded = await refreshStep(
      db,
      items.flatMap((item) => item.recorded),
    )
    const judged = await decideStep(this.env, await qualifyStep(this.env, db, meta, recorded, now()))
    const results = await this.#fulfil(home, meta, judged)
    return dealOut(
      results,
      items.map((item) => item.recorded.length),
    )
  }

  async #fulfil(home: number, meta: Meta, judged: JudgedEvent[]): Promise<EventResult[]> {
    const db = this.#database(home)
    await fulfilStep(this.env, db, meta, judged, (work) => this.ctx.waitUntil(work))
    const decisions = await answerStep(db, judged)
    return judged.map(({ recorded }, index) => ({
      duplicate: recorded.duplicate,
      decisions: decisions[index] ?? [],
    }))
  }

  #database(home: number): D1Database {
    const db = userDatabases(this.env)[home]
    if (db === undefined) throw new Error(`There is no user database ${home}`)
    return db
  }
}

async function unlessOverloaded<T>(running: Promise<T>): Promise<T | 'overloaded'> {
  try {
    return await running
  } catch (error) {
    if (error instanceof LaneOverload) return 'overloaded'
    throw error
  }
}
