import { z } from '@hono/zod-openapi'
import type { Env } from '../env.ts'
import { formatInstant } from './calendar.ts'
import { newId } from './ids.ts'
import { type Refusal, refuse } from './problem.ts'

/** One line of a file that was not taken, and why. Lines count from 1 in the file as sent. */
export interface LineProblem {
  line: number
  code: string
  value?: string
}

/** How many problems a job keeps; the rest is only counted. */
export const PROBLEMS_KEPT = 1_000

/** Long work, as the contract shows it. */
export const jobSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    status: z.enum(['running', 'done', 'failed']),
    total: z.int(),
    done: z.int(),
    imported: z.int(),
    skipped: z.int(),
    problems: z.array(z.object({ line: z.int(), code: z.string(), value: z.string().optional() })),
    createdAt: z.string(),
    finishedAt: z.string().nullable(),
  })
  .openapi('Job')

/** A job on the wire. */
export type Job = z.infer<typeof jobSchema>

/** How far a job is. */
export interface JobProgress {
  status: Job['status']
  total: number
  done: number
  imported: number
  skipped: number
  problems: LineProblem[]
}

/** Writes down a new job that is running. Its id may be given where work was staged under it before. */
export async function createJob(
  env: Env,
  kind: string,
  total: number,
  nowMs: number,
  id = newId('job', nowMs),
): Promise<Job> {
  await env.DB.prepare(
    `INSERT INTO jobs (id, kind, status, total, done, imported, skipped, problems, created_ms)
     VALUES (?1, ?2, 'running', ?3, 0, 0, 0, '[]', ?4)`,
  )
    .bind(id, kind, total, nowMs)
    .run()
  const createdAt = formatInstant(nowMs)
  return {
    id,
    kind,
    status: 'running',
    total,
    done: 0,
    imported: 0,
    skipped: 0,
    problems: [],
    createdAt,
    finishedAt: null,
  }
}

/** Writes down how far a job is. The whole state each time, so that doing it twice changes nothing. */
export async function saveProgress(
  env: Env,
  id: string,
  progress: JobProgress,
  nowMs: number,
): Promise<void> {
  await env.DB.prepare(
    `UPDATE jobs SET status = ?2, total = ?3, done = ?4, imported = ?5, skipped = ?6, problems = ?7, finished_ms = ?8
     WHERE id = ?1`,
  )
    .bind(
      id,
      progress.status,
      progress.total,
      progress.done,
      progress.imported,
      progress.skipped,
      JSON.stringify(progress.problems.slice(0, PROBLEMS_KEPT)),
      progress.status === 'running' ? null : nowMs,
    )
    .run()
}

/** Finds a job. */
export async function findJob(env: Env, id: string): Promise<Job | Refusal> {
  const row = await env.DB.prepare('SELECT * FROM jobs WHERE id = ?1').bind(id).first<JobRow>()
  if (row === null) return refuse('not_found', `There is no job ${id}.`)
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    total: row.total,
    done: row.done,
    imported: row.imported,
    skipped: row.skipped,
    problems: JSON.parse(row.problems) as LineProblem[],
    createdAt: formatInstant(row.created_ms),
    finishedAt: row.finished_ms === null ? null : formatInstant(row.finished_ms),
  }
}

interface JobRow {
  id: string
  kind: string
  status: Job['status']
  total: number
  done: number
  imported: number
  skipped: number
  problems: string
  created_ms: number
  finished_ms: number | null
}
