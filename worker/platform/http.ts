import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Env } from '../env.ts'
import { authenticate, authorize, type Principal, type Scope } from './auth.ts'
import { readBytes, readJson } from './body.ts'
import { type Issue, invalid, type ProblemCode, problemResponse, problemTable, Refusal } from './problem.ts'

/** The Hono environment of every room. */
export interface HonoEnv {
  Bindings: Env
  Variables: { requestId: string; principal?: Principal; refusedWith?: ProblemCode }
}

/** The app that rooms add their operations to. */
export type App = OpenAPIHono<HonoEnv>

/**
 * Who may call: a secret key with a scope, or with others that will do as well; a tray, which is any publishable key, or a secret key with the scope named;
 * anybody; or anybody in local mode only.
 */
export type Access =
  | { scope: Scope; or?: readonly Scope[]; mayBeStale?: true }
  | { tray: Scope }
  | 'public'
  | 'local'

/** The fixed shape of an operation: what goes in and what comes out. It is also its page in the OpenAPI document. */
export interface Operation<P, Q, B> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** In the form of OpenAPI: `/v1/users/{userId}`. */
  path: string
  summary: string
  access: Access
  params?: z.ZodType<P>
  query?: z.ZodType<Q>
  body?: z.ZodType<B>
  /** What the document shows of the body, where its parts are checked one by one and not by `body`. */
  shownBody?: z.ZodType
  /** Takes the body as it is, for uploads. The handler reads it from `call.req`. */
  upload?: string
  maxBytes?: number
  answers: Record<number, z.ZodType | string>
  refusals?: ProblemCode[]
}

/** What a handler is given: everything checked. */
export interface Call<P, Q, B> {
  env: Env
  req: Request
  principal: Principal
  params: P
  query: Q
  body: B
  requestId: string
  context: Context<HonoEnv>
}

/** An answer: a status, a JSON body and perhaps headers. */
export interface Reply {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

const DEFAULT_MAX_BYTES = 1_000_000
const nobody: Principal = { keyId: '', kind: 'publishable', scopes: [], keysVersion: 0 }

/** Makes a {@link Reply}. */
export function reply(status: number, body?: unknown, headers?: Record<string, string>): Reply {
  return { status, ...(body === undefined ? {} : { body }), ...(headers === undefined ? {} : { headers }) }
}

/**
 * Adds an operation to the app. Every request goes the same way: authentication, then authorization, then the
 * shape of path, query and body, then the handler, whose {@link Refusal} becomes a problem document.
 */
export function operation<P = undefined, Q = undefined, B = undefined>(
  app: App,
  spec: Operation<P, Q, B>,
  handle: (call: Call<P, Q, B>) => Promise<Reply | Response | Refusal>,
): void {
  document(app, spec as Operation<unknown, unknown, unknown>)
  app[spec.method](spec.path.replaceAll(/\{(\w+)\}/g, ':$1'), async (context) => {
    const outcome = await run(context, spec, handle)
    const requestId = context.get('requestId')
    if (outcome instanceof Response) {
      outcome.headers.set('x-request-id', requestId)
      return outcome
    }
    if (outcome instanceof Refusal) {
      context.set('refusedWith', outcome.code)
      return problemResponse(outcome, requestId)
    }
    // Headers are given here and not added afterwards: a finished response would have to be made anew for that.
    const init = { status: outcome.status, headers: { ...outcome.headers, 'x-request-id': requestId } }
    return outcome.body === undefined ? new Response(null, init) : Response.json(outcome.body, init)
  })
}

async function run<P, Q, B>(
  context: Context<HonoEnv>,
  spec: Operation<P, Q, B>,
  handle: (call: Call<P, Q, B>) => Promise<Reply | Response | Refusal>,
): Promise<Reply | Response | Refusal> {
  const env = context.env
  const principal = await admit(context, spec.access)
  if (principal instanceof Refusal) return principal
  const params = spec.params === undefined ? (undefined as P) : parse(spec.params, context.req.param())
  if (params instanceof Refusal) return params
  const query = spec.query === undefined ? (undefined as Q) : parse(spec.query, context.req.query())
  if (query instanceof Refusal) return query
  let body = undefined as B
  if (spec.body !== undefined) {
    const bytes = await readBytes(context.req.raw, spec.maxBytes ?? DEFAULT_MAX_BYTES)
    if (bytes instanceof Refusal) return bytes
    const json = readJson(bytes)
    if (json instanceof Refusal) return json
    const parsed = parse(spec.body, json)
    if (parsed instanceof Refusal) return parsed
    body = parsed
  }
  return handle({
    env,
    req: context.req.raw,
    principal,
    params,
    query,
    body,
    requestId: context.get('requestId'),
    context,
  })
}

async function admit(context: Context<HonoEnv>, access: Access): Promise<Principal | Refusal> {
  if (access === 'public' || access === 'local') return nobody
  const mayBeStale = 'scope' in access && access.mayBeStale === true
  const found = await authenticate(context.env, context.req.header('authorization'), mayBeStale)
  if (found instanceof Refusal) return found
  context.set('principal', found)
  if ('scope' in access) return authorize(found, access.scope, access.or) ?? found
  return found.kind === 'publishable' ? found : (authorize(found, access.tray) ?? found)
}

/** Checks a value against a schema; the refusal names each path that is wrong. */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T | Refusal {
  const result = schema.safeParse(value)
  return result.success ? result.data : invalid(issuesOf(result.error))
}

/** The issues of a zod error in the form of the contract: dotted paths, one message each. */
export function issuesOf(error: z.ZodError): Issue[] {
  return error.issues.slice(0, 100).flatMap((issue) => {
    const path = issue.path.map(String)
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not a known field' }))
    }
    return [{ path: path.join('.'), message: issue.message }]
  })
}

function document(app: App, spec: Operation<unknown, unknown, unknown>): void {
  if (spec.access === 'local') return
  const problem = { 'application/problem+json': { schema: problemSchema } }
  const failures = new Set<ProblemCode>(spec.refusals)
  if (spec.access !== 'public') failures.add('unauthenticated').add('forbidden')
  if (spec.body !== undefined) failures.add('malformed_json').add('too_large')
  if (spec.body !== undefined || spec.query !== undefined || spec.params !== undefined)
    failures.add('invalid')
  const responses: Record<string, { description: string; content?: object }> = {}
  for (const [status, answer] of Object.entries(spec.answers)) {
    responses[status] =
      typeof answer === 'string'
        ? { description: answer }
        : { description: spec.summary, content: { 'application/json': { schema: answer } } }
  }
  for (const code of failures) {
    const [status, title] = problemTable[code]
    responses[status] ??= { description: title, content: problem }
  }
  app.openAPIRegistry.registerPath({
    method: spec.method,
    path: spec.path,
    summary: spec.summary,
    tags: [spec.path.split('/')[2] ?? 'service'],
    ...(spec.access === 'public' ? {} : { security: [{ key: [] }] }),
    request: {
      ...(spec.params === undefined ? {} : { params: spec.params as z.ZodObject }),
      ...(spec.query === undefined ? {} : { query: spec.query as z.ZodObject }),
      ...(spec.body === undefined
        ? {}
        : {
            body: {
              required: true,
              content: { 'application/json': { schema: spec.shownBody ?? spec.body } },
            },
          }),
      ...(spec.upload === undefined ? {} : { body: { content: { [spec.upload]: { schema: z.string() } } } }),
    },
    responses,
  })
}

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    requestId: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem')
