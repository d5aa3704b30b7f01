import type { Core, Leaf } from './core.ts'
import { matching } from './inParts.ts'
import { amountSql } from './measureSql.ts'
import { KIND, readProperty, valuesOf } from './reading.ts'
import { EVENT, performed, type Question, ruleSql } from './ruleSql.ts'
import type { SqlValues } from './sqlValues.ts'
import { ofSubjects, prepared, type Supposed, supposedRows } from './statements.ts'
import { userReading } from './userSql.ts'
import { keyOf, partsOfKey } from './valueKey.ts'
import type { At } from './windows.ts'
import { didInWords, type Found, interestInWords, userInWords } from './words.ts'

/** One part of a rule: where it stands, whether it speaks for the user, and what was found. */
export interface LeafFinding {
  path: string
  passed: boolean
  detail: string
}

/**
 * Why a rule is true of a user or is not, leaf by leaf. A leaf below an odd number of `not` passes when it is
 * false. What `same` holds together is told as a whole; its leaves are told each for itself.
 */
export async function explainRule(
  db: D1Database,
  core: Core,
  at: At,
  userId: string,
  supposed: readonly Supposed[],
): Promise<{ passed: boolean; leaves: LeafFinding[] }> {
  const signed = signedLeaves(core, false)
  const aside = { supposed: supposedRows(supposed) }
  const subject = [{ userId, eventId: null }]
  const statements = signed.map(({ leaf }) => ofSubjects(at, subject, aside, leafSql(leaf)))
  const [whole, answers] = await Promise.all([
    matching(db, core, at, subject, aside),
    db.batch<{ passed: number; amounts: string; value: string | null }>(
      statements.map((statement) => prepared(db, statement)),
    ),
  ])
  const leaves = signed.map(({ leaf, isNegated }, place) => {
    const row = answers[place]?.results[0]
    const amounts = JSON.parse(row?.amounts ?? '[]') as (number | null)[]
    const found = { passed: row?.passed === 1, amounts, value: row?.value ?? null }
    return { path: leaf.path, passed: found.passed !== isNegated, detail: inWords(leaf, found, isNegated) }
  })
  return { passed: whole.has(0), leaves }
}

function signedLeaves(core: Core, isNegated: boolean): { leaf: Leaf; isNegated: boolean }[] {
  switch (core.kind) {
    case 'all':
    case 'any':
      return core.of.flatMap((part) => signedLeaves(part, isNegated))
    case 'not':
      return signedLeaves(core.of, !isNegated)
    case 'same':
      return signedLeaves(core.of, isNegated)
    default:
      return [{ leaf: core, isNegated }]
  }
}

function inWords(leaf: Leaf, found: Found, isNegated: boolean): string {
  switch (leaf.kind) {
    case 'did':
      return didInWords(leaf, found, isNegated)
    case 'interest':
      return interestInWords(leaf, found, isNegated)
    case 'user':
      return userInWords(leaf.condition, found, isNegated)
    case 'list':
      return `is ${found.passed ? '' : 'not '}on the list ${leaf.listId}`
  }
}

/** What is asked of a leaf: whether it is true, what it counts, and the value of a property of the user. */
const leafSql = (leaf: Leaf) => (question: Question) => {
  const passed = ruleSql(leaf, question)
  const value = leaf.kind === 'user' ? valueSql(leaf.condition.property, question.values) : 'NULL'
  const amounts = amountsSql(leaf, question).join(',')
  return { select: `${passed} AS passed,${value} AS value,json_array(${amounts}) AS amounts` }
}

/** What a leaf counts: each amount a subquery about `s`. */
function amountsSql(leaf: Leaf, question: Question): string[] {
  const { values } = question
  if (leaf.kind === 'did') {
    return leaf.measures.map(
      (measure) => `(SELECT ${amountSql(measure, EVENT, values)} ${performed(leaf, question)})`,
    )
  }
  if (leaf.kind !== 'interest') return []
  const [kind, value] = partsOfKey(keyOf(leaf.value) ?? '')
  const has = `EXISTS (SELECT 1 FROM ${valuesOf(leaf.property, EVENT, values)} WHERE ${KIND}=${values.one(kind)} AND v.value=${values.one(value)})`
  const from = performed(leaf, question)
  return [`(SELECT count(CASE WHEN ${has} THEN 1 END) ${from})`, `(SELECT count(*) ${from})`]
}

/** The value of a property of the user, as JSON; NULL when it is missing. */
function valueSql(property: string, values: SqlValues): string {
  const builtIn = userReading(property, 'tryOut')
  const json = builtIn === undefined ? readProperty(property, 'u.properties', values).json : builtIn.json
  return `(SELECT nullif(${json},'null') FROM users u WHERE u.id=s.user_id)`
}
