import { conditionSql, readingSql } from './conditionSql.ts'
import type { Core, DidLeaf, InterestLeaf, UserLeaf } from './core.ts'
import { eventsSql, type Source } from './eventsSql.ts'
import { measureSql, metByNothing } from './measureSql.ts'
import { KIND, valuesOf } from './reading.ts'
import { joined, type SqlValues } from './sqlValues.ts'
import { userReading } from './userSql.ts'
import { keyOf, partsOfKey } from './valueKey.ts'
import { type At, boundsOf } from './windows.ts'

/**
 * How a rule is asked.
 *
 * - `everyone`: of all users of a database, set by set. The row that is tested is `s (user_id)`.
 * - `subjects`, `tryOut`: of some users, one by one, each as of an event of theirs. The row is `s (user_id, seq)`, and only events
 *   up to `seq` are seen.
 */
export interface Question {
  of: Source
  at: At
  values: SqlValues
  /** The property whose value is held fast, to the `kind` and `value` of the row `s` for everyone, of `by` for subjects. */
  same?: { property: string; by: 's' | 'g' }
}

/** The properties of an event, in SQL. */
export const EVENT = 'e.doc'

/** The properties of a user, in SQL. */
const USER = `coalesce(u.folded->'$.properties',u.properties)`

/** SQL that is true of the rows that meet a rule, and false (never NULL) of the others. */
export function ruleSql(core: Core, question: Question): string {
  switch (core.kind) {
    case 'all':
    case 'any': {
      const parts = core.of.map((part) => ruleSql(part, question))
      return joined(parts, core.kind === 'all' ? 'AND' : 'OR')
    }
    case 'not':
      return `NOT ${ruleSql(core.of, question)}`
    case 'same':
      return sameSql(core.property, core.of, question)
    case 'did':
      return didSql(core, question)
    case 'interest':
      return interestSql(core, question)
    case 'user':
      return userSql(core, question)
    case 'list': {
      const { values } = question
      const members = `SELECT user_id FROM list_members WHERE list_id=${values.one(core.listId)} AND generation=${values.one(core.generation)}`
      return question.of === 'everyone'
        ? `s.user_id IN (${members})`
        : `EXISTS (${members} AND user_id=s.user_id)`
    }
  }
}

/**
 * The users who did something at least once, or so often or so much: a query of one column, for a leaf whose measures
 * nobody meets by doing nothing.
 */
export function doersSql(leaf: DidLeaf, question: Question): string {
  return `SELECT e.user_id ${performed(leaf, question)} GROUP BY e.user_id${having(leaf, question)}`
}

function didSql(leaf: DidLeaf, question: Question): string {
  const measures = () => leaf.measures.map((measure) => measureSql(measure, EVENT, question.values))
  const once = isOnce(leaf)
  if (question.of !== 'everyone') {
    if (once) return `EXISTS (SELECT 1 ${performed(leaf, question)})`
    return `(SELECT ${joined(measures(), 'AND')} ${performed(leaf, question)})`
  }
  const [columns, key] =
    question.same === undefined
      ? ['e.user_id', 's.user_id']
      : [`e.user_id,${KIND},v.value`, '(s.user_id,s.kind,s.value)']
  const from = `SELECT ${columns} ${performed(leaf, question)}`
  if (once) return `${key} IN (${from})`
  const grouped = `${from} GROUP BY ${columns} HAVING `
  const met = joined(measures(), 'AND')
  // Whoever did nothing has no group: they are found by not being among those who do not meet it.
  return leaf.measures.every(metByNothing)
    ? `${key} NOT IN (${grouped}NOT ${met})`
    : `${key} IN (${grouped}${met})`
}

function having(leaf: DidLeaf, { values }: Question): string {
  if (isOnce(leaf)) return ''
  return ` HAVING ${joined(
    leaf.measures.map((measure) => measureSql(measure, EVENT, values)),
    'AND',
  )}`
}

function isOnce({ measures: [only, ...others] }: DidLeaf): boolean {
  if (only?.of !== 'times' || others.length > 0) return false
  const { op, value } = only.compare
  return (op === 'gte' && value === 1) || (op === 'gt' && value === 0)
}

