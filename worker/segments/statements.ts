import { foldedCopy } from '../users/folded.ts'
import { type Core, type DidLeaf, depthOf } from './core.ts'
import { metByNothing } from './measureSql.ts'
import { doersSql, type Question, ruleSql, sharedValuesSql } from './ruleSql.ts'
import { joined, SqlValues } from './sqlValues.ts'
import type { At } from './windows.ts'

/** A statement for one user database, and what to bind to it. */
export interface Statement {
  sql: string
  values: unknown[]
  /** How deep its expressions may be, see `depthOf`; absent where they are not. */
  depth?: number
}

/** A user, as of one of their events: only what came up to it is seen. */
export interface Subject {
  userId: string
  /** An event of theirs that is recorded; null to see everything up to `lastSeq`. */
  eventId: string | null
  /** Up to which event of the database history counts, where no event of the user says so; all of it by default. */
  lastSeq?: number
  /** The value that everything done is held to, where a rule is asked for one value of a property. */
  shared?: { kind: string; value: string | number }
}

/** A statement of D1 may have 100,000 bytes, and be made into so many steps. Rules hold nothing but ASCII in SQL. */
const MAX_SQL = 90_000
/** Expressions may be 100 deep. */
const MAX_DEPTH = 97
/** A value may have 2 MB. */
const MAX_VALUE_BYTES = 1_900_000

/** How many users a sample names. */
export const SAMPLE = 10

/** Prepares a statement. */
export function prepared(db: D1Database, { sql, values }: Statement): D1PreparedStatement {
  return db.prepare(sql).bind(...values)
}

/** One row: how many `users` a rule is true of, a `sample` of them as JSON, and how many there are in all (`everyone`). */
export function estimateStatement(core: Core, at: At): Statement {
  const question: Question = { of: 'everyone', at, values: new SqlValues() }
  const sql = `WITH matched AS MATERIALIZED (${everyoneSql(core, question)})
    SELECT (SELECT count(*) FROM matched) AS users, (SELECT count(*) FROM users) AS everyone,
      (SELECT json_group_array(user_id) FROM (SELECT user_id FROM matched LIMIT ${SAMPLE})) AS sample`
  return { sql, values: question.values.bound, depth: depthOf(core) }
}

const SUBJECT = `WITH subject(n,user_id,seq,kind,value) AS MATERIALIZED (SELECT key,value->>0,
  coalesce(value->>2,(SELECT seq FROM events WHERE user_id=value->>0 AND id=value->>1),${Number.MAX_SAFE_INTEGER}),
  value->>3,value->>4 FROM json_each(?2))`

function subjectRows(subjects: readonly Subject[]): string {
  return JSON.stringify(
    subjects.map(({ userId, eventId, lastSeq, shared }) => [
      userId,
      eventId,
      lastSeq ?? null,
      shared?.kind,
      shared?.value,
    ]),
  )
}

/** How users are asked about besides: held to the value that each brings along, or as if one more thing had happened. */
export interface Aside {
  /** The property whose value is held to the one that each subject brings along. */
  same?: string
  /** Events that have not happened, see {@link supposedRows}. */
  supposed?: string
}

/** An event that has not happened, and is looked at as if it just had. */
export interface Supposed {
  userId: string
  name: string
  atMs: number
  properties: Record<string, unknown>
}

/** Events that have not happened, as statements take them. */
export function supposedRows(events: readonly Supposed[]): string {
  return JSON.stringify(
    events.map(({ userId, name, atMs, properties }) => [
      userId,
      '',
      name,
      atMs,
      foldedCopy(properties) ?? properties,
    ]),
  )
}

