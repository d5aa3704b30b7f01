import type { Env } from '../env.ts'
import { now } from '../platform/clock.ts'
import { type App, operation, type Reply, reply } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { jobSchema } from '../platform/jobs.ts'
import { decodeCursor, pageOf, toPage } from '../platform/paging.ts'
import { Refusal, refuse } from '../platform/problem.ts'
import { readUpload } from '../platform/upload.ts'
import { listInputSchema, listItemSchema, listListQuery, listParams, listSchema } from './listContract.ts'
import { createList, deleteList, findList, listLists, listLoader, presentList } from './listStore.ts'
import { inUse, presentUsage, type UsageOptions, usageOf } from './usage.ts'

const UPLOAD_MAX_BYTES = 50_000_000

const unknownList = (id: string) => refuse('not_found', `There is no list ${id}.`)

/** `/v1/lists`: sets of users that come by a file. */
export function listRoutes(app: App, options: UsageOptions): void {
  reading(app, options)
  writing(app, options)
  members(app)
}

function reading(app: App, options: UsageOptions): void {
  operation(
    app,
    {
      method: 'get',
      path: '/v1/lists',
      summary: 'List the lists of users, newest first',
      access: { scope: 'campaigns:read' },
      query: listListQuery,
      answers: { 200: pageOf(listItemSchema) },
    },
    async ({ env, query }) => {
      const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor)
      const rows = await listLists(env, query.q, query.limit, after)
      return reply(
        200,
        toPage(rows, query.limit, (row) => row.id, presentList),
      )
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/lists/{listId}',
      summary: 'One list, how many members it has and who relies on it',
      access: { scope: 'campaigns:read' },
      params: listParams,
      answers: { 200: listSchema },
      refusals: ['not_found'],
    },
    async ({ env, params }) => {
      const row = await findList(env, params.listId)
      if (row === undefined) return unknownList(params.listId)
      const usage = await usageOf(env, 'list', row.id, options)
      return reply(200, { ...presentList(row), usedBy: presentUsage(usage) })
    },
  )
}

function writing(app: App, options: UsageOptions): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/lists',
      summary: 'Create a list with nobody on it',
      access: { scope: 'campaigns:write' },
      body: listInputSchema,
      answers: { 201: listSchema },
    },
    async ({ env, body, principal }) => {
      const nowMs = now()
      const times = { createdMs: nowMs, updatedMs: nowMs }
      const fresh = { generation: 0, begun: 0, members: 0, createdBy: principal.keyId, ...times }
      const row = { id: newId('lst', nowMs), name: body.name, ...fresh }
      await createList(env, row)
      return reply(201, { ...presentList(row), usedBy: { campaigns: [], segments: [] } })
    },
  )

  operation(
    app,
    {
      method: 'delete',
      path: '/v1/lists/{listId}',
      summary: 'Delete a list that nobody relies on',
      access: { scope: 'campaigns:write' },
      params: listParams,
      answers: { 204: 'Deleted' },
      refusals: ['not_found', 'in_use'],
    },
    async ({ env, params: { listId } }) => {
      if ((await findList(env, listId)) === undefined) return unknownList(listId)
      await listLoader(env, listId).expectDeletion(listId)
      if (await deleteList(env, listId, options)) return reply(204)
      const refusal = inUse(
        'list',
        listId,
        await usageOf(env, 'list', listId, options),
        'it cannot be deleted',
      )
      // Nobody uses it and yet it did not go: then it has gone already, or was in use a moment ago.
      return refusal ?? ((await deleteList(env, listId, options)) ? reply(204) : unknownList(listId))
    },
  )
}

function members(app: App): void {
  operation(
    app,
    {
      method: 'put',
      path: '/v1/lists/{listId}/members',
      summary: 'Replace who is on a list by those whom a file names by user id, e-mail or phone',
      access: { scope: 'campaigns:write' },
      params: listParams,
      upload: 'text/csv',
      answers: { 202: jobSchema },
      refusals: ['not_found', 'too_large', 'invalid'],
    },
    async ({ env, params, req }) => {
      const row = await findList(env, params.listId)
      return row === undefined ? unknownList(params.listId) : upload(env, row.id, req)
    },
  )
}

async function upload(env: Env, listId: string, req: Request): Promise<Reply | Refusal> {
  const loader = listLoader(env, listId)
  const jobId = newId('job', now())
  if (!(await loader.begin(listId, jobId))) return unknownList(listId)
  const lines = await readUpload(
    req,
    UPLOAD_MAX_BYTES,
    (firstLine, text) => loader.stage(jobId, firstLine, text),
    () => loader.discard(jobId),
  )
  if (lines instanceof Refusal) return lines
  const job = await loader.start(jobId, lines)
  return job === 'gone' ? refuse('invalid', 'The upload took too long; send it again.') : reply(202, job)
}
