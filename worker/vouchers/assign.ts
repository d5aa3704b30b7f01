import type { Asking, CodeTable } from '../codes/codeTable.ts'
import { holdCodesStatements } from '../codes/holdings.ts'
import type { Env } from '../env.ts'
import { now } from '../platform/clock.ts'
import { byHome } from '../platform/databases.ts'
import { faultPoint } from '../platform/faults.ts'
import type { IdempotencyKey } from '../platform/idempotency.ts'
import { aliasOf } from '../users/alias.ts'
import type { UserEvent } from '../users/event.ts'
import { createUsersStatement } from '../users/store.ts'
import type { Assignments, OpenAssignment } from './assignments.ts'
import { type VoucherDetails, voucherEvent } from './event.ts'
import type { PoolHead } from './poolHead.ts'

/** A request by API that a user be given a code. */
export interface AssignAsking {
  /** The id that the holding gets. It is what makes asking again the same as asking once. */
  holdingId: string
  userId: string
  /** The moment that the holding gets. */
  atMs: number
  key: IdempotencyKey | null
}

/** Why a user is given no code. */
export type AssignRefusal = 'list_expired' | 'list_not_active' | 'out_of_stock' | 'idempotency_conflict'

/** A code that a user was given by API. */
export interface Assigned {
  holdingId: string
  code: string
  atMs: number
  expiresMs: number
  details: VoucherDetails
  /** Whether this was so before: the idempotency key was used for it. */
  replayed: boolean
}

/** What became of a request. */
export type AssignOutcome = Assigned | AssignRefusal

const PAGE = 500
/** A queue takes 128 kB a message; an event is about 1 kB, but its texts may be long. */
const EVENTS_PER_MESSAGE = 10
/** What led to an event that Boon made of a call: no campaign. The rooms below know it as `chainOfBoon`. */
const CHAIN = { causes: [], depth: 1 }

/**
 * Assigns codes by API. The decision is one transaction of the pool; the rows of the users follow, and what a death in
 * between leaves behind is written by the pool's alarm.
 *
 * Users are made before they are given anything, so that one who is not there afterwards has been erased meanwhile.
 */
export class Assigner {
  readonly #env: Env
  readonly #storage: DurableObjectStorage
  readonly #head: PoolHead
  readonly #table: CodeTable
  readonly #assignments: Assignments

  constructor(
    env: Env,
    storage: DurableObjectStorage,
    head: PoolHead,
    table: CodeTable,
    assignments: Assignments,
  ) {
    this.#env = env
    this.#storage = storage
    this.#head = head
    this.#table = table
    this.#assignments = assignments
  }

  /**
   * Gives each request a code, in their order. It may be called again with the same requests, whatever came of it.
   *
   * @param armed resolves once the pool's alarm will go off for what is about to be decided
   */
  async assign(askings: AssignAsking[], armed: () => Promise<void>): Promise<AssignOutcome[]> {
    const hopeful = this.#hopeful(askings)
    if (hopeful.length > 0) {
      await this.#makeUsers(hopeful)
      await armed()
    }
    const outcomes = this.#storage.transactionSync(() => this.#decide(askings, hopeful))
    faultPoint('voucher taken')
    const ids = outcomes.flatMap((outcome) => (typeof outcome === 'string' ? [] : [outcome.holdingId]))
    const open = ids.length === 0 ? [] : this.#assignments.open(ids)
    const failure = await this.#write(open)
    if (failure !== undefined) throw failure
    this.#assignments.prune(now())
    return outcomes
  }

  /** Writes what was left behind, page by page, and lets campaigns hear of it. A page that fails holds up no other. */
  async finish(untilMs: number): Promise<void> {
    let failure: unknown
    let afterId = ''
    for (;;) {
      const page = this.#assignments.openUntil(untilMs, afterId, PAGE)
      const last = page.at(-1)
      if (last === undefined) break
      afterId = last.holdingId
      failure ??= await this.#write(page, (written) => this.#announce(written))
    }
    if (failure !== undefined) throw failure
  }

