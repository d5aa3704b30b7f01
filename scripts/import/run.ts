import { inBatches } from './batches.ts'
import { type Mapped, type Problem, rowMapper } from './mapping.ts'
import type { ImportOptions } from './options.ts'
import { readRows } from './rows.ts'
import { send } from './sender.ts'
import { UsageError } from './usage-error.ts'

export interface Summary {
  /** Events that were answered by the service. */
  sent: number
  accepted: number
  duplicates: number
  /** Lines that were not taken, here or by the service. */
  rejected: number
  seconds: number
  /** Why the import broke off, if it did. */
  failure?: string
}

export interface Watch {
  onBytes?: (bytes: number) => void
  onProblem: (problem: Problem) => void
  signal?: AbortSignal
}

type Job = Pick<ImportOptions, 'file' | 'mapping' | 'url' | 'key' | 'concurrency'>

/**
 * Sends a whole file, a few requests at a time; the reading waits for the sending, so memory stays the same whatever
 * the file's size. A failure ends the import after the requests in flight and is told in the summary, with what had
 * been done by then; only a `UsageError` about the file's beginning is thrown.
 */
export async function importFile(
  { file, mapping, url, key, concurrency }: Job,
  watch: Watch,
): Promise<Summary> {
  const summary: Summary = { sent: 0, accepted: 0, duplicates: 0, rejected: 0, seconds: 0 }
  const begun = performance.now()
  const reject = (problem: Problem) => {
    summary.rejected += 1
    watch.onProblem(problem)
  }
  const batches = inBatches(mappedRows(file, mapping, watch.onBytes), reject)
  let stopped = false
  const sendAll = async () => {
    while (!stopped) {
      const { value: batch, done } = await batches.next()
      if (done) return
      const answer = await send(batch.body, { url, key, ...(watch.signal ? { signal: watch.signal } : {}) })
      summary.sent += batch.lines.length
      summary.accepted += answer.accepted
      summary.duplicates += answer.duplicates
      for (const { index, code, message } of answer.rejected) {
        reject({ line: batch.lines[index] ?? 0, code, message })
      }
    }
  }
  const lanes = Array.from({ length: concurrency }, () =>
    sendAll().catch((error: unknown) => {
      stopped = true
      throw error
    }),
  )
  const failed = (await Promise.allSettled(lanes)).find((lane) => lane.status === 'rejected')
  await batches.return(undefined)
  summary.seconds = (performance.now() - begun) / 1000
  if (!failed) return summary
  if (failed.reason instanceof UsageError && summary.sent + summary.rejected === 0) throw failed.reason
  return {
    ...summary,
    failure: watch.signal?.aborted ? 'interrupted' : String(failed.reason?.message ?? failed.reason),
  }
}

async function* mappedRows(
  file: string,
  mapping: ImportOptions['mapping'],
  onBytes?: (bytes: number) => void,
): AsyncGenerator<{ line: number; mapped: Mapped }> {
  let map: ReturnType<typeof rowMapper> | undefined
  for await (const row of readRows(file, onBytes)) {
    if (map === undefined) map = rowMapper(row.cells, mapping)
    else yield { line: row.line, mapped: map(row) }
  }
}
