import { dealOut } from '../platform/lane.ts'
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
 * false. What `same` holds together is told as a whole; its leaves are told each for itself. Through segments a rule may
 * have thousands of leaves; the first of them are told.
 */
export async function explainRule(
  db: D1Database,
  core: Core,
  at: At,
  userId: string,
  supposed: readonly Supposed[],
): Promise<{ passed: boolean; leaves: LeafFinding[] }> {
  const signed = signedLeaves(core, false).slice(0, LEAVES_TOLD)
  const aside = { supposed: supposedRows(supposed) }
  const subject = [{ userId, eventId: null }]
  // One statement for each thing that is found: a leaf alone may be nearly as long as a statement.
  const asked = signed.map(({ leaf }) =>
    questionsOf(leaf).map((write) =>
      ofSubjects(at, subject, aside, (question) => ({ select: `${write(question)} AS found` })),
    ),
  )
  const [whole, answers] = await Promise.all([
    matching(db, core, at, subject, aside),
    db.batch<{ found: number | string | null }>(asked.flat().map((statement) => prepared(db, statement))),
  ])
  const found = dealOut(
    answers.map(({ results }) => results[0]?.found ?? null),
    asked.map((statements) => statements.length),
  )
  const leaves = signed.map(({ leaf, isNegated }, place): LeafFinding => {
    const [isTrue, ...rest] = found[place] ?? []
    const passed = (isTrue === 1) !== isNegated
    return { path: leaf.path, passed, detail: inWords(leaf, isTrue === 1, rest, isNegated) }
  })
  return { passed: whole.has(0), leaves }
}

/** A rule has 50 leaves at most, apart from those of segments. */
const LEAVES_TOLD = 100

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

function inWords(leaf: Leaf, isTrue: boolean, found: Found, isNegated: boolean): string {
  switch (leaf.kind) {
    case 'did':
      return didInWords(leaf, found, isNegated)
    case 'interest':
      return interestInWords(leaf, found, isNegated)
    case 'user':
      return userInWords(leaf.condition, found, isNegated)
    case 'list':
      return `is ${isTrue ? '' : 'not '}on the list ${leaf.listId}`
  }
}

type Write = (question: Question) => string

/** What is asked of a leaf: whether it is true, and then what it counts, or the value of a property of the user. */
function questionsOf(leaf: Leaf): Write[] {
  const isTrue: Write = (question) => ruleSql(leaf, question)
  if (leaf.kind === 'user') return [isTrue, ({ values }) => valueSql(leaf.condition.property, values)]
  return [isTrue, ...amountsOf(leaf)]
}

/** What a leaf counts: each amount a subquery about `s`. */
function amountsOf(leaf: Leaf): Write[] {
  if (leaf.kind === 'did') {
    return leaf.measures.map(
      (measure) => (question) =>
        `(SELECT ${amountSql(measure, EVENT, question.values)} ${performed(leaf, question)})`,
    )
  }
  if (leaf.kind !== 'interest') return []
  const [kind, value] = partsOfKey(keyOf(leaf.value) ?? '')
  const hits: Write = (question) => {
    const { values } = question
    const has = `EXISTS (SELECT 1 FROM ${valuesOf(leaf.property, EVENT, values)} WHERE ${KIND}=${values.one(kind)} AND v.value=${values.one(value)})`
    return `(SELECT count(CASE WHEN ${has} THEN 1 END) ${performed(leaf, question)})`
  }
  return [hits, (question) => `(SELECT count(*) ${performed(leaf, question)})`]
}

/** The value of a property of the user, as JSON; NULL when it is missing. */
function valueSql(property: string, values: SqlValues): string {
  const builtIn = userReading(property, 'tryOut')
  const json = builtIn === undefined ? readProperty(property, 'u.properties', values).json : builtIn.json
  return `(SELECT nullif(${json},'null') FROM users u WHERE u.id=s.user_id)`
}
