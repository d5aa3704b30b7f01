import { exports, env as rawEnv } from 'cloudflare:workers'
import type { Env } from '../../worker/env.ts'
import { sha256 } from '../../worker/platform/auth.ts'
import { userDatabases } from '../../worker/platform/databases.ts'

interface Migration {
  name: string
  statements: string[]
}

/** The bindings of the tests: those of the product, with two user databases, and the migrations. */
export const env = rawEnv as unknown as Env & {
  TEST_MIGRATIONS: { catalogue: Migration[]; users: Migration[] }
}

/** An answer, read whole. */
export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  json: any
  text: string
  headers: Headers
}

/** The key that every test may use. */
export const KEY = 'sk_test'
/** The publishable key of the tests. */
export const PUBLISHABLE_KEY = 'pk_test'

/** Sets up the databases: once a test file, since storage is isolated by file. */
export async function setUp(): Promise<void> {
  await apply(env.DB, env.TEST_MIGRATIONS.catalogue)
  for (const db of userDatabases(env)) await apply(db, env.TEST_MIGRATIONS.users)
  for (const [id, kind, key] of [
    ['key_s', 'secret', KEY],
    ['key_p', 'publishable', PUBLISHABLE_KEY],
  ] as const) {
    await env.DB.prepare(`INSERT INTO keys (id, name, kind, hash, created_ms) VALUES (?1, 'test', ?2, ?3, 0)`)
      .bind(id, kind, await sha256(key))
      .run()
  }
}

async function apply(db: D1Database, migrations: Migration[]): Promise<void> {
  await db.batch(migrations.flatMap(({ statements }) => statements.map((statement) => db.prepare(statement))))
}

/** Sends a request to the Worker, as any client would. A string body is sent as it is. */
export async function call(
  method: string,
  path: string,
  body?: unknown,
  options: { key?: string | null; headers?: Record<string, string>; redirect?: 'manual' } = {},
): Promise<Answer> {
  const { key = KEY } = options
  const headers = new Headers(options.headers)
  if (key !== null) headers.set('authorization', `Bearer ${key}`)
  const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  if (payload !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json')
  const res = await exports.default.fetch(
    new Request(`http://boon.test${path}`, {
      method,
      headers,
      redirect: options.redirect ?? 'follow',
      ...(payload === undefined ? {} : { body: payload }),
    }),
  )
  const text = await res.text()
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = undefined
  }
  return { status: res.status, json, text, headers: res.headers }
}

/** Like {@link call}, but anything that is not a success fails the test with what was answered. */
export async function ok(method: string, path: string, body?: unknown, options?: { key?: string | null }) {
  const answer = await call(method, path, body, options)
  if (answer.status >= 300) throw new Error(`${method} ${path} → ${answer.status} ${answer.text}`)
  return answer.json
}

/** Sends events and answers what was decided. */
export const send = (events: unknown[]) => ok('POST', '/v1/events', { events })

/** Moves the test clock to a time, or on by a duration. */
export const clock = (to: string) =>
  ok('POST', '/v1/test/clock', to.startsWith('P') ? { advance: to } : { now: to })

/** Waits for a job to end. */
export async function jobDone(id: string) {
  for (;;) {
    const job = await ok('GET', `/v1/jobs/${id}`)
    if (job.status !== 'running') return job
    await new Promise((done) => setTimeout(done, 5))
  }
}

/** A wallet of whole points. */
export const wallet = (more: object = {}) =>
  ok('POST', '/v1/wallets', {
    name: 'W',
    pointsName: 'points',
    decimals: 0,
    rounding: 'down',
    expiry: 'never',
    ...more,
  })

/** A live campaign that is published: flat points for every event of a name, unless told otherwise. */
export async function campaign(event: string, walletId: string, more: Record<string, unknown> = {}) {
  const draft = await ok('POST', '/v1/campaigns', {
    name: `on ${event}`,
    qualification: 'live',
    trigger: { event },
    reward: { type: 'points', walletId, scheme: { kind: 'flat', value: 10 } },
    schedule: { start: 'now', end: 'never' },
    ...more,
  })
  return (await ok('POST', `/v1/campaigns/${draft.id}/publish`)).campaign
}

/** A coupon that is published: ten per cent off the order for whoever was granted it, unless told otherwise. */
export async function coupon(more: Record<string, unknown> = {}) {
  const draft = await ok('POST', '/v1/coupons', {
    name: 'C',
    audience: 'campaign',
    kind: 'bulk',
    effect: { on: 'order', benefit: { kind: 'percentage', percent: 10 }, as: 'discount' },
    validity: { start: 'now', end: 'never' },
    ...more,
  })
  return (await ok('POST', `/v1/coupons/${draft.id}/publish`)).coupon
}

/** Runs jobs with at most `width` in flight; answers in the order of the jobs. */
export async function inFlight<T>(width: number, jobs: (() => Promise<T>)[]): Promise<T[]> {
  const answers = new Array<T>(jobs.length)
  let next = 0
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let index = next++; index < jobs.length; index = next++) {
        const job = jobs[index]
        if (job !== undefined) answers[index] = await job()
      }
    }),
  )
  return answers
}
