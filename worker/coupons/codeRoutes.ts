import type { z } from '@hono/zod-openapi'
import { exportCodes, importCodes, wantsCsv } from '../codes/codeFiles.ts'
import { readPattern } from '../codes/pattern.ts'
import type { Env } from '../env.ts'
import { type App, operation, type Reply, reply } from '../platform/http.ts'
import { jobSchema } from '../platform/jobs.ts'
import { decodeCursor, pageOf, toPage } from '../platform/paging.ts'
import { invalid, Refusal, refuse } from '../platform/problem.ts'
import { codeItemSchema, codeListQuery, couponParams, generateSchema } from './contract.ts'
import { couponLedger, findCoupon } from './store.ts'

const UPLOAD_MAX_BYTES = 64_000_000

/** `/v1/coupons/{couponId}/codes`: making, importing, listing and exporting the codes of a bulk coupon. */
export function couponCodeRoutes(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/coupons/{couponId}/codes/generate',
      summary: 'Make codes from a pattern',
      access: { scope: 'coupons:write' },
      params: couponParams,
      body: generateSchema,
      answers: { 202: jobSchema },
      refusals: ['not_found', 'wrong_status', 'code_space_exhausted'],
    },
    async ({ env, params, body }) => {
      const fault = await bulkFault(env, params.couponId)
      if (fault !== undefined) return fault
      const pattern = readPattern(body)
      if ('message' in pattern) return invalid([pattern])
      const job = await couponLedger(env, params.couponId).generate(params.couponId, pattern, body.count)
      if (job === 'over') return takesNoMore()
      if (job === 'exhausted') {
        return refuse(
          'code_space_exhausted',
          `This pattern has fewer than ${body.count} codes left; make it longer.`,
        )
      }
      return reply(202, job)
    },
  )

  operation(
    app,
    {
      method: 'post',
      path: '/v1/coupons/{couponId}/codes',
      summary: 'Import codes from a file of one column',
      access: { scope: 'coupons:write' },
      params: couponParams,
      upload: 'text/csv',
      answers: { 202: jobSchema },
      refusals: ['not_found', 'wrong_status', 'too_large', 'invalid'],
    },
    async ({ env, params, req }) => {
      const fault = await bulkFault(env, params.couponId)
      return fault ?? takeIn(env, params.couponId, req)
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/coupons/{couponId}/codes',
      summary: 'The codes of a coupon; all of them as text/csv if that is accepted',
      access: { scope: 'coupons:read' },
      params: couponParams,
      query: codeListQuery,
      answers: { 200: pageOf(codeItemSchema) },
      refusals: ['not_found'],
    },
    async ({ env, params, query, req }) => {
      if ((await findCoupon(env, params.couponId)) === undefined) {
        return refuse('not_found', `There is no coupon ${params.couponId}.`)
      }
      const ledger = couponLedger(env, params.couponId)
      if (wantsCsv(req)) {
        return exportCodes((seq, limit) => ledger.listCodes(query.status, seq, limit))
      }
      const after = Number(query.cursor === undefined ? 0 : decodeCursor(query.cursor))
      if (!Number.isSafeInteger(after))
        return invalid([{ path: 'cursor', message: 'was not made by this list' }])
      const rows = await ledger.listCodes(query.status, after, query.limit)
      return reply(
        200,
        toPage(
          rows,
          query.limit,
          (row) => String(row.seq),
          ({ seq: _, ...item }): z.infer<typeof codeItemSchema> => item,
        ),
      )
    },
  )
}

async function bulkFault(env: Env, couponId: string): Promise<Refusal | undefined> {
  const coupon = await findCoupon(env, couponId)
  if (coupon === undefined) return refuse('not_found', `There is no coupon ${couponId}.`)
  if (coupon.definition.kind !== 'bulk') {
    return refuse(
      'wrong_status',
      'A single coupon has the one code of its definition; codes are for bulk coupons.',
    )
  }
  return coupon.status === 'ended' || coupon.status === 'archived' ? takesNoMore() : undefined
}

function takesNoMore(): Refusal {
  return refuse('wrong_status', 'A coupon that has ended takes no more codes.')
}

async function takeIn(env: Env, couponId: string, req: Request): Promise<Reply | Refusal> {
  const ledger = couponLedger(env, couponId)
  const job = await importCodes(req, UPLOAD_MAX_BYTES, {
    stage: (uploadId, firstLine, text) => ledger.stage(couponId, uploadId, firstLine, text),
    discard: (uploadId) => ledger.discard(uploadId),
    start: (uploadId, lines) => ledger.startImport(uploadId, lines),
  })
  if (job instanceof Refusal) return job
  return job === 'over' ? takesNoMore() : reply(202, job)
}
