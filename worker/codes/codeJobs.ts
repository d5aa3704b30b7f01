import { breathe } from '../platform/breathe.ts'
import type { JobProgress, LineProblem } from '../platform/jobs.ts'
import { PROBLEMS_KEPT } from '../platform/jobs.ts'
import type { CodeTable } from './codeTable.ts'
import { freshCodes } from './generate.ts'
import { readLines } from './lines.ts'
import { normalCode } from './normal.ts'
import type { Pattern } from './pattern.ts'

/** What the owner of a series provides to the jobs that fill it. */
export interface CodeJobPorts {
  /**
   * Claims codes for this series in the catalogue; answers the normal forms that another series has. Absent for a series
   * whose codes need be unique in itself only.
   */
  claim?: (codes: { key: string; code: string }[]) => Promise<string[]>
  /** Which of these normal forms some series has, this one or another. */
  taken?: (keys: string[]) => Promise<string[]>
  /** How many codes the series may hold; absent where there is no bound. */
  capacity?: number
  /** Shows the world how far a job is. */
  report: (jobId: string, progress: JobProgress) => Promise<void>
}

type JobInput = { kind: 'generate'; pattern: Pattern; count: number } | { kind: 'import' }

/** A code and the line of its file. */
interface NumberedCode {
  line: number
  code: string
}

interface JobRow {
  ordinal: number
  id: string
  input: JobInput
  progress: JobProgress
}

const CHUNK = 5_000
/** Rounds of drawing without a single new code after which the pattern is taken for exhausted. */
const FRUITLESS_ROUNDS = 500

/**
 * The long work on a series of codes: generating and importing. Each step is one chunk: new codes are written as
 * pending, claimed in the catalogue, and made available together with the progress, in one transaction. A crash
 * between any two of these is mended by doing the chunk again.
 */
export class CodeJobs {
  readonly #storage: DurableObjectStorage
  readonly #table: CodeTable
  readonly #ports: CodeJobPorts
  #fruitless = 0
  /** Whether codes drawn just now belonged to other series. Then it pays to ask before claiming. */
  #tight = false

