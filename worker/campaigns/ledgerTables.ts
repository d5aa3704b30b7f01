import type { Period } from '../platform/calendar.ts'
import { newSecret } from '../platform/ids.ts'
import type { DecidedGrant } from '../rewards/kind.ts'
import { type Chain, NO_CHAIN } from '../rewards/rewardEvents.ts'
import { LedgerCounts } from './ledgerCounts.ts'
import { emptyTally, type Tally } from './limits.ts'

/** A grant as its ledger keeps it. */
export interface LedgerGrant extends DecidedGrant {
  trigger: string
  chain: Chain
}

interface GrantRow {
  [column: string]: SqlStorageValue
  seq: number
  trigger: string
  id: string
  user_id: string
  event_id: string | null
  at_ms: number
  units: number | null
  asked: number | null
  chain: string | null
}

interface TallyRow {
  [column: string]: SqlStorageValue
  user_id: string
  total: number
  units: number
  day_ms: number
  day: number
  week_ms: number
  week: number
  month_ms: number
  month: number
}

/** The name under which the whole campaign is tallied; no user can have it. */
const CAMPAIGN = ''
const DECIDED = 0
const SETTLED = 1
/** What could not be given after all: it is no longer counted, and its trigger is not rewarded again. */
const FAILED = 2

/**
 * The tables of one campaign's ledger, in its object's SQLite: tallies, grants with their outbox, refusals, and what
 * happened when. All methods are synchronous and take many rows at once, because the statement costs more than
 * the row.
 */
