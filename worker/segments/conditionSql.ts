import { parseInstant } from '../platform/calendar.ts'
import { foldText } from '../platform/text.ts'
import { itemPath } from './condition.ts'
import type { Condition } from './conditionContract.ts'
import { ofItems, type Reading, readProperty } from './reading.ts'
import type { SqlValues } from './sqlValues.ts'

/** SQL that tests a value of a type; a type that is not here makes the condition false, whatever its sign. */
interface Tests {
  text?: (reading: Reading) => string
  number?: (value: string) => string
  true?: boolean
  false?: boolean
  /** The test of a number is false of all that is none. */
  isTelling?: true
  /** A value of any type that is there at all. */
  any?: true
}

const NEGATIVE: ReadonlySet<string> = new Set(['ne', 'notIn', 'notContains', 'notExists'])

/**
 * SQL that is true of the documents that meet a condition, and false or NULL of the others. What conditions mean is
 * said in `condition.ts`, which is the same in TypeScript.
 */
export function conditionSql(condition: Condition, document: string, values: SqlValues): string {
  const { property } = condition
  const tests = testsOf(condition, values)
  const negative = NEGATIVE.has(condition.op)
  const reading = readProperty(property, document, values)
  const path = itemPath(property)
  if (path === undefined) {
    return (
      (negative ? undefined : shortForm(reading, tests)) ??
      byType(reading, tests, negative, negative ? '1' : '0')
    )
  }
  const some = `EXISTS (${ofItems(path, document, values, (field) => ({ what: '1', where: byType(field, tests, false, '0') }))})`
  return byType(reading, tests, negative, negative ? `NOT ${some}` : some)
}

/** SQL that tests a value whose {@link Reading} is at hand, such as a column. */
export function readingSql(condition: Condition, reading: Reading, values: SqlValues): string {
  const negative = NEGATIVE.has(condition.op)
  return byType(reading, testsOf(condition, values), negative, negative ? '1' : '0')
}

/** Most conditions speak of one type: then the type is looked at only where the value fits. */
function shortForm(
  reading: Reading,
  { text, number, isTelling, true: whenTrue, false: whenFalse, any }: Tests,
) {
  if (any !== undefined || whenTrue !== undefined || whenFalse !== undefined) return undefined
  if (number !== undefined && text === undefined) {
    if (isTelling === true) return number(reading.value)
    return `(${number(reading.value)} AND ${reading.type} IN ('integer','real'))`
  }
  return text !== undefined && number === undefined
    ? `(${text(reading)} AND ${reading.type}='text')`
    : undefined
}

function byType(reading: Reading, tests: Tests, negative: boolean, missing: string): string {
  const signed = (test: string) => (negative ? `NOT ${test}` : test)
  const cases = [`WHEN 'null' THEN ${missing}`]
  if (tests.text !== undefined) cases.push(`WHEN 'text' THEN ${signed(tests.text(reading))}`)
  if (tests.number !== undefined) {
    const test = signed(tests.number(reading.value))
    cases.push(`WHEN 'integer' THEN ${test} WHEN 'real' THEN ${test}`)
  }
  for (const type of ['true', 'false'] as const) {
    if (tests[type] !== undefined) cases.push(`WHEN '${type}' THEN ${tests[type] === negative ? 0 : 1}`)
  }
  const otherwise = tests.any === true && !negative ? 1 : 0
  return `CASE coalesce(${reading.type},'null') ${cases.join(' ')} ELSE ${otherwise} END`
}

