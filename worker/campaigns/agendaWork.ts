import type { Env } from '../env.ts'
import { breathe } from '../platform/breathe.ts'
import { byHome } from '../platform/databases.ts'
import { faultPoint } from '../platform/faults.ts'
import { readMeta } from '../platform/settings.ts'
import { occurredStatements } from '../segments/occurrence.ts'
import { prepared } from '../segments/statements.ts'
import { existingUsers } from '../users/store.ts'
import { type Agenda, type AgendaItem, sharedKeyOf } from './agenda.ts'
import type { DecideRequest, Outcome } from './batch.ts'
import type { CampaignFacts, Candidate, Inaction } from './decide.ts'
import { triggerOf } from './failing.ts'
import type { LedgerHead } from './ledgerHead.ts'
import type { LedgerTables } from './ledgerTables.ts'
import { campaignLifecycle } from './lifecycle.ts'
import { liveIndexAt } from './liveIndex.ts'
import { writeLeftBehind } from './outbox.ts'
import type { RunRow } from './runState.ts'
import { beginRun, takePage } from './snapshot.ts'

/** What a ledger lends to the work on its agenda. */
export interface AgendaPorts {
  env: Env
  storage: DurableObjectStorage
  head: LedgerHead
  tables: LedgerTables
  agenda: Agenda
  run: RunRow
  /** Decides in the ledger's lane; answers nothing while nothing can be granted. */
  decide: (request: DecideRequest) => Promise<Outcome[]>
  now: () => number
}

/** How many users are served at once; no more of them are ever in memory. */
const PAGE = 1_000
/** After so many pages the alarm is set anew: a handler of alarms may not run for ever. */
const PAGES_A_TURN = 50

/**
 * Takes the audience of a run, and serves whoever is due, page by page. A page is decided, written, and then taken off
 * the agenda together with the progress it made; if work dies in between, the page is done again, and what was decided
 * is found again.
 */
export class AgendaWork {
  readonly #ports: AgendaPorts
  /** Users who were erased while a page was under way, and what they are called since. */
  readonly #erased = new Map<string, string>()

  constructor(ports: AgendaPorts) {
    this.#ports = ports
  }

  /** Does what is due by now, or a good part of it; {@link nextDue} tells whether more is left. */
  async work(): Promise<void> {
    // Not when it was stopped, for a page may have been under way then, which still counts.
    if (this.#isOver()) this.#ports.agenda.clear()
    this.#erased.clear()
    for (let page = 0; page < PAGES_A_TURN; page++) {
      if (!(await this.#step())) return
      await breathe()
    }
  }

  /**
   * Takes a user off the agenda, and out of the page that may be under way; a run counts them no more.
   *
   * @param alias what they are called in what is counted already
   */
  forget(userId: string, alias: string): void {
    const { agenda, run } = this.#ports
    this.#erased.set(userId, alias)
    const waiting = agenda.forget(userId)
    if (waiting > 0) run.add({ total: -waiting })
  }

  /** When there is something to do next, in milliseconds; null when there is nothing. */
  nextDue(): number | null {
    const { head, agenda, run, now } = this.#ports
    const { facts, status } = head
    if (this.#isOver()) return agenda.nextDue() === null ? null : now()
    if (facts?.run !== undefined && status === 'running') {
      const isBusy = run.state?.isTaken !== true || this.isServed()
      if (isBusy) return now()
    }
    // What falls due in a pause: timers are dropped then, users of a run wait for its end.
    const waits =
      facts?.run !== undefined ? status === 'running' : status === 'running' || status === 'paused'
    return waits ? agenda.nextDue() : null
  }

  /** Whether a run has served everybody. */
  isServed(): boolean {
    const { head, agenda, run } = this.#ports
    return head.facts?.run !== undefined && run.state?.isTaken === true && agenda.nextDue() === null
  }

  #isOver(): boolean {
    return campaignLifecycle[this.#ports.head.status].finish === undefined
  }

  /** Answers whether there may be more to do at once. */
  async #step(): Promise<boolean> {
    const { head, agenda, run, now } = this.#ports
    const { facts, status } = head
    if (facts?.run !== undefined) {
      if (status !== 'running') return false
      if (run.state?.isTaken !== true) return this.#takePage(facts)
    }
    const items = agenda.due(now(), PAGE)
    if (facts === undefined || items.length === 0) return false
    if (facts.inaction === undefined) return this.#serve(items)
    await this.#fire(facts.inaction, items)
    return true
  }

  async #takePage(facts: CampaignFacts): Promise<boolean> {
    const { env, storage, head, tables, agenda, run, now } = this.#ports
    if (facts.run === undefined) return false
    if (run.state === undefined) {
      const begun = await beginRun(env, facts.run.audience, now())
      // Kept before anything is read, so that a run which dies now goes on with the audience that it began with.
      if (head.status === 'running') run.save(begun)
      return head.status === 'running'
    }
    const page = await takePage(env, run.state, facts.run.delivery)
    faultPoint('page read')
    if (head.status !== 'running') return false
    const { items, skipped, next } = page
    storage.transactionSync(() => {
      agenda.add(items)
      tables.counts.count(now(), 0, 0, new Map([['outside_window', skipped]]))
      run.add({ total: items.length + skipped, processed: skipped }, next)
    })
    return true
  }

  /** A page of a run. Answers false when nothing can be granted any more: then the page stays where it is. */
  async #serve(items: AgendaItem[]): Promise<boolean> {
    const { storage, tables, agenda, run } = this.#ports
    const there = await this.#existing(items)
    const candidates = items.map((item) => candidateOf(item, !there.has(item.userId)))
    const outcomes = await this.#grant(candidates)
    if (outcomes === undefined) return false
    storage.transactionSync(() => {
      tables.counts.forgetRefusals(candidates.map((candidate) => candidate.trigger))
      // Somebody who was erased meanwhile is off the agenda already, and counts no more.
      const removed = agenda.remove(items)
      const served = outcomes.filter((_, place) => removed.has(items[place]?.userId ?? ''))
      const granted = served.filter((outcome) => 'grant' in outcome).length
      run.add({ processed: served.length, granted })
    })
    return true
  }

  /** Timers that are due: whoever did the other thing after all, or is gone, is dropped; so is everybody in a pause. */
  async #fire(inaction: Inaction, items: AgendaItem[]): Promise<void> {
    const { head, agenda } = this.#ports
    let known = items
    let failure: unknown
    if (head.status === 'running') {
      const { done, unanswered, ...rest } = await this.#occurred(inaction, items)
      failure = rest.failure
      known = items.filter((item) => !unanswered.has(item))
      await this.#grant(known.filter((item) => !done.has(item)).map((item) => candidateOf(item, false)))
    }
    // What was refused stays remembered for a day, for its trigger may still be sent again.
    agenda.remove(known)
    // A database that does not answer holds up nobody of another; its own are looked at again later.
    if (failure !== undefined) throw failure
  }

