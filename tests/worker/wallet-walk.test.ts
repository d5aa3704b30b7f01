import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { now } from '../../worker/platform/clock.ts'
import { clock, wallet } from './boon.ts'
import { expectProblem } from './problems.ts'
import { setUpAt } from './records.ts'
import { audit, balances, entries, move, type Verb } from './walletParts.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))

const MINUTE = 60_000
const USER = 'walker'

interface Lot {
  id: string
  units: number
  madeMs: number
  activatesMs: number
  expiresMs: number | null
}

interface Use {
  lot: Lot
  units: number
}

interface Row {
  id: string
  kind: string
  units: number
  balance: number
  atMs: number
  uses: Use[]
  refundOf: string | null
}

/** Wallets read off the product's rules one by one: everything is worked out anew from a log, for each question. */
class Naive {
  lots: Lot[] = []
  log: Row[] = []

  /** What is left in a lot after the entries that `counts` says. */
  left(lot: Lot, counts: (row: Row) => boolean = () => true): number {
    const used = this.log.filter(counts).flatMap(({ uses }) => uses.filter((use) => use.lot === lot))
    return used.reduce((units, use) => units - use.units, lot.units)
  }

  sum(atMs: number, which: (lot: Lot) => boolean, counts?: (row: Row) => boolean): number {
    const over = (lot: Lot) => lot.expiresMs !== null && lot.expiresMs <= atMs
    return this.lots
      .filter((lot) => !over(lot) && which(lot))
      .reduce((units, lot) => units + this.left(lot, counts), 0)
  }

  active(atMs: number): number {
    return this.sum(atMs, (lot) => lot.activatesMs <= atMs)
  }

  /** Lots in the order in which they are spent. */
  spendable(atMs: number): Lot[] {
    const end = (lot: Lot) => lot.expiresMs ?? Number.POSITIVE_INFINITY
    return this.lots
      .filter((lot) => lot.activatesMs <= atMs && end(lot) > atMs && this.left(lot) > 0)
      .sort((one, other) => end(one) - end(other) || (one.id < other.id ? -1 : 1))
  }

  take(atMs: number, units: number): Use[] {
    const uses: Use[] = []
    let open = units
    for (const lot of this.spendable(atMs)) {
      const part = Math.min(open, this.left(lot))
      if (part > 0) uses.push({ lot, units: part })
      open -= part
    }
    return uses
  }

  /** What a debit took of each lot and has not given back, in the order in which it goes back. */
  returnable(debit: Row): Use[] {
    const backs = this.log.filter((row) => row.refundOf === debit.id).flatMap(({ uses }) => uses)
    return debit.uses
      .map(({ lot, units }) => {
        const given = backs.filter((use) => use.lot === lot).reduce((sum, use) => sum - use.units, 0)
        return { lot, units: units - given }
      })
      .filter(({ units }) => units > 0)
      .reverse()
  }

  totals(atMs: number) {
    const units = (...kinds: string[]) =>
      this.log.filter(({ kind }) => kinds.includes(kind)).reduce((sum, row) => sum + row.units, 0)
    const adjusted = this.log.filter(({ kind }) => kind === 'adjust')
    const expired = this.lots.filter((lot) => lot.expiresMs !== null && lot.expiresMs <= atMs)
    return {
      issued: units('credit') + adjusted.reduce((sum, row) => sum + Math.max(row.units, 0), 0),
      redeemed: units('debit') - units('refund'),
      removed: adjusted.reduce((sum, row) => sum - Math.min(row.units, 0), 0),
      expired: expired.reduce((sum, lot) => sum + this.left(lot), 0),
    }
  }

  /** All entries, newest first, with those of time alone: each before whatever else was done at its moment. */
  entries(atMs: number): Omit<Row, 'uses'>[] {
    const gone = this.lots.flatMap((lot) => {
      const { id, expiresMs } = lot
      const units = this.left(lot)
      if (expiresMs === null || expiresMs > atMs || units === 0) return []
      const before = (other: { atMs: number }) => other.atMs < expiresMs
      const held = (other: Lot) => other.madeMs < expiresMs && other.activatesMs <= expiresMs
      const expire = { id: id.replace('ent', 'exp'), kind: 'expire', units, atMs: expiresMs, refundOf: null }
      return [{ ...expire, balance: this.sum(expiresMs, held, before) }]
    })
    const rank = (row: { kind: string }) => (row.kind === 'expire' ? 0 : 1)
    return [...this.log.map(({ uses: _, ...row }) => row), ...gone].sort(
      (one, other) => other.atMs - one.atMs || rank(other) - rank(one) || (one.id < other.id ? 1 : -1),
    )
  }
}