/** A question about subjects, and a statement that answers it by rows of what is selected of `s`. */
export function ofSubjects(
  at: At,
  subjects: readonly Subject[],
  { same, supposed }: Aside,
  write: (question: Question) => { select: string; from?: string; where?: string },
): Statement {
  const question: Question = {
    of: supposed === undefined ? 'subjects' : 'tryOut',
    at,
    values: new SqlValues(),
    ...(same === undefined ? {} : { same: { property: same, by: 's' as const } }),
  }
  const { select, from = '', where } = write(question)
  // What is bound must occur, also where no event is looked at.
  const whole = supposed === undefined ? [] : ['json_array_length(?3)>=0']
  const terms = where === undefined ? whole : [...whole, where]
  const sql = `${SUBJECT} SELECT ${select} FROM subject s${from}${terms.length === 0 ? '' : ` WHERE ${joined(terms, 'AND')}`}`
  const values = [question.values.json, subjectRows(subjects)]
  return { sql, values: supposed === undefined ? values : [...values, supposed] }
}

/** Which of some users a rule is true of: rows of `n`, the place in the list, of those that it is true of. */
export function subjectsStatement(
  core: Core,
  at: At,
  subjects: readonly Subject[],
  aside: Aside = {},
): Statement {
  const statement = ofSubjects(at, subjects, aside, (question) => ({
    select: 's.n',
    where: ruleSql(core, question),
  }))
  return { ...statement, depth: depthOf(core) }
}

/** The values of a property that a `same` chooses from, for some users: rows of `n, kind, value`. */
export function sharedValuesStatement(
  property: string,
  core: Core,
  at: At,
  subjects: readonly Subject[],
  aside: Aside,
): Statement {
  return ofSubjects(at, subjects, aside, (question) => {
    // SQLite has lateral tables for its own functions only, so the values of a user are made into one of these.
    const found = `(SELECT json_group_array(json_array(kind,value)) FROM (${sharedValuesSql(property, core, question)}))`
    return { select: 's.n,p.value->>0 AS kind,p.value->>1 AS value', from: `,json_each(${found}) p` }
  })
}

/** A character has three bytes at most, so most values need not be measured. */
function isShort(value: string): boolean {
  return value.length <= MAX_VALUE_BYTES / 3 || new TextEncoder().encode(value).byteLength <= MAX_VALUE_BYTES
}

/** Whether a database takes a statement: its text, its depth and each of its values have an end. */
export function isTaken({ sql, values, depth = 0 }: Statement): boolean {
  return (
    depth <= MAX_DEPTH &&
    sql.length <= MAX_SQL &&
    values.every((value) => typeof value !== 'string' || isShort(value))
  )
}

/**
 * A page of the users of a database who were there by then, in the order of their ids: rows of `user_id` and `timezone`.
 * A rule that asks for a list is paged along that list, which may be much shorter.
 */
export function pageStatement(core: Core, at: At, afterId: string, limit: number): Statement {
  const list = partsOf(core).find((part) => part.kind === 'list')
  if (list === undefined) {
    const sql = 'SELECT id AS user_id,timezone FROM users WHERE id>?1 AND created_ms<=?3 ORDER BY id LIMIT ?2'
    return { sql, values: [afterId, limit, at.nowMs] }
  }
  const sql = `SELECT m.user_id,u.timezone FROM list_members m CROSS JOIN users u ON u.id=m.user_id
    WHERE m.list_id=?4 AND m.generation=?5 AND m.user_id>?1 AND u.created_ms<=?3 ORDER BY m.user_id LIMIT ?2`
  return { sql, values: [afterId, limit, at.nowMs, list.listId, list.generation] }
}

function everyoneSql(core: Core, question: Question): string {
  const parts = partsOf(core)
  const first = parts.findIndex(isDriver)
  const driver = parts[first] as DidLeaf | undefined
  // Those who did the first thing are often far fewer than all there are; every user with an event has a row.
  const source = driver === undefined ? 'SELECT id AS user_id FROM users' : doersSql(driver, question)
  const others = parts.filter((_, index) => index !== first).map((part) => ruleSql(part, question))
  return `SELECT s.user_id FROM (${source}) s${others.length === 0 ? '' : ` WHERE ${joined(others, 'AND')}`}`
}

function partsOf(core: Core): Core[] {
  return core.kind === 'all' ? core.of : [core]
}

function isDriver(core: Core): boolean {
  return core.kind === 'did' && !core.measures.every(metByNothing)
}