/** FROM and WHERE: the events of a leaf, held to the value of `same` where there is one. */
export function performed(leaf: DidLeaf | InterestLeaf, question: Question, beside = ''): string {
  const { values, at, of, same } = question
  const held = leaf.kind === 'did' && same !== undefined
  const { fromMs, toMs } = boundsOf(leaf.within, at)
  const terms = [`e.name=${values.one(leaf.event)}`]
  if (fromMs !== undefined) terms.push(`e.at_ms>=${values.one(fromMs)}`)
  if (toMs !== undefined) terms.push(`e.at_ms<=${values.one(toMs)}`)
  terms.push(...ownEvents(of), ...leaf.where.map((condition) => conditionSql(condition, EVENT, values)))
  const tables = held ? `,${valuesOf(same.property, EVENT, values)}` : beside
  if (held && of !== 'everyone') terms.push(`${KIND}=${same.by}.kind`, `v.value=${same.by}.value`)
  return `FROM ${eventsSql([leaf.event], of, at, values)}${tables} WHERE ${joined(terms, 'AND')}`
}

/** A subject sees its own events, up to the one that it stands for. */
function ownEvents(of: Source): string[] {
  return of === 'everyone' ? [] : ['e.user_id=s.user_id', 'e.seq<=s.seq']
}

/** There is a value, among those that the property has in the events of the rule, for which the rule holds. */
function sameSql(property: string, core: Core, question: Question): string {
  const isOfAll = question.of === 'everyone'
  const values = sharedValuesSql(property, core, question)
  const inner = ruleSql(core, { ...question, same: { property, by: isOfAll ? 's' : 'g' } })
  return isOfAll
    ? `s.user_id IN (SELECT s.user_id FROM (${values}) s WHERE ${inner})`
    : `EXISTS (SELECT 1 FROM (${values}) g WHERE ${inner})`
}

/** The values that a property has in the events of a rule: a query of `kind, value`, and of `user_id` for everyone. */
export function sharedValuesSql(property: string, core: Core, { values, of, at }: Question): string {
  const events = [...new Set(eventNames(core))]
  const terms = [`e.name IN ${values.list(events)}`, ...ownEvents(of)]
  const user = of === 'everyone' ? 'e.user_id AS user_id,' : ''
  return `SELECT DISTINCT ${user}${KIND} AS kind,v.value AS value FROM ${eventsSql(events, of, at, values)},${valuesOf(property, EVENT, values)} WHERE ${joined(terms, 'AND')}`
}

/** The events that a `same` compares; a `same` within it chooses for itself. */
function eventNames(core: Core): string[] {
  switch (core.kind) {
    case 'all':
    case 'any':
      return core.of.flatMap(eventNames)
    case 'not':
      return eventNames(core.of)
    case 'did':
      return [core.event]
    default:
      return []
  }
}

function interestSql(leaf: InterestLeaf, question: Question): string {
  return leaf.share === 'most' ? mostSql(leaf, question) : shareSql(leaf, leaf.share, question)
}

function shareSql(leaf: InterestLeaf, share: number, question: Question): string {
  const { values, of } = question
  const wanted = { property: leaf.property, op: 'eq' as const, value: leaf.value }
  const hits = `count(CASE WHEN ${conditionSql(wanted, EVENT, values)} THEN 1 END)`
  const enough = `(${hits}>0 AND 10000*${hits}>=${values.one(Math.round(share * 100))}*count(*))`
  const from = performed(leaf, question)
  return of === 'everyone'
    ? `s.user_id IN (SELECT e.user_id ${from} GROUP BY e.user_id HAVING ${enough})`
    : `(SELECT ${enough} ${from})`
}

function mostSql(leaf: InterestLeaf, question: Question): string {
  const { values, of } = question
  const from = performed(leaf, question, `,${valuesOf(leaf.property, EVENT, values)}`)
  // The value is read as a property would be, so that it is told apart in the same way.
  const [kind, value] = partsOfKey(keyOf(leaf.value) ?? '')
  const wanted = `(kind=${values.one(kind)} AND value=${values.one(value)})`
  const best = (which: string) => `coalesce(max(CASE WHEN ${which} THEN n END),0)`
  const wins = `${best(wanted)}>${best(`NOT ${wanted}`)}`
  const counted = `${KIND} AS kind,v.value AS value,count(*) AS n ${from}`
  return of === 'everyone'
    ? `s.user_id IN (SELECT user_id FROM (SELECT e.user_id AS user_id,${counted} GROUP BY e.user_id,${KIND},v.value) GROUP BY user_id HAVING ${wins})`
    : `(SELECT ${wins} FROM (SELECT ${counted} GROUP BY ${KIND},v.value))`
}

function userSql({ condition }: UserLeaf, { values, of }: Question): string {
  const builtIn = userReading(condition.property, of)
  const test =
    builtIn === undefined ? conditionSql(condition, USER, values) : readingSql(condition, builtIn, values)
  return `EXISTS (SELECT 1 FROM users u WHERE u.id=s.user_id AND ${test})`
}