/** The tests of a condition or, for a negative one, of the condition that it denies. */
function testsOf(condition: Condition, values: SqlValues): Tests {
  switch (condition.op) {
    case 'eq':
    case 'ne':
      return oneOf([condition.value], values)
    case 'in':
    case 'notIn':
      return oneOf(condition.value, values)
    case 'gt':
      return { number: (value) => `(${value}>${values.one(condition.value)})` }
    case 'gte':
      return atLeast(condition.value, values)
    case 'lt':
      return { number: (value) => `(${value}<${values.one(condition.value)})` }
    case 'lte':
      return { number: (value) => `(${value}<=${values.one(condition.value)})` }
    case 'between': {
      const [low, high] = condition.value
      return { number: (value) => `(${value} BETWEEN ${values.one(low)} AND ${values.one(high)})` }
    }
    case 'contains':
    case 'notContains': {
      const part = values.one(foldText(condition.value))
      return { text: ({ value }) => `(instr(upper(${value}),${part})>0)` }
    }
    case 'startsWith': {
      const start = values.one(foldText(condition.value))
      return { text: ({ value }) => `(instr(upper(${value}),${start})=1)` }
    }
    case 'before':
    case 'after': {
      const bound = values.one(parseInstant(condition.value) ?? null)
      const sign = condition.op === 'before' ? '<' : '>'
      return { text: ({ value }) => `coalesce(${instantSql(value)}${sign}${bound},0)` }
    }
    case 'exists':
    case 'notExists':
      return { any: true }
  }
}

/**
 * A bound above 1 shuts out truth values, which SQL reads as 0 and 1, and an upper end shuts out texts, which SQL takes
 * for greater than any number. Then the type need not be looked at, which costs as much as the value.
 */
function atLeast(bound: number, values: SqlValues): Tests {
  return bound > 1
    ? { number: (value) => `(${value} BETWEEN ${values.one(bound)} AND 9e999)`, isTelling: true }
    : { number: (value) => `(${value}>=${values.one(bound)})` }
}

function oneOf(wanted: readonly (string | number | boolean)[], values: SqlValues): Tests {
  const texts = wanted.filter((value) => typeof value === 'string').map(foldText)
  const numbers = wanted.filter((value) => typeof value === 'number')
  const truths = wanted.filter((value) => typeof value === 'boolean')
  const tests: Tests = {}
  if (texts.length > 0) {
    const among = membership(texts, values)
    tests.text = ({ value }) => `(upper(${value})${among})`
  }
  if (numbers.length > 0) {
    const among = membership(numbers, values)
    tests.number = (value) => `(${value}${among})`
  }
  if (truths.length > 0) {
    tests.true = truths.includes(true)
    tests.false = truths.includes(false)
  }
  return tests
}

function membership(wanted: (string | number)[], values: SqlValues): string {
  const [only] = wanted
  return wanted.length === 1 && only !== undefined ? `=${values.one(only)}` : ` IN ${values.list(wanted)}`
}

/**
 * SQL for the milliseconds of an RFC 3339 text, NULL when it is none: `parseInstant` in SQL, as strict. A day or an hour
 * that does not exist would be written as another one. A text with a NUL in it is none, and looks shorter than it is.
 *
 * `b` is the text up to the seconds, `f` what follows of them, `z` the length of the zone.
 */
function instantSql(text: string): string {
  const zone = `CASE WHEN t GLOB '*Z' THEN 1 WHEN substr(t,-6) GLOB '[+-][0-2][0-9]:[0-5][0-9]' AND substr(t,-5,2)<'24' THEN 6 END`
  const offset = `iif(z=1,0,iif(substr(t,-6,1)='+',-1,1)*(substr(t,-5,2)*60+substr(t,-2)))`
  const cut = `SELECT t,z,iif(substr(t,12,2)<'24',substr(t,1,19),NULL) AS b,substr(t,20,max(0,length(t)-19-z)) AS f FROM (SELECT t,${zone} AS z FROM (SELECT ${text} AS t))`
  return `(SELECT iif(strftime('%Y-%m-%dT%H:%M:%S',b)=b AND length(t)>=19+z AND (f='' OR f GLOB '.[0-9]*' AND substr(f,2) NOT GLOB '*[^0-9]*') AND instr(t,char(0))=0,unixepoch(b)*1000+substr(f||'000',2,3)+60000*${offset},NULL) FROM (${cut}))`
}
