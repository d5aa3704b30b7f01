import { isCode, lengthOf, MAX_CODE_LENGTH, trimCode } from './normal.ts'

/** Why a line gives no code. That a code stands twice in a file is for the caller to see. */
export type LineProblem = {
  line: number
  code: 'blank' | 'too_long' | 'several_columns' | 'invalid'
  /** The line, shortened; absent for a blank one. */
  value?: string
}

/** What some lines of a file hold. Line numbers count from 1 in the file as sent. */
export type Lines = { codes: { line: number; code: string }[]; problems: LineProblem[]; nextLine: number }

const LINE_END = /\r\n|\n|\r/
const PLAIN = /^[A-Za-z0-9_-]{1,100}$/
const QUOTED = /^"((?:[^"]|"")*)"(.*)$/s
const SEPARATOR = /[,;\t]/
/** No longer line can be a code, however much of it is quotes. */
const MAX_LINE = 4_096

/**
 * Reads whole lines of a file of codes, one code a line. Accepted: any line ending, blanks around a code, a code in
 * double quotes; on line 1 a byte-order mark and the header `code` in any case. A line is refused on its own and named.
 * Commas, semicolons and tabs outside quotes are taken for further columns, whatever spreadsheet wrote the file.
 * A large file is read in parts, cut after any line end (but not between CR and LF), each going on at `nextLine`.
 * @param text lines, cut at line ends; what follows the last line end is a line unless it is empty.
 * @param firstLine the number of the first of them.
 */
export function readLines(text: string, firstLine: number): Lines {
  const rows = text.split(LINE_END)
  if (rows.at(-1) === '') rows.pop()
  const lines: Lines = { codes: [], problems: [], nextLine: firstLine + rows.length }
  rows.forEach((row, index) => {
    const line = firstLine + index
    const read = PLAIN.test(row) ? { code: row } : readLine(row)
    if ('problem' in read) lines.problems.push({ line, code: read.problem, ...shortened(row) })
    else if (line > 1 || read.code.toLowerCase() !== 'code') lines.codes.push({ line, code: read.code })
  })
  return lines
}

function readLine(row: string): { code: string } | { problem: LineProblem['code'] } {
  // Blanks go first, and with them the byte-order mark.
  const column = trimCode(row)
  if (column.length > MAX_LINE) return { problem: 'too_long' }
  const quoted = QUOTED.exec(column)
  const rest = quoted?.[2] ?? (column.startsWith('"') ? '' : column)
  if (SEPARATOR.test(rest)) return { problem: 'several_columns' }
  if (quoted === null) return readCode(column)
  return rest === '' ? readCode((quoted[1] ?? '').replaceAll('""', '"')) : { problem: 'invalid' }
}

function readCode(text: string): { code: string } | { problem: LineProblem['code'] } {
  const code = trimCode(text)
  if (code === '') return { problem: 'blank' }
  if (lengthOf(code) > MAX_CODE_LENGTH) return { problem: 'too_long' }
  return isCode(code) ? { code } : { problem: 'invalid' }
}

function shortened(row: string): { value?: string } {
  const value = trimCode(row)
  return value === '' ? {} : { value: Array.from(value.slice(0, 200)).slice(0, MAX_CODE_LENGTH).join('') }
}
