import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../env.ts'
import { Alarm, OneAtATime, type Wakeable } from '../platform/alarm.ts'
import { loadClock, now } from '../platform/clock.ts'
import { faultPoint } from '../platform/faults.ts'
import {
  createJob,
  type Job,
  type JobProgress,
  type LineProblem,
  PROBLEMS_KEPT,
  saveProgress,
} from '../platform/jobs.ts'
import { describeError, log } from '../platform/log.ts'
import { type Identities, readIdentities, shown } from './identities.ts'
import { beginGeneration, findList, replaceMembers } from './listStore.ts'
import { type Load, LoadTable, type Part, type Sweep } from './loadTable.ts'
import { addMembers, countMembers, removeMembers } from './members.ts'

/**
 * How long members that were replaced are kept: whoever looked up before which upload counts, such as a campaign that is
 * taking its audience page by page, goes on to find them.
 */
const KEPT_MS = 3_600_000
/** How long after it was announced a deletion must have happened. */
const DELETION_MS = 60_000
const RETRY_MS = 1_000
const STEP_BUDGET = 40
const SWEPT_AT_ONCE = 10_000
const started: JobProgress = { status: 'running', total: 0, done: 0, imported: 0, skipped: 0, problems: [] }

/**
 * Fills one list. An upload is written, part by part, under a generation of its own; when all of it is there, the head
 * of the list moves on to that generation. Doing a step twice changes nothing, so a crash is mended by doing it again.
 */
