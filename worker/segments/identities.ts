import Papa from 'papaparse'
import type { LineProblem } from '../platform/jobs.ts'

/** By what a file names people. */
export type IdentityKind = 'userId' | 'email' | 'phone'

/** Which column of a file names people, as its first line says. */
export interface Column {
  kind: IdentityKind
  index: number
  /** What stands between columns; null in a file of one column, where nothing may. */
  separator: string | null
}

/** What some lines of a file hold. Line numbers count from 1 in the file as sent. */
export interface Identities {
  column: Column
  values: { line: number; value: string }[]
  problems: LineProblem[]
  nextLine: number
}

/** In the order in which they are preferred, with the lengths that a user may have them in. */
const longest: Record<IdentityKind, number> = { userId: 128, email: 320, phone: 32 }
const kinds = Object.keys(longest) as IdentityKind[]
const separators = [',', ';', '\t']
const plain: Column = { kind: 'userId', index: 0, separator: null }

const LINE_END = /\r\n|\n|\r/
/** Nothing in a file of one column is longer, however much of it is quotes. */
const LONGEST_ROW = 4_096
const SHOWN = 100

/**
 * Reads whole lines of a file that names people. Its first line may be a header that names `userId`, `email` or `phone`
 * in any case; that column is taken, the first of these that there is, and the others are ignored. Without one, the file
 * is one column of user ids. Accepted: any line ending, a byte-order mark, blanks around a value, a value in double
 * quotes (which does not reach over a line end). A line is refused on its own and named; that somebody is named twice
 * or unknown is for the caller to see.
 *
 * A large file is read in parts, cut after any line end (but not between CR and LF), each going on at `nextLine`.
 *
 * @param firstLine the number of the first line in `text`
 * @param column what the first line of the file said; unless this is that very part
 */
export function readIdentities(text: string, firstLine: number, column?: Column): Identities {
  const rows = text.split(LINE_END)
  if (rows.at(-1) === '') rows.pop()
  const header = firstLine === 1 ? headerColumn(rows[0] ?? '') : undefined
  const own = column ?? header ?? plain
  const read: Identities = { column: own, values: [], problems: [], nextLine: firstLine + rows.length }
  rows.forEach((row, index) => {
    const line = firstLine + index
    if (line === 1 && header !== undefined) return
    const value = readRow(row, own)
    if (typeof value === 'string') read.values.push({ line, value })
    else read.problems.push({ line, code: value.problem, ...shown(row.trim(), own) })
  })
  return read
}

/** The value of a problem. Who people are by e-mail or phone is not kept in a job, which outlives them. */
export function shown(value: string, column: Column): { value?: string } {
  if (value === '' || column.kind !== 'userId') return {}
  return {
    value: Array.from(value.slice(0, 2 * SHOWN))
      .slice(0, SHOWN)
      .join(''),
  }
}

function headerColumn(row: string): Column | undefined {
  const separator = separators.find((one) => row.includes(one)) ?? null
  const names = fieldsOf(row, separator)?.map((name) => name.trim().toLowerCase()) ?? []
  const kind = kinds.find((one) => names.includes(one.toLowerCase()))
  return kind === undefined ? undefined : { kind, index: names.indexOf(kind.toLowerCase()), separator }
}

function readRow(row: string, column: Column): string | { problem: string } {
  if (row.trim() === '') return { problem: 'blank' }
  if (column.separator === null && row.length > LONGEST_ROW) return { problem: 'too_long' }
  const fields = column.separator === null ? onlyField(row.trim()) : fieldsOf(row, column.separator)
  if (fields === undefined) return { problem: 'invalid' }
  if (column.separator === null && fields.length > 1) return { problem: 'several_columns' }
  const value = (fields[column.index] ?? '').trim()
  if (value === '') return { problem: 'blank' }
  if (value.length > longest[column.kind]) return { problem: 'too_long' }
  return /\p{Cc}/u.test(value) || !value.isWellFormed() ? { problem: 'invalid' } : value
}

/** The fields of a row that should have one only, whatever spreadsheet wrote it: several of them if any reading has. */
function onlyField(row: string): string[] | undefined {
  const readings = separators.flatMap((one) => {
    const fields = fieldsOf(row, one)
    return fields === undefined ? [] : [fields]
  })
  return readings.find((fields) => fields.length > 1) ?? readings[0]
}

/** The fields of a row; undefined when a quote is not closed, or something follows one that is. */
function fieldsOf(row: string, separator: string | null): string[] | undefined {
  if (!row.includes('"')) return separator === null ? [row] : row.split(separator)
  // Blanks before a quote would make it part of the value. A tab between columns is no blank.
  const trimmed = separator === '\t' ? row.replace(/^[^\S\t]+|[^\S\t]+$/g, '') : row.trim()
  const { data, errors } = Papa.parse<string[]>(trimmed, { delimiter: separator ?? ',', newline: '\n' })
  return errors.length > 0 ? undefined : data[0]
}