  /** Decides and writes. Undefined when nothing can be granted now. */
  async #grant(candidates: Candidate[]): Promise<Outcome[] | undefined> {
    const { env, tables, decide } = this.#ports
    if (candidates.length === 0) return []
    const outcomes = await decide({ candidates, tooOld: 0, isDue: true })
    if (outcomes.length === 0) return undefined
    const grants = outcomes.flatMap((outcome) => ('grant' in outcome ? [outcome.grant] : []))
    const index = grants.length === 0 ? undefined : await liveIndexAt(env, await readMeta(env))
    const { done } = await writeLeftBehind(env, grants, (eventName) => index?.hears(eventName) === true)
    faultPoint('before settling')
    for (const [userId, alias] of this.#erased) tables.forget(userId, alias)
    const written = new Set(done.map((grant) => grant.id))
    // What could not be written stays in the outbox, which holds up nobody.
    tables.settle(
      outcomes.flatMap((outcome, place) => {
        const trigger = candidates[place]?.trigger
        if (!('grant' in outcome) || trigger === undefined || !written.has(outcome.grant.id)) return []
        return [{ trigger, id: outcome.grant.id }]
      }),
    )
    return outcomes
  }

  async #existing(items: AgendaItem[]): Promise<Set<string>> {
    const parts = byHome(this.#ports.env, items, (item) => item.userId)
    const found = await Promise.all(
      parts.map(({ db, things }) =>
        existingUsers(
          db,
          things.map((item) => item.userId),
        ),
      ),
    )
    return new Set(found.flatMap((ids) => [...ids]))
  }

  async #occurred({ unless, same }: Inaction, items: AgendaItem[]): Promise<Occurred> {
    const occurrence = { event: unless.event, where: unless.where ?? [], same }
    const parts = byHome(this.#ports.env, items, (item) => item.userId)
    const at = { nowMs: this.#ports.now(), zone: this.#ports.head.facts?.zone ?? 'UTC' }
    const done = new Set<AgendaItem>()
    const unanswered = new Set<AgendaItem>()
    let failure: unknown
    await Promise.all(
      parts.map(async ({ db, things }) => {
        const watches = things.map((item) => ({
          ...item,
          value: sharedKeyOf(item),
          fromMs: item.atMs,
          untilMs: item.dueMs,
        }))
        const statements = occurredStatements(occurrence, at, watches)
        try {
          const answers = await db.batch<{ n: number }>(statements.map((one) => prepared(db, one)))
          for (const { n } of answers.flatMap(({ results }) => results)) {
            const item = things[n]
            if (item !== undefined) done.add(item)
          }
        } catch (error) {
          failure = error
          for (const item of things) unanswered.add(item)
        }
      }),
    )
    return { done, unanswered, failure }
  }
}

/** Who did the other thing, and of whom that could not be found out, and why. */
interface Occurred {
  done: Set<AgendaItem>
  unanswered: Set<AgendaItem>
  failure: unknown
}

/** The trigger of a run is the run itself; of inaction it is the event that began it. */
function candidateOf({ userId, value, eventId, atMs, chain }: AgendaItem, isGone: boolean): Candidate {
  return {
    trigger: triggerOf(userId, eventId),
    userId,
    eventId,
    property: undefined,
    chain,
    atMs,
    order: 0,
    value,
    ...(isGone ? { outsideAudience: true } : {}),
  }
}