  /** Takes a user's name out. */
  forget(userId: string, alias: string): void {
    this.#storage.transactionSync(() => {
      this.#assignments.forget(userId)
      this.#table.forget(userId, alias)
    })
  }

  /** Why nobody is given a code just now, whoever asks. */
  #refusal(): AssignRefusal | undefined {
    const { status } = this.#head.get()
    if (status === 'expired') return 'list_expired'
    if (status !== 'active') return 'list_not_active'
    return this.#table.counts().available === 0 ? 'out_of_stock' : undefined
  }

  /**
   * Those who will be given a code unless something comes in between, so that nobody is made for a refusal: the first of
   * each key, as far as the codes go.
   */
  #hopeful(askings: AssignAsking[]): AssignAsking[] {
    if (this.#refusal() !== undefined) return []
    const known = new Set(this.#keyed(askings).keys())
    const fresh = askings.filter(({ key }) => {
      if (key === null) return true
      const isFirst = !known.has(key.key)
      known.add(key.key)
      return isFirst
    })
    return fresh.slice(0, this.#table.counts().available)
  }

  async #makeUsers(askings: AssignAsking[]): Promise<void> {
    const nowMs = now()
    await Promise.all(
      byHome(this.#env, askings, ({ userId }) => userId).map(({ db, things }) =>
        createUsersStatement(db, [...new Set(things.map(({ userId }) => userId))], nowMs).run(),
      ),
    )
  }

  #keyed(askings: AssignAsking[]) {
    return this.#assignments.keyed(askings.flatMap(({ key }) => (key === null ? [] : [key.key])))
  }

  #decide(askings: AssignAsking[], hopeful: AssignAsking[]): AssignOutcome[] {
    const keyed = this.#keyed(askings)
    /** Which holding answers each request; a key that stands twice in a batch is decided by the first. */
    const places = askings.map(({ holdingId, key }) => {
      const known = key === null ? undefined : keyed.get(key.key)
      if (known !== undefined) {
        if (known.fingerprint !== key?.fingerprint) return 'idempotency_conflict' as const
        return { holdingId: known.holdingId, replayed: known.holdingId !== holdingId }
      }
      if (key !== null) keyed.set(key.key, { holdingId, fingerprint: key.fingerprint })
      return { holdingId, replayed: false }
    })
    const refusal = this.#refusal() ?? 'out_of_stock'
    if (refusal === 'out_of_stock') this.#give(hopeful)
    const ids = places.flatMap((place) => (typeof place === 'string' ? [] : [place.holdingId]))
    const taken = this.#table.takenBy(ids)
    const details = this.#head.detailsOf([...taken.values()].map(({ terms }) => terms))
    return places.map((place) => {
      if (typeof place === 'string') return place
      const given = taken.get(place.holdingId)
      const said = given && details.get(given.terms)
      if (given === undefined || said === undefined) return refusal
      const { code, redeemableMs, expiresMs } = given
      return { ...place, code, atMs: redeemableMs, expiresMs: expiresMs ?? redeemableMs, details: said }
    })
  }

  #give(hopeful: AssignAsking[]): void {
    const before = this.#table.takenBy(hopeful.map(({ holdingId }) => holdingId))
    const fresh = hopeful.filter(({ holdingId }) => !before.has(holdingId))
    if (fresh.length === 0) return
    const { definition, terms } = this.#head.get()
    const taken = this.#table.takeUnique(
      fresh.map(
        ({ holdingId, userId, atMs }): Asking => ({
          grantId: holdingId,
          userId,
          atMs,
          redeemableMs: atMs,
          expiresMs: definition.expiresMs,
          terms,
        }),
      ),
    )
    this.#assignments.add(fresh.filter(({ holdingId }) => taken.has(holdingId)))
  }

  /**
   * Writes the rows of assignments, home by home, and settles what is written. A user who is not there any more has been
   * erased, and their name is taken out here as well. Answers what went wrong; a home that fails holds up no other.
   */
  async #write(
    open: OpenAssignment[],
    before: (written: OpenAssignment[]) => Promise<void> = async () => {},
  ): Promise<unknown> {
    const { listId } = this.#head.get().definition
    const details = this.#head.detailsOf(open.map(({ terms }) => terms))
    const parts = byHome(this.#env, open, ({ userId }) => userId)
    const outcomes = await Promise.allSettled(
      parts.map(async ({ db, things }) => {
        const present = await writeRows(db, listId, things, details)
        const written = things.filter(({ userId }) => present.has(userId))
        faultPoint('voucher written')
        await before(written)
        this.#assignments.settle(written.map(({ holdingId }) => holdingId))
        const gone = new Set(things.flatMap(({ userId }) => (present.has(userId) ? [] : [userId])))
        for (const userId of gone) this.forget(userId, aliasOf(now()))
      }),
    )
    return outcomes.find((outcome) => outcome.status === 'rejected')?.reason
  }

  /**
   * Lets campaigns hear of what the alarm wrote; whoever asked for it is gone, and cannot. Whether one listens is for
   * the pipeline to see.
   */
  async #announce(written: OpenAssignment[]): Promise<void> {
    const { listId } = this.#head.get().definition
    const details = this.#head.detailsOf(written.map(({ terms }) => terms))
    const events = written.map((one): UserEvent => {
      const said = details.get(one.terms) ?? {}
      return voucherEvent({ ...one, campaignId: null, voucherListId: listId, details: said })
    })
    for (let start = 0; start < events.length; start += EVENTS_PER_MESSAGE) {
      const part = events.slice(start, start + EVENTS_PER_MESSAGE)
      await this.#env.REACTIONS.send(part.map((event) => ({ event, chain: CHAIN })))
    }
  }
}

/** Writes the rows of users of one database, and answers which of the users are there. */
async function writeRows(
  db: D1Database,
  listId: string,
  rows: OpenAssignment[],
  details: Map<number | null, VoucherDetails>,
): Promise<Set<string>> {
  const results = await db.batch<{ id: string }>([
    ...holdCodesStatements(
      db,
      rows.map((row) => ({
        holdingId: row.holdingId,
        userId: row.userId,
        kind: 'voucher' as const,
        sourceId: listId,
        code: row.code,
        grantId: null,
        campaignId: null,
        redeemableMs: row.atMs,
        expiresMs: row.expiresMs,
        atMs: row.atMs,
        details: details.get(row.terms) ?? null,
      })),
    ),
    db
      .prepare('SELECT id FROM users WHERE id IN (SELECT value FROM json_each(?1))')
      .bind(JSON.stringify([...new Set(rows.map(({ userId }) => userId))])),
  ])
  return new Set(results.at(-1)?.results.map(({ id }) => id))
}
