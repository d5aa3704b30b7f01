import { now } from '../platform/clock.ts'
import { newId } from '../platform/ids.ts'
import type { Job } from '../platform/jobs.ts'
import { Refusal } from '../platform/problem.ts'
import { readUpload } from '../platform/upload.ts'

const EXPORT_PAGE = 5_000

/** What the object that owns a series takes of a file of codes. */
export interface CodeIntake<Over extends string> {
  /** Takes in whole lines. Nothing happens with them before `start`. */
  stage: (uploadId: string, firstLine: number, text: string) => Promise<void>
  /** Forgets an upload that broke off. */
  discard: (uploadId: string) => Promise<void>
  /** Starts the import of an upload that is complete, or says why it takes no more codes. */
  start: (uploadId: string, lines: number) => Promise<Job | Over>
}

/**
 * Hands an uploaded file of codes to the object that owns the series, in parts. Refuses what is no text file of at most
 * `maxBytes`, see {@link readUpload}.
 */
export async function importCodes<Over extends string>(
  req: Request,
  maxBytes: number,
  intake: CodeIntake<Over>,
): Promise<Job | Over | Refusal> {
  const uploadId = newId('job', now())
  const lines = await readUpload(
    req,
    maxBytes,
    (firstLine, text) => intake.stage(uploadId, firstLine, text),
    () => intake.discard(uploadId),
  )
  return lines instanceof Refusal ? lines : intake.start(uploadId, lines)
}

/** A code as a page of its series has it. */
interface ListedCode {
  seq: number
  code: string
  status: string
  userId: string | null
}

/** Whether whoever asks wants a list of codes as a file. */
export function wantsCsv(req: Request): boolean {
  return /\btext\/csv\b/.test(req.headers.get('accept') ?? '')
}

/**
 * Answers all codes of a series as CSV, a page of them in memory at a time.
 *
 * @param pageAfter reads the codes after a place in the series, one more than `limit`
 */
export function exportCodes(pageAfter: (seq: number, limit: number) => Promise<ListedCode[]>): Response {
  const encoder = new TextEncoder()
  let after = 0
  let begun = false
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const rows = await pageAfter(after, EXPORT_PAGE)
      const page = rows.slice(0, EXPORT_PAGE)
      const header = begun ? '' : 'code,status,userId\r\n'
      begun = true
      controller.enqueue(encoder.encode(header + page.map(csvLine).join('')))
      after = page.at(-1)?.seq ?? after
      if (rows.length <= EXPORT_PAGE) controller.close()
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/csv; charset=utf-8' } })
}

function csvLine(row: ListedCode): string {
  return `${csvField(row.code)},${row.status},${csvField(row.userId ?? '')}\r\n`
}

/** Quoted where the form needs it (RFC 4180). */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
