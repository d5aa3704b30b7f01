import { open } from 'node:fs/promises'
import { UsageError } from './usage-error.ts'

/** How the lines of a file are cut: by a delimiter with CSV quoting, or by runs of blanks. */
export type Layout = { kind: 'csv'; delimiter: string } | { kind: 'blanks' }

export interface Format {
  layout: Layout
  /** CRLF counts as `\n`: the `\r` is a blank at the end of a line. */
  newline: '\n' | '\r'
  /** Where the text begins, in bytes: after the byte-order mark if there is one. */
  start: number
}

const DELIMITERS = [',', ';', '\t', '|']
const PEEK_BYTES = 64 * 1024

/**
 * Looks at the opening of a text file and says how to read it. The first line that is not blank is the header;
 * the delimiter is the one found there most often, and without any the columns are separated by blanks.
 * Refuses, with a `UsageError`, a file that is empty, is UTF-16 or has a single column.
 */
export async function detectFormat(path: string): Promise<Format> {
  const opening = await peek(path)
  if (opening[0] === 0xff || opening[0] === 0xfe) {
    throw new UsageError(`${path} is not UTF-8 (it looks like UTF-16). Save it as UTF-8 and try again.`)
  }
  const start = opening[0] === 0xef && opening[1] === 0xbb && opening[2] === 0xbf ? 3 : 0
  const text = opening.subarray(start).toString('utf8')
  const newline = !text.includes('\n') && text.includes('\r') ? '\r' : '\n'
  const header = text.split(newline).find((line) => line.trim() !== '')
  if (header === undefined)
    throw new UsageError(`${path} is empty: a header line with column names is needed.`)
  return { layout: layoutOf(header, path), newline, start }
}

function layoutOf(header: string, path: string): Layout {
  const line = header.trim()
  // Columns lined up with several tabs in a row are blanks, not a tab-separated file with empty names.
  const counts = DELIMITERS.filter((delimiter) => delimiter !== '\t' || !line.includes('\t\t')).map(
    (delimiter) => ({ delimiter, count: line.split(delimiter).length - 1 }),
  )
  const best = counts.reduce((a, b) => (b.count > a.count ? b : a))
  if (best.count > 0) return { kind: 'csv', delimiter: best.delimiter }
  if (/\s/.test(line)) return { kind: 'blanks' }
  throw new UsageError(`${path} has one column only ("${line.slice(0, 60)}"); a user and a time are needed.`)
}

async function peek(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PEEK_BYTES), 0, PEEK_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