export class ListLoader extends DurableObject<Env> implements Wakeable {
  readonly #table: LoadTable
  readonly #waking = new OneAtATime()
  #alarm: Alarm | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY, list_id TEXT NOT NULL)')
    this.#table = new LoadTable(ctx.storage.sql)
    ctx.blockConcurrencyWhile(() => loadClock(env))
  }

  /** Begins an upload. Of several, the one that was begun last counts. False when there is no such list. */
  async begin(listId: string, jobId: string): Promise<boolean> {
    this.#know(listId)
    const generation = await beginGeneration(this.env, listId)
    if (generation === undefined) return false
    this.#table.begin(jobId, generation, now())
    await this.#arm()
    return true
  }

  /** Takes in a part of an upload: whole lines. */
  stage(jobId: string, firstLine: number, text: string): void {
    this.#table.stage(jobId, { firstLine, text })
  }

  /** Forgets an upload that broke off or was refused. */
  async discard(jobId: string): Promise<void> {
    this.ctx.storage.transactionSync(() => this.#table.end(jobId))
    await this.#arm()
  }

  /** Starts the work on an upload that is complete; `gone` when it took too long to arrive, and was forgotten. */
  async start(jobId: string, lines: number): Promise<Job | 'gone'> {
    if (!this.#table.has(jobId)) return 'gone'
    const job = await createJob(this.env, 'import_members', lines, now(), jobId)
    this.#table.start(jobId, { ...started, total: lines })
    await this.#arm()
    return job
  }

  /** Must be called before the list is deleted: it then removes the members, even if whoever deletes it dies. */
  async expectDeletion(listId: string): Promise<void> {
    this.#know(listId)
    this.#table.plan({ from: 0, to: Number.MAX_SAFE_INTEGER, ifGone: true }, now() + DELETION_MS)
    await this.#arm()
  }

  override async alarm(): Promise<void> {
    this.#alarmOf()?.fired()
    await this.wake()
  }

  /** The runtime's alarm and the test clock may both call. */
  wake(): Promise<void> {
    return this.#waking.run(() => this.#work())
  }

  async #work(): Promise<void> {
    let retryMs: number | undefined
    try {
      for (let step = 0; step < STEP_BUDGET; step++) if (!(await this.#step())) break
    } catch (error) {
      log('error', 'The work of a list failed; it is tried again', {
        list: this.#listId(),
        ...describeError(error),
      })
      retryMs = now() + RETRY_MS
    }
    await this.#arm(retryMs)
  }

  /** Does the next piece of work; whether there was any. */
  async #step(): Promise<boolean> {
    const abandoned = this.#table.abandoned(now())
    if (abandoned !== undefined) {
      const problems = [{ line: 0, code: 'broken_off' }]
      await saveProgress(this.env, abandoned, { ...started, status: 'failed', problems }, now())
      await this.discard(abandoned)
      return true
    }
    const sweep = this.#table.due(now())
    if (sweep !== undefined) {
      await this.#sweep(sweep)
      return true
    }
    const load = this.#table.next()
    if (load === undefined) return false
    const part = this.#table.part(load.jobId)
    if (part === undefined) await this.#finish(load)
    else await this.#loadPart(load, part)
    return true
  }

  async #loadPart(load: Load, part: Part): Promise<void> {
    const { generation, progress } = load
    const read = readIdentities(part.text, part.firstLine, load.column)
    const values = read.values.map(({ value }) => value)
    const users = await addMembers(this.env, this.#upload(load), read.column.kind, values)
    faultPoint('part loaded')
    const before = this.#table.seen(generation, [...users.values()].flat())
    const { fresh, problems } = sortOut(read, users, before)
    const all = [...read.problems, ...problems].sort((one, other) => one.line - other.line)
    const next: Load = {
      ...load,
      column: read.column,
      progress: {
        ...progress,
        done: progress.done + read.nextLine - part.firstLine,
        imported: progress.imported + fresh.length,
        skipped: progress.skipped + all.length,
        problems: [...progress.problems, ...all].slice(0, PROBLEMS_KEPT),
      },
    }
    this.ctx.storage.transactionSync(() => this.#table.settle(next, part, fresh))
    await saveProgress(this.env, load.jobId, next.progress, now())
  }

  async #finish(load: Load): Promise<void> {
    const { jobId, generation, progress } = load
    const members = await countMembers(this.env, this.#upload(load))
    const failure = members === 0 ? 'nobody_known' : await this.#replace(load, members)
    // The job is reported before it is forgotten here: otherwise a crash in between would leave it running for ever.
    if (failure === undefined) {
      await saveProgress(this.env, jobId, { ...progress, status: 'done', imported: members }, now())
    } else {
      const problems = [{ line: 0, code: failure }, ...progress.problems]
      await saveProgress(this.env, jobId, { ...progress, status: 'failed', imported: 0, problems }, now())
    }
    this.ctx.storage.transactionSync(() => {
      this.#table.end(jobId)
      if (failure === undefined)
        this.#table.plan({ from: 0, to: generation - 1, ifGone: false }, now() + KEPT_MS)
      else this.#table.plan({ from: generation, to: generation, ifGone: false }, now())
    })
  }

  /** Lets an upload count; the reason why it cannot otherwise. */
  async #replace(load: Load, members: number): Promise<string | undefined> {
    const counts = await replaceMembers(this.env, this.#upload(load), members, now())
    faultPoint('members replaced')
    if (counts === undefined) return 'list_deleted'
    return counts === load.generation ? undefined : 'overtaken'
  }

  async #sweep({ ordinal, ifGone, ...generations }: Sweep): Promise<void> {
    const isOff = ifGone && (await findList(this.env, this.#listId())) !== undefined
    const isMore = !isOff && (await removeMembers(this.env, this.#listId(), generations, SWEPT_AT_ONCE))
    if (!isMore) this.#table.swept(ordinal)
  }

  #upload({ generation }: Load) {
    return { listId: this.#listId(), generation }
  }

  async #arm(retryMs?: number): Promise<void> {
    await this.#alarmOf()?.arm(retryMs ?? this.#table.nextDue(now()))
  }

  #alarmOf(): Alarm | undefined {
    const listId = this.#listId()
    if (listId === '') return undefined
    this.#alarm ??= new Alarm(this.ctx, this.env, `list:${listId}`)
    return this.#alarm
  }

  #listId(): string {
    const row = this.ctx.storage.sql.exec<{ list_id: string }>('SELECT list_id FROM head').toArray()[0]
    return row?.list_id ?? ''
  }

  #know(listId: string): void {
    this.ctx.storage.sql.exec('INSERT INTO head VALUES (1, ?1) ON CONFLICT DO NOTHING', listId)
  }
}

/** Tells the users whom a part names first from the lines that name nobody, or nobody new. */
function sortOut(
  { values, column }: Identities,
  users: ReadonlyMap<string, string[]>,
  before: ReadonlySet<string>,
): { fresh: string[]; problems: LineProblem[] } {
  const fresh = new Set<string>()
  const problems: LineProblem[] = []
  for (const { line, value } of values) {
    const named = users.get(value) ?? []
    const news = named.filter((userId) => !before.has(userId) && !fresh.has(userId))
    for (const userId of news) fresh.add(userId)
    if (news.length > 0) continue
    const code = named.length === 0 ? 'unknown_user' : 'duplicate_in_file'
    problems.push({ line, code, ...shown(value, column) })
  }
  return { fresh: [...fresh], problems }
}
