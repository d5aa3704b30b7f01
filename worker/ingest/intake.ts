import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../env.ts'
import { loadClock, now } from '../platform/clock.ts'
import { userDatabases } from '../platform/databases.ts'
import { Lane, LaneOverload } from '../platform/lane.ts'
import { type Meta, readMeta } from '../platform/settings.ts'
import type { Reaction } from '../rewards/reactions.ts'
import { NO_CHAIN } from '../rewards/rewardEvents.ts'
import type { UserEvent } from '../users/event.ts'
import type { EventDecision } from './contract.ts'
import {
  answerStep,
  decideStep,
  fulfilStep,
  type JudgedEvent,
  type RecordedEvent,
  recordStep,
} from './pipeline.ts'
import { eventKey, findBefore } from './record.ts'

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

interface Item {
  home: number
  events: Reaction[]
  /** Null for what comes from within. */
  keysVersion: number | null
  /** Whether it is decided on here, or by whoever gathers the events of several homes. */
  whole: boolean
  recorded: boolean
}

type Done = { results: EventResult[] } | { recorded: RecordedEvent[] } | 'stale_key'

/**
 * The lane of one user database. It keeps nothing: what arrives while one batch is in flight is the next batch. All
 * events of a user pass here in order, so whatever is decided on an event sees every event before it.
 */
export class Intake extends DurableObject<Env> {
  readonly #lane = new Lane<Item, Done>((items) => this.#batch(items), {
    maxBatchWeight: 2_000,
    maxWaitingWeight: 100_000,
    weightOf: (item) => item.events.length,
  })

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.blockConcurrencyWhile(() => loadClock(env))
  }

  /** Takes in events that are all of this database: records, decides, fulfils, answers. */
  async submit(home: number, call: IntakeCall): Promise<EventResult[] | NotTakenIn> {
    return this.#whole({ ...itemOf(home, call), whole: true })
  }

  /** Runs reward events through the same path. They are recorded already; those of users erased since are not. */
  async react(home: number, events: Reaction[]): Promise<EventResult[] | NotTakenIn> {
    const keys = events.map(({ event }) => [event.userId, event.id])
    const there = await findBefore(this.#database(home), keys, Number.MAX_SAFE_INTEGER)
    const standing = events.filter(({ event }) => there.has(eventKey(event)))
    if (standing.length === 0) return []
    return this.#whole({ home, events: standing, keysVersion: null, whole: true, recorded: true })
  }

  /** Records events of a request whose events have several homes; whoever gathers them decides on all in order. */
  async record(home: number, call: IntakeCall): Promise<RecordedEvent[] | NotTakenIn> {
    const done = await this.#run({ ...itemOf(home, call), whole: false })
    return typeof done === 'object' && 'recorded' in done ? done.recorded : (done as NotTakenIn)
  }

  /** Writes and answers what was decided on events that {@link record} took in. */
  async fulfil(home: number, judged: JudgedEvent[]): Promise<EventResult[]> {
    const db = this.#database(home)
    const meta = await readMeta(this.env)
    await fulfilStep(this.env, db, meta, judged, (work) => this.ctx.waitUntil(work))
    return resultsOf(judged, await answerStep(db, judged))
  }

  async #whole(item: Item): Promise<EventResult[] | NotTakenIn> {
    const done = await this.#run(item)
    return typeof done === 'object' && 'results' in done ? done.results : (done as NotTakenIn)
  }

  async #run(item: Item): Promise<Done | NotTakenIn> {
    try {
      return await this.#lane.run(item)
    } catch (error) {
      if (error instanceof LaneOverload) return 'overloaded'
      throw error
    }
  }

  async #batch(items: Item[]): Promise<Done[]> {
    const meta = await readMeta(this.env)
    const current = items.filter(
      ({ keysVersion }) => keysVersion === null || keysVersion === meta.keysVersion,
    )
    const first = current[0]
    if (first === undefined) return items.map(() => 'stale_key')
    const db = this.#database(first.home)
    const recorded = await this.#record(db, meta, current)
    const whole = current.flatMap((item) => (item.whole ? (recorded.get(item) ?? []) : []))
    const judged = await decideStep(this.env, whole)
    await fulfilStep(this.env, db, meta, judged, (work) => this.ctx.waitUntil(work))
    const results = resultsOf(judged, await answerStep(db, judged))
    let offset = 0
    return items.map((item) => {
      const own = recorded.get(item)
      if (own === undefined) return 'stale_key'
      if (!item.whole) return { recorded: own }
      offset += own.length
      return { results: results.slice(offset - own.length, offset) }
    })
  }

  async #record(db: D1Database, meta: Meta, items: Item[]): Promise<Map<Item, RecordedEvent[]>> {
    const tried = new Set(
      items.filter((item) => item.recorded).flatMap((item) => item.events.map(({ event }) => event)),
    )
    const events = items.flatMap((item) => item.events)
    const recorded = await recordStep(this.env, db, meta, events, (event) => tried.has(event), now())
    let offset = 0
    const byItem = new Map<Item, RecordedEvent[]>()
    for (const item of items) {
      // Should a later step fail, the lane tries again: then these are no duplicates, but the same events.
      item.recorded = true
      byItem.set(item, recorded.slice(offset, offset + item.events.length))
      offset += item.events.length
    }
    return byItem
  }

  #database(home: number): D1Database {
    const db = userDatabases(this.env)[home]
    if (db === undefined) throw new Error(`There is no user database ${home}`)
    return db
  }
}

function itemOf(home: number, { events, keysVersion }: IntakeCall): Omit<Item, 'whole'> {
  const own = events.map((event) => ({ event, chain: NO_CHAIN }))
  return { home, events: own, keysVersion, recorded: false }
}

function resultsOf(judged: JudgedEvent[], decisions: EventDecision[][]): EventResult[] {
  return judged.map(({ recorded }, index) => ({
    duplicate: recorded.duplicate,
    decisions: decisions[index] ?? [],
  }))
}