  constructor(storage: DurableObjectStorage, table: CodeTable, ports: CodeJobPorts) {
    this.#storage = storage
    this.#table = table
    this.#ports = ports
    storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS code_jobs (ordinal INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        input TEXT NOT NULL, progress TEXT NOT NULL, running INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS code_parts (job_id TEXT NOT NULL, first_line INTEGER NOT NULL, text TEXT NOT NULL,
        PRIMARY KEY (job_id, first_line));`)
  }

  /** Queues the making of codes. */
  generate(jobId: string, pattern: Pattern, count: number): void {
    this.#add(jobId, { kind: 'generate', pattern, count }, count)
  }

  /** Takes in a part of an uploaded file: whole lines. Nothing happens with it before {@link startImport}. */
  stage(jobId: string, firstLine: number, text: string): void {
    this.#storage.sql.exec(
      'INSERT INTO code_parts (job_id, first_line, text) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING',
      jobId,
      firstLine,
      text,
    )
  }

  /** Forgets the parts of an upload that broke off. */
  discard(jobId: string): void {
    this.#storage.sql.exec('DELETE FROM code_parts WHERE job_id = ?1', jobId)
  }

  /** Queues the import of the staged parts. */
  startImport(jobId: string, lines: number): void {
    this.#add(jobId, { kind: 'import' }, lines)
  }

  /** How many codes of a pattern are still to be made by jobs that were promised. */
  promised(pattern: Pattern): number {
    const wanted = JSON.stringify(pattern)
    return this.#running().reduce(
      (sum, job) =>
        job.input.kind === 'generate' && JSON.stringify(job.input.pattern) === wanted
          ? sum + job.input.count - job.progress.imported
          : sum,
      0,
    )
  }

  /** Whether there is anything to do. */
  get busy(): boolean {
    return this.#running().length > 0
  }

  /** Gives up whatever is to be done, because the series is closed for good. No chunk may be in flight. */
  async cancel(): Promise<void> {
    for (const job of this.#running()) {
      this.#storage.transactionSync(() => {
        this.#table.settlePending(this.#table.pending().map((code) => code.key))
        job.progress.status = 'failed'
        job.progress.problems = [...job.progress.problems, { line: 0, code: 'archived' }].slice(
          -PROBLEMS_KEPT,
        )
        this.discard(job.id)
        this.#save(job)
      })
      await this.#ports.report(job.id, job.progress)
    }
  }

  /** Does one chunk of the oldest job. Answers whether more is left. */
  async step(): Promise<boolean> {
    const job = this.#running()[0]
    if (job === undefined) return false
    if (job.input.kind === 'generate') await this.#generateChunk(job, job.input.pattern, job.input.count)
    else await this.#importPart(job)
    await breathe()
    return this.busy
  }

  async #generateChunk(job: JobRow, pattern: Pattern, count: number): Promise<void> {
    const { progress } = job
    const leftOver = this.#table.pending()
    const wanted = Math.min(CHUNK, count - progress.imported)
    const fresh =
      leftOver.length > 0
        ? leftOver
        : this.#table.addPending(await this.#candidates(pattern, wanted), job.ordinal)
    const elsewhere = (await this.#ports.claim?.(fresh)) ?? []
    this.#storage.transactionSync(() => {
      const made = this.#table.settlePending(elsewhere)
      this.#tight = made < wanted
      progress.imported += made
      progress.done = progress.imported
      this.#fruitless = made > 0 ? 0 : this.#fruitless + 1
      if (progress.imported >= count) progress.status = 'done'
      else if (this.#fruitless >= FRUITLESS_ROUNDS) {
        progress.status = 'failed'
        progress.problems.push({ line: 0, code: 'code_space_exhausted' })
      }
      this.#save(job)
    })
    await this.#ports.report(job.id, progress)
  }

  /** Codes to claim. The last ones of a pattern that others draw from too are found by asking about many. */
  async #candidates(pattern: Pattern, wanted: number): Promise<string[]> {
    const present = (keys: string[]) => this.#table.batchesOf(keys)
    if (!this.#tight || this.#ports.taken === undefined) return freshCodes(pattern, wanted, present)
    const many = freshCodes(pattern, CHUNK, present)
    const taken = new Set(await this.#ports.taken(many.map(normalCode)))
    return many.filter((code) => !taken.has(normalCode(code))).slice(0, wanted)
  }

  async #importPart(job: JobRow): Promise<void> {
    const { progress } = job
    const part = this.#storage.sql
      .exec<{ first_line: number; text: string }>(
        'SELECT first_line, text FROM code_parts WHERE job_id = ?1 ORDER BY first_line LIMIT 1',
        job.id,
      )
      .toArray()[0]
    if (part === undefined) {
      progress.status = 'done'
      this.#save(job)
      return this.#ports.report(job.id, progress)
    }
    // What a crash left pending belongs to this very part, which is now read again from its start.
    this.#table.settlePending(this.#table.pending().map((code) => code.key))
    const lines = readLines(part.text, part.first_line)
    const problems: LineProblem[] = [...lines.problems]
    const { claim } = this.#ports
    const add =
      claim === undefined
        ? () => this.#addAvailable(lines.codes, job.ordinal, problems)
        : await this.#addClaimed(lines.codes, job.ordinal, problems, claim)
    this.#storage.transactionSync(() => {
      progress.imported += add()
      problems.sort((one, other) => one.line - other.line)
      progress.skipped += problems.length
      progress.done += lines.nextLine - part.first_line
      progress.problems = [...progress.problems, ...problems].slice(0, PROBLEMS_KEPT)
      this.#storage.sql.exec(
        'DELETE FROM code_parts WHERE job_id = ?1 AND first_line = ?2',
        job.id,
        part.first_line,
      )
      this.#save(job)
    })
    await this.#ports.report(job.id, progress)
  }

  /** Adds what is new of a part, and answers how many that were. Nearly always it is all, which one statement can tell. */
  #addAvailable(codes: NumberedCode[], ordinal: number, problems: LineProblem[]): number {
    if (codes.length <= this.#room() && this.#table.addAvailable(codes, ordinal)) return codes.length
    const wanted = [...this.#sortOut(codes, ordinal, problems).values()]
    this.#table.addAvailable(wanted, ordinal)
    return wanted.length
  }

  /** Writes what is new of a part as pending, and claims it; answers what makes it available. */
  async #addClaimed(
    codes: NumberedCode[],
    ordinal: number,
    problems: LineProblem[],
    claim: NonNullable<CodeJobPorts['claim']>,
  ): Promise<() => number> {
    const wanted = this.#sortOut(codes, ordinal, problems)
    const fresh = this.#table.addPending(
      [...wanted.values()].map((entry) => entry.code),
      ordinal,
    )
    const elsewhere = await claim(fresh)
    for (const key of elsewhere) {
      const entry = wanted.get(key)
      if (entry !== undefined) problems.push({ line: entry.line, code: 'already_exists', value: entry.code })
    }
    return () => this.#table.settlePending(elsewhere)
  }

  #room(): number {
    return (this.#ports.capacity ?? Number.POSITIVE_INFINITY) - this.#table.counts().total
  }

  /**
   * Tells the codes of a part that are new from those that were seen before, in this file or in the series, and from
   * those that the series has no room for. By their normal form.
   */
  #sortOut(codes: NumberedCode[], ordinal: number, problems: LineProblem[]): Map<string, NumberedCode> {
    const keyed = codes.map((entry) => ({ ...entry, key: normalCode(entry.code) }))
    const present = this.#table.batchesOf(keyed.map((entry) => entry.key))
    const room = this.#room()
    const wanted = new Map<string, NumberedCode>()
    for (const { key, line, code } of keyed) {
      const batch = present.get(key)
      if (wanted.has(key) || batch === ordinal)
        problems.push({ line, code: 'duplicate_in_file', value: code })
      else if (batch !== undefined) problems.push({ line, code: 'already_exists', value: code })
      else if (wanted.size >= room) problems.push({ line, code: 'list_full', value: code })
      else wanted.set(key, { line, code })
    }
    return wanted
  }

  #add(id: string, input: JobInput, total: number): void {
    const progress: JobProgress = { status: 'running', total, done: 0, imported: 0, skipped: 0, problems: [] }
    this.#storage.sql.exec(
      'INSERT INTO code_jobs (id, input, progress, running) VALUES (?1, ?2, ?3, 1)',
      id,
      JSON.stringify(input),
      JSON.stringify(progress),
    )
  }

  #running(): JobRow[] {
    return this.#storage.sql
      .exec<{ ordinal: number; id: string; input: string; progress: string }>(
        'SELECT ordinal, id, input, progress FROM code_jobs WHERE running = 1 ORDER BY ordinal',
      )
      .toArray()
      .map((row) => ({
        ordinal: row.ordinal,
        id: row.id,
        input: JSON.parse(row.input) as JobInput,
        progress: JSON.parse(row.progress) as JobProgress,
      }))
  }

  #save(job: JobRow): void {
    this.#storage.sql.exec(
      'UPDATE code_jobs SET progress = ?2, running = ?3 WHERE ordinal = ?1',
      job.ordinal,
      JSON.stringify(job.progress),
      job.progress.status === 'running' ? 1 : 0,
    )
  }
}
