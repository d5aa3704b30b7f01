import type { ImportedEvent, Mapped, Problem } from './mapping.ts'

/** Events that travel in one request, as the JSON that is sent. */
export interface Batch {
  body: string
  /** The line of the file that each event came from, in the order sent. */
  lines: number[]
}

const MOST_EVENTS = 1_000
/** The service takes 1 MB; staying under a million bytes holds whichever way that is counted. */
const MOST_BYTES = 999_000
const OPENING = '{"events":['
const CLOSING = ']}'

/** Gathers events into the fewest requests that the service takes. Lines that make no event go to `onProblem`. */
export async function* inBatches(
  rows: AsyncIterable<{ line: number; mapped: Mapped }>,
  onProblem: (problem: Problem) => void,
): AsyncGenerator<Batch> {
  let parts: string[] = []
  let lines: number[] = []
  let bytes = 0
  const take = (): Batch => {
    const batch = { body: OPENING + parts.join(',') + CLOSING, lines }
    parts = []
    lines = []
    bytes = 0
    return batch
  }
  for await (const { line, mapped } of rows) {
    if ('problem' in mapped) {
      onProblem(mapped.problem)
      continue
    }
    const part = JSON.stringify(mapped.event satisfies ImportedEvent)
    const size = Buffer.byteLength(part) + 1
    if (size + OPENING.length + CLOSING.length > MOST_BYTES) {
      onProblem({ line, code: 'too_large', message: 'the event alone is larger than a request may be' })
      continue
    }
    if (parts.length === MOST_EVENTS || bytes + size + OPENING.length + CLOSING.length > MOST_BYTES)
      yield take()
    parts.push(part)
    lines.push(line)
    bytes += size
  }
  if (parts.length > 0) yield take()
}
