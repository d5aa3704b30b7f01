import type { z } from '@hono/zod-openapi'
import type { CodeStatus } from '../codes/codeTable.ts'
import { readPattern } from '../codes/pattern.ts'
import type { Env } from '../env.ts'
import { now } from '../platform/clock.ts'
import { type App, operation, type Reply, reply } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { jobSchema } from '../platform/jobs.ts'
import { decodeCursor, pageOf, toPage } from '../platform/paging.ts'
import { invalid, Refusal, refuse } from '../platform/problem.ts'
import { readUpload } from '../platform/upload.ts'
import { codeItemSchema, codeListQuery, couponParams, generateSchema } from './contract.ts'
import { couponLedger, findCoupon } from './store.ts'

const EXPORT_PAGE = 5_000
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
      return fault ?? importCodes(env, params.couponId, req)
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
      if (/\btext\/csv\b/.test(req.headers.get('accept') ?? '')) {
        return exportCodes(env, params.couponId, query.status)
      }
      const after = Number(query.cursor === undefined ? 0 : decodeCursor(query.cursor))
      if (!Number.isSafeInteger(after))
        return invalid([{ path: 'cursor', message: 'was not made by this list' }])
      const rows = await couponLedger(env, params.couponId).listCodes(query.status, after, query.limit)
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

async function importCodes(env: Env, couponId: string, req: Request): Promise<Reply | Refusal> {
  const ledger = couponLedger(env, couponId)
  const uploadId = newId('job', now())
  const lines = await readUpload(
    req,
    UPLOAD_MAX_BYTES,
    (firstLine, text) => ledger.stage(couponId, uploadId, firstLine, text),
    () => ledger.discard(uploadId),
  )
  if (lines instanceof Refusal) return lines
  const job = await ledger.startImport(uploadId, lines)
  return job === 'over' ? takesNoMore() : reply(202, job)
}

/** Streams all codes, a page of them in memory at a time. */
function exportCodes(env: Env, couponId: string, status: CodeStatus | undefined): Response {
  const ledger = couponLedger(env, couponId)
  const encoder = new TextEncoder()
  let after = 0
  let begun = false
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const rows = await ledger.listCodes(status, after, EXPORT_PAGE)
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

function csvLine(row: { code: string; status: string; userId: string | null }): string {
  return `${csvField(row.code)},${row.status},${csvField(row.userId ?? '')}\r\n`
}

/** Quoted where the form needs it (RFC 4180). */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