export class LedgerTables {
  readonly counts: LedgerCounts
  /** The secret that draws are made of; it never leaves this object. */
  readonly seed: string
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    this.counts = new LedgerCounts(sql)
    sql.exec(`
      CREATE TABLE IF NOT EXISTS tallies (user_id TEXT PRIMARY KEY, total INTEGER NOT NULL, units INTEGER NOT NULL,
        day_ms INTEGER NOT NULL, day INTEGER NOT NULL, week_ms INTEGER NOT NULL, week INTEGER NOT NULL,
        month_ms INTEGER NOT NULL, month INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS grants (seq INTEGER PRIMARY KEY, trigger TEXT NOT NULL UNIQUE, id TEXT NOT NULL,
        user_id TEXT NOT NULL, event_id TEXT, at_ms INTEGER NOT NULL, units INTEGER, asked INTEGER,
        chain TEXT, state INTEGER NOT NULL);
      CREATE INDEX IF NOT EXISTS grants_outbox ON grants (seq) WHERE state = ${DECIDED};
      CREATE INDEX IF NOT EXISTS grants_failed ON grants (seq) WHERE state = ${FAILED};
      CREATE TABLE IF NOT EXISTS seed (id INTEGER PRIMARY KEY, seed TEXT NOT NULL);`)
    sql.exec('INSERT INTO seed VALUES (1, ?1) ON CONFLICT DO NOTHING', newSecret(32))
    this.seed = sql.exec<{ seed: string }>('SELECT seed FROM seed').one().seed
  }

  /** The tallies of some users and of the campaign itself. */
  tallies(userIds: Iterable<string>): { campaign: Tally; users: Map<string, Tally> } {
    const wanted = [CAMPAIGN, ...new Set(userIds)]
    const users = new Map(wanted.map((userId) => [userId, emptyTally()]))
    const rows = this.#sql.exec<TallyRow>(
      'SELECT * FROM tallies WHERE user_id IN (SELECT value FROM json_each(?1))',
      JSON.stringify(wanted),
    )
    for (const row of rows) users.set(row.user_id, tallyOf(row))
    const campaign = users.get(CAMPAIGN) ?? emptyTally()
    users.delete(CAMPAIGN)
    return { campaign, users }
  }

  /** Writes tallies back, and how many users more (or fewer) have been reached. */
  saveTallies(campaign: Tally, users: Map<string, Tally>, reached: number): void {
    const rows = [[CAMPAIGN, campaign] as const, ...users].map(([userId, tally]) => [
      userId,
      tally.total,
      tally.units,
      ...(['day', 'week', 'month'] as const).flatMap((period) => [
        tally[period].startMs,
        tally[period].count,
      ]),
    ])
    this.#sql.exec(
      `INSERT INTO tallies (user_id, total, units, day_ms, day, week_ms, week, month_ms, month)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
         value ->> 8
       FROM json_each(?1) WHERE true ON CONFLICT (user_id) DO UPDATE SET total = excluded.total,
         units = excluded.units, day_ms = excluded.day_ms, day = excluded.day, week_ms = excluded.week_ms,
         week = excluded.week, month_ms = excluded.month_ms, month = excluded.month`,
      JSON.stringify(rows),
    )
    this.counts.reach(reached)
  }

  /** The grants that some triggers have led to already, by trigger. */
  grantsOf(triggers: string[]): Map<string, LedgerGrant> {
    const rows = this.#sql.exec<GrantRow>(
      'SELECT * FROM grants WHERE trigger IN (SELECT value FROM json_each(?1))',
      JSON.stringify(triggers),
    )
    return new Map([...rows].map((row) => [row.trigger, grantOf(row)]))
  }

  /** Writes down new grants, in the outbox. */
  addGrants(grants: LedgerGrant[]): void {
    if (grants.length === 0) return
    const rows = grants.map((grant) => [
      grant.trigger,
      grant.id,
      grant.userId,
      grant.eventId,
      grant.atMs,
      grant.units,
      grant.asked,
      grant.chain.depth === 0 ? null : JSON.stringify(grant.chain),
    ])
    this.#sql.exec(
      `INSERT INTO grants (trigger, id, user_id, event_id, at_ms, units, asked, chain, state)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
         value ->> 7, ${DECIDED}
       FROM json_each(?1)`,
      JSON.stringify(rows),
    )
  }

  /** Takes grants away that turned out to have nothing to give. */
  removeGrants(triggers: string[]): void {
    this.#sql.exec(
      'DELETE FROM grants WHERE trigger IN (SELECT value FROM json_each(?1))',
      JSON.stringify(triggers),
    )
  }

  /** Marks grants whose effects are all written, each named by its trigger and its own id. */
  settle(grants: { trigger: string; id: string }[]): void {
    if (grants.length === 0) return
    this.#sql.exec(
      `UPDATE grants SET state = ${SETTLED}
       WHERE (trigger, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1)) AND state = ${DECIDED}`,
      JSON.stringify(grants.map(({ trigger, id }) => [trigger, id])),
    )
  }

  /** Marks grants as failed. Answers those that were not marked so before. */
  fail(grants: { trigger: string; id: string }[]): LedgerGrant[] {
    return this.#sql
      .exec<GrantRow>(
        `UPDATE grants SET state = ${FAILED}
         WHERE (trigger, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1)) AND state <> ${FAILED} RETURNING *`,
        JSON.stringify(grants.map(({ trigger, id }) => [trigger, id])),
      )
      .toArray()
      .map(grantOf)
  }

  /** A grant that is marked as failed; undefined when there is none, or it is not. */
  failed({ trigger, id }: { trigger: string; id: string }): LedgerGrant | undefined {
    return this.#sql
      .exec<GrantRow>(
        `SELECT * FROM grants WHERE trigger = ?1 AND id = ?2 AND state = ${FAILED}`,
        trigger,
        id,
      )
      .toArray()
      .map(grantOf)[0]
  }

  /** Takes a failed grant back in, as granted at this moment. */
  reinstate({ trigger }: LedgerGrant, atMs: number): void {
    this.#sql.exec(
      `UPDATE grants SET state = ${SETTLED}, at_ms = ?2 WHERE trigger = ?1 AND state = ${FAILED}`,
      trigger,
      atMs,
    )
  }

  /** How many grants are marked as failed. */
  countFailed(): number {
    return this.#sql.exec<{ n: number }>(`SELECT count(*) AS n FROM grants WHERE state = ${FAILED}`).one().n
  }

  /** Grants whose effects may not all be written, decided at `untilMs` or before, in the order of their making. */
  outbox(untilMs: number, afterSeq: number, limit: number): (LedgerGrant & { seq: number })[] {
    return this.#sql
      .exec<GrantRow>(
        `SELECT * FROM grants WHERE state = ${DECIDED} AND seq > ?2 AND at_ms <= ?1 ORDER BY seq LIMIT ?3`,
        untilMs,
        afterSeq,
        limit,
      )
      .toArray()
      .map((row) => ({ ...grantOf(row), seq: row.seq }))
  }

  /** When the oldest grant of the outbox was decided; null when it is empty. */
  oldestUnsettled(): number | null {
    const [oldest] = this.#sql
      .exec<{ at_ms: number }>(`SELECT at_ms FROM grants WHERE state = ${DECIDED} ORDER BY seq LIMIT 1`)
      .toArray()
    return oldest?.at_ms ?? null
  }

  /** A page of grants, newest first; one more than `limit`. */
  list(beforeSeq: number | undefined, limit: number): (LedgerGrant & { seq: number })[] {
    return this.#sql
      .exec<GrantRow>(
        'SELECT * FROM grants WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2',
        beforeSeq ?? Number.MAX_SAFE_INTEGER,
        limit + 1,
      )
      .toArray()
      .map((row) => ({ ...grantOf(row), seq: row.seq }))
  }

  /** Replaces a user's name, so that what is counted stays and who it was goes. */
  forget(userId: string, alias: string): void {
    this.#sql.exec('UPDATE tallies SET user_id = ?2 WHERE user_id = ?1', userId, alias)
    this.#sql.exec(
      `UPDATE grants SET user_id = ?2, event_id = NULL, trigger = ?2 || seq WHERE user_id = ?1`,
      userId,
      alias,
    )
    this.counts.forget(userId)
  }
}

function grantOf(row: GrantRow): LedgerGrant {
  return {
    trigger: row.trigger,
    id: row.id,
    userId: row.user_id,
    eventId: row.event_id,
    atMs: row.at_ms,
    units: row.units,
    asked: row.asked,
    chain: row.chain === null ? NO_CHAIN : (JSON.parse(row.chain) as Chain),
  }
}

function tallyOf(row: TallyRow): Tally {
  const period = (name: Period) => ({ startMs: Number(row[`${name}_ms`]), count: Number(row[name]) })
  return {
    total: row.total,
    units: row.units,
    day: period('day'),
    week: period('week'),
    month: period('month'),
  }
}