type Step =
  | { do: 'credit'; units: number; delay: number; life: number | null }
  | { do: 'adjust'; units: number; delay: number; life: number | null }
  | { do: 'debit'; units: number }
  | { do: 'refund'; which: number; units: number | undefined; later: number }
  | { do: 'wait'; ms: number }
  | { do: 'again' }

const delay = fc.constantFrom(0, 0, 0, 1, 7, 30)
const life = fc.constantFrom(null, 1, 5, 30, 30, 120)
const units = (most: number) => fc.integer({ min: 1, max: most })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('credit' as const), units: units(400), delay, life }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('debit' as const), units: units(500) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('refund' as const),
      which: fc.nat(50),
      units: fc.option(units(200), { nil: undefined }),
      later: fc.constantFrom(0, 0, 1),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('adjust' as const),
      units: fc.oneof(
        units(200),
        units(300).map((value) => -value),
      ),
      delay,
      life,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, MINUTE - 1, MINUTE, 5 * MINUTE, 6 * MINUTE, 30 * MINUTE, 121 * MINUTE),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const) }) },
)

/** One walk of one user in a wallet of their own, through HTTP and through the model side by side. */
class Walk {
  readonly model = new Naive()
  readonly seen: Set<string>
  readonly walletId: string
  readonly decimals: number
  #last: { verb: Verb; body: object; key: string; json: unknown } | undefined
  #count = 0

  constructor(walletId: string, decimals: number, seen: Set<string>) {
    this.walletId = walletId
    this.decimals = decimals
    this.seen = seen
  }

