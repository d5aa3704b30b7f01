import { createReadStream, type ReadStream } from 'node:fs'
import Papa from 'papaparse'
import { detectFormat, type Format } from './format.ts'
import { UsageError } from './usage-error.ts'

export interface Row {
  /** The line on which the row begins, counted from 1 in the file as it is. */
  line: number
  /** The values without the blanks around them. */
  cells: string[]
}

/** A row longer than this cannot be sent anyway; most often a quote was opened and never closed. */
const LONGEST_ROW_BYTES = 4 * 1024 * 1024

/**
 * Reads a CSV or blank-separated file row by row, the header first, holding one chunk of it in memory at a time.
 * Blank lines are left out and still counted.
 * @param onBytes told from time to time how many bytes have been read
 */
export async function* readRows(path: string, onBytes?: (bytes: number) => void): AsyncGenerator<Row> {
  const format = await detectFormat(path)
  const input = createReadStream(path, { encoding: 'utf8', start: format.start })
  try {
    yield* format.layout.kind === 'csv'
      ? csvRows(input, format, format.layout.delimiter, onBytes)
      : blankRows(input, format, onBytes)
  } finally {
    input.destroy()
  }
}

async function* csvRows(
  input: ReadStream,
  { newline, start }: Format,
  delimiter: string,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Row> {
  const parser = Papa.parse(Papa.NODE_STREAM_INPUT, { delimiter, newline })
  let line = 1
  let bytesAtRow = 0
  input.on('error', (error) => parser.destroy(error))
  input.on('data', () => {
    onBytes?.(start + input.bytesRead)
    if (input.bytesRead - bytesAtRow > LONGEST_ROW_BYTES) parser.destroy(endlessRow(line))
  })
  input.pipe(parser)
  for await (const data of parser) {
    const cells = data as string[]
    bytesAtRow = input.bytesRead
    const begun = line
    line += 1
    for (const cell of cells) if (cell.includes(newline)) line += cell.split(newline).length - 1
    if (cells.length > 1 || cells[0]?.trim()) yield { line: begun, cells: cells.map(clean) }
  }
}

/** Some files put a blank before the quote (`1, "a"`), which CSV does not know as quoting. */
function clean(cell: string): string {
  const quoted = /^\s+"(.*)"\s*$/s.exec(cell)
  return (quoted?.[1]?.replaceAll('""', '"') ?? cell).trim()
}

async function* blankRows(
  input: ReadStream,
  { newline, start }: Format,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Row> {
  let line = 0
  let rest = ''
  for await (const chunk of input) {
    onBytes?.(start + input.bytesRead)
    const lines = (rest + String(chunk)).split(newline)
    rest = lines.pop() ?? ''
    if (rest.length > LONGEST_ROW_BYTES) throw endlessRow(line + 1)
    for (const text of lines) {
      line += 1
      const trimmed = text.trim()
      if (trimmed !== '') yield { line, cells: trimmed.split(/\s+/) }
    }
  }
  if (rest.trim() !== '') yield { line: line + 1, cells: rest.trim().split(/\s+/) }
}

function endlessRow(line: number): UsageError {
  return new UsageError(
    `The row on line ${line} does not end within ${LONGEST_ROW_BYTES / 1024 / 1024} MB. Is a quote (") opened and not closed there?`,
  )
}
