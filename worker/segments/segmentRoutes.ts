import type { Env } from '../env.ts'
import { now } from '../platform/clock.ts'
import { type App, operation, reply } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { decodeCursor, pageOf, toPage } from '../platform/paging.ts'
import { Refusal, refuse } from '../platform/problem.ts'
import { resolveSegment } from './resolve.ts'
import {
  type SegmentInput,
  segmentInputSchema,
  segmentItemSchema,
  segmentListQuery,
  segmentParams,
  segmentSchema,
} from './segmentContract.ts'
import {
  changeSegment,
  createSegment,
  deleteSegment,
  findSegment,
  listSegments,
  presentSegment,
  type SegmentRow,
  segmentsAbove,
} from './segmentStore.ts'
import { inUse, presentUsage, type UsageOptions, usageOf } from './usage.ts'

const unknownSegment = (id: string) => refuse('not_found', `There is no segment ${id}.`)

const changedMeanwhile = () =>
  refuse('not_editable', 'Somebody else changed what this rests on at the same moment; try again.')

/** `/v1/segments`: rules under a name. */
export function segmentRoutes(app: App, options: UsageOptions): void {
  reading(app, options)
  writing(app, options)
}

function reading(app: App, options: UsageOptions): void {
  operation(
    app,
    {
      method: 'get',
      path: '/v1/segments',
      summary: 'List segments, newest first',
      access: { scope: 'campaigns:read' },
      query: segmentListQuery,
      answers: { 200: pageOf(segmentItemSchema) },
    },
    async ({ env, query }) => {
      const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor)
      const rows = await listSegments(env, query.q, query.limit, after)
      return reply(
        200,
        toPage(rows, query.limit, (row) => row.id, presentSegment),
      )
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/segments/{segmentId}',
      summary: 'One segment and who relies on it',
      access: { scope: 'campaigns:read' },
      params: segmentParams,
      answers: { 200: segmentSchema },
      refusals: ['not_found'],
    },
    async ({ env, params }) => {
      const row = await findSegment(env, params.segmentId)
      return row === undefined
        ? unknownSegment(params.segmentId)
        : reply(200, await answer(env, row, options))
    },
  )
}

function writing(app: App, options: UsageOptions): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/segments',
      summary: 'Save a rule under a name',
      access: { scope: 'campaigns:write' },
      body: segmentInputSchema,
      answers: { 201: segmentSchema },
    },
    async ({ env, body, principal }) => {
      const named = await resolveSegment(env, body.rule, 'rule')
      if (named instanceof Refusal) return named
      const nowMs = now()
      const row = {
        id: newId('seg', nowMs),
        ...body,
        createdBy: principal.keyId,
        createdMs: nowMs,
        updatedMs: nowMs,
      }
      if (!(await createSegment(env, row))) {
        // Something that the rule names was deleted since; which it is, is found by looking again.
        const again = await resolveSegment(env, body.rule, 'rule')
        return again instanceof Refusal ? again : changedMeanwhile()
      }
      return reply(201, { ...presentSegment(row), usedBy: { campaigns: [], segments: [] } })
    },
  )

  operation(
    app,
    {
      method: 'put',
      path: '/v1/segments/{segmentId}',
      summary: 'Change a segment; its rule only while no campaign that runs or is paused relies on it',
      access: { scope: 'campaigns:write' },
      params: segmentParams,
      body: segmentInputSchema,
      answers: { 200: segmentSchema },
      refusals: ['not_found', 'in_use', 'not_editable', 'segment_cycle'],
    },
    async ({ env, params, body }) => {
      const row = await changed(env, params.segmentId, body, options)
      return row instanceof Refusal ? row : reply(200, await answer(env, row, options))
    },
  )

  operation(
    app,
    {
      method: 'delete',
      path: '/v1/segments/{segmentId}',
      summary: 'Delete a segment that nobody relies on',
      access: { scope: 'campaigns:write' },
      params: segmentParams,
      answers: { 204: 'Deleted' },
      refusals: ['not_found', 'in_use'],
    },
    async ({ env, params: { segmentId } }) => {
      if (await deleteSegment(env, segmentId, options)) return reply(204)
      if ((await findSegment(env, segmentId)) === undefined) return unknownSegment(segmentId)
      const usage = await usageOf(env, 'segment', segmentId, options)
      return inUse('segment', segmentId, usage, 'it cannot be deleted') ?? changedMeanwhile()
    },
  )
}

async function answer(env: Env, row: SegmentRow, options: UsageOptions) {
  const usage = await usageOf(env, 'segment', row.id, options)
  return { ...presentSegment(row), usedBy: presentUsage(usage) }
}

/** Changes a segment and answers it as it is then. */
async function changed(
  env: Env,
  id: string,
  { name, rule }: SegmentInput,
  options: UsageOptions,
): Promise<SegmentRow | Refusal> {
  const row = await findSegment(env, id)
  if (row === undefined) return unknownSegment(id)
  // The same rule in another order of its members is no change, and is not written.
  const isSame = inOrder(row.rule) === inOrder(rule)
  const fault = isSame ? undefined : await ruleFault(env, id, rule, options)
  if (fault !== undefined) return fault
  const next = { ...row, name, rule: isSame ? row.rule : rule, updatedMs: now() }
  if (await changeSegment(env, next, options)) return next
  if ((await findSegment(env, id)) === undefined) return unknownSegment(id)
  return (await ruleFault(env, id, next.rule, options)) ?? changedMeanwhile()
}

/** A rule as a text that is the same however the members of its objects were ordered. */
function inOrder(rule: SegmentRow['rule']): string {
  return JSON.stringify(rule, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  )
}

/** Why the rule of a segment may not become this one. */
async function ruleFault(
  env: Env,
  id: string,
  rule: SegmentRow['rule'],
  options: UsageOptions,
): Promise<Refusal | undefined> {
  const named = await resolveSegment(env, rule, 'rule', { id, above: await segmentsAbove(env, id) })
  if (named instanceof Refusal) return named
  const { campaigns } = await usageOf(env, 'segment', id, options)
  const busy = campaigns.filter(({ status }) => status === 'running' || status === 'paused')
  return inUse(
    'segment',
    id,
    { campaigns: busy, segments: [] },
    'while these have started, its rule cannot change',
  )
}