  points = (value: number) => value / 10 ** this.decimals

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'wait':
        await clock(new Date(now() + step.ms).toISOString())
        return
      case 'again':
        return this.#again()
      case 'debit':
        return this.#takeAway('debit', step.units)
      case 'refund':
        return this.#refund(step)
      case 'credit':
        return this.#add('credit', step)
      case 'adjust':
        return step.units < 0 ? this.#takeAway('adjust', -step.units) : this.#add('adjust', step)
    }
  }

  async #send(verb: Verb, body: object) {
    const key = `step ${this.walletId} ${this.#count++}`
    const answer = await move(verb, USER, this.walletId, body, key)
    if (answer.status === 201) this.#last = { verb, body, key, json: answer.json }
    this.seen.add(`${verb} ${answer.json.code ?? 'done'}`)
    return answer
  }

  async #again() {
    if (this.#last === undefined) return
    const { verb, body, key, json } = this.#last
    const answer = await move(verb, USER, this.walletId, body, key)
    expect(answer).toMatchObject({ status: 201, json })
    expect(answer.headers.get('idempotent-replayed')).toBe('true')
  }

  async #add(
    kind: 'credit' | 'adjust',
    { units, delay, life }: { units: number; delay: number; life: number | null },
  ) {
    const atMs = now()
    const activatesMs = atMs + delay * MINUTE
    const expiresMs = life === null ? null : activatesMs + life * MINUTE
    const { json } = await this.#send(kind, {
      points: this.points(units),
      ...(delay === 0 ? {} : { activation: { after: `PT${delay}M` } }),
      ...(life === null ? {} : { expiry: { after: `PT${life}M` } }),
    })
    this.model.lots.push({ id: json.id, units, madeMs: atMs, activatesMs, expiresMs })
    this.#wrote(json, kind, units, [], null, atMs)
  }

  async #takeAway(kind: 'debit' | 'adjust', units: number) {
    const atMs = now()
    const answer = await this.#send(kind, { points: this.points(kind === 'debit' ? units : -units) })
    const active = this.model.active(atMs)
    if (units > active) {
      expectProblem(answer, 409, 'insufficient_balance')
      expect(answer.json.balance).toBe(this.points(active))
      return
    }
    const uses = this.model.take(atMs, units)
    this.#wrote(answer.json, kind, kind === 'debit' ? units : -units, uses, null, atMs)
  }

  async #refund({ which, units: asked, later }: { which: number; units: number | undefined; later: number }) {
    // Mostly debits, but any entry may be meant, also one that nobody made.
    const debits = this.model.log.filter(({ kind }) => kind === 'debit')
    const all = this.model.entries(now())
    const target =
      which % 5 > 0 && debits.length > 0 ? debits[which % debits.length] : all[which % (all.length || 1)]
    if (target === undefined) return
    if (later > 0) await clock(new Date(now() + later).toISOString())
    const atMs = now()
    const answer = await this.#send('refund', {
      entryId: target.id,
      ...(asked === undefined ? {} : { points: this.points(asked) }),
    })
    const debit = this.model.log.find((row) => row.id === target.id && row.kind === 'debit')
    if (debit === undefined) return expectProblem(answer, 422, 'invalid', ['entryId'])
    const open = this.model.returnable(debit)
    const refundable = open.reduce((sum, use) => sum + use.units, 0)
    const units = asked ?? refundable
    if (units > refundable || units === 0) {
      expectProblem(answer, 409, 'refund_exceeds_debit')
      expect(answer.json.refundable).toBe(this.points(refundable))
      return
    }
    const uses: Use[] = []
    let left = units
    for (const { lot, units: most } of open) {
      const part = Math.min(left, most)
      if (part > 0) uses.push({ lot, units: -part })
      if (part > 0 && lot.expiresMs !== null && lot.expiresMs <= atMs)
        this.seen.add('refund into what is over')
      left -= part
    }
    if (uses.length > 1) this.seen.add('refund to several lots')
    this.#wrote(answer.json, 'refund', units, uses, target.id, atMs)
  }

  /** Takes over an entry that was answered, and holds against it what the model has as the balance after it. */
  #wrote(
    json: Record<string, unknown>,
    kind: string,
    units: number,
    uses: Use[],
    refundOf: string | null,
    atMs: number,
  ) {
    const row: Row = { id: String(json['id']), kind, units, balance: 0, atMs, uses, refundOf }
    this.model.log.push(row)
    row.balance = this.model.active(atMs)
    expect(json).toMatchObject(this.#shown(row))
  }

  #shown = ({ id, kind, units, balance, atMs, refundOf }: Omit<Row, 'uses'>) => ({
    id,
    kind,
    walletId: this.walletId,
    points: this.points(units),
    balance: this.points(balance),
    at: new Date(atMs).toISOString(),
    refundOf,
  })

  async expectAgreement(): Promise<void> {
    const atMs = now()
    const shown = (await balances(USER)).find((one: { walletId: string }) => one.walletId === this.walletId)
    if (this.model.lots.length === 0) expect(shown).toBeUndefined()
    else {
      const totals = this.model.totals(atMs)
      const active = this.model.active(atMs)
      const promised = this.model.sum(atMs, (lot) => lot.activatesMs > atMs)
      expect(active + promised + totals.redeemed + totals.removed + totals.expired).toBe(totals.issued)
      expect(shown).toMatchObject({
        active: this.points(active),
        promised: this.points(promised),
        totals: Object.fromEntries(Object.entries(totals).map(([name, value]) => [name, this.points(value)])),
      })
      const next = this.model.spendable(atMs)[0]
      const same = this.model.spendable(atMs).filter((lot) => lot.expiresMs === next?.expiresMs)
      expect(shown.expiringNext).toEqual(
        next === undefined || next.expiresMs === null
          ? undefined
          : {
              points: this.points(same.reduce((sum, lot) => sum + this.model.left(lot), 0)),
              at: new Date(next.expiresMs).toISOString(),
            },
      )
    }
    expect(await entries(USER, this.walletId)).toMatchObject(this.model.entries(atMs).map(this.#shown))
    expect(await audit(this.walletId)).toEqual({
      users: this.model.log.length === 0 ? 0 : 1,
      entries: this.model.log.length,
      mismatches: [],
    })
  }
}

test('balances, totals, entries and the check agree with a program that works all out anew, after every step', async () => {
  const seen = new Set<string>()
  const property = fc.asyncProperty(
    fc.constantFrom(0, 2),
    fc.array(step, { minLength: 10, maxLength: 45, size: 'max' }),
    async (decimals, steps) => {
      const { id } = await wallet({ decimals })
      const walk = new Walk(id, decimals, seen)
      for (const next of steps) {
        await walk.take(next)
        await walk.expectAgreement()
      }
    },
  )
  await fc.assert(property, { numRuns: 8, seed: 417, endOnFailure: true })
  // The comparison is worth something only if it has met all of these.
  expect([...seen].sort()).toEqual(
    [
      'credit done',
      'debit done',
      'debit insufficient_balance',
      'refund done',
      'refund invalid',
      'refund refund_exceeds_debit',
      'refund to several lots',
      'refund into what is over',
      'adjust done',
      'adjust insufficient_balance',
    ].sort(),
  )
}, 240_000)
