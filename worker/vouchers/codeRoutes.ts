import type { z } from '@hono/zod-openapi'
import { exportCodes, importCodes, wantsCsv } from '../codes/codeFiles.ts'
import { type App, operation, reply } from '../platform/http.ts'
import { jobSchema } from '../platform/jobs.ts'
import { decodeCursor, pageOf, toPage } from '../platform/paging.ts'
import { invalid, Refusal, refuse } from '../platform/problem.ts'
import { voucherCodeSchema, voucherCodesQuery, voucherListParams } from './contract.ts'
import { findVoucherList, voucherPool } from './store.ts'

/** As much as the platform lets through at once: a million codes of 98 characters each. */
const UPLOAD_MAX_BYTES = 100_000_000

/** `/v1/voucher-lists/{voucherListId}/codes`: importing, listing and exporting the codes of a list. */
export function voucherCodeRoutes(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/voucher-lists/{voucherListId}/codes',
      summary: 'Import codes from a file of one column, at any time until the list is over',
      access: { scope: 'vouchers:write' },
      params: voucherListParams,
      upload: 'text/csv',
      answers: { 202: jobSchema },
      refusals: ['not_found', 'list_expired', 'wrong_status', 'too_large', 'invalid'],
    },
    async ({ env, params: { voucherListId }, req }) => {
      if ((await findVoucherList(env, voucherListId)) === undefined) return unknownList(voucherListId)
      const pool = voucherPool(env, voucherListId)
      const { status } = await pool.stats()
      if (status === 'expired' || status === 'archived') return takesNoMore(status)
      const job = await importCodes<'expired' | 'archived'>(req, UPLOAD_MAX_BYTES, {
        stage: (uploadId, firstLine, text) => pool.stage(uploadId, firstLine, text),
        discard: (uploadId) => pool.discardUpload(uploadId),
        start: async (uploadId, lines) => pool.startImport(uploadId, lines),
      })
      if (job instanceof Refusal) return job
      return typeof job === 'string' ? takesNoMore(job) : reply(202, job)
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/voucher-lists/{voucherListId}/codes',
      summary: 'The codes of a list; all of them as text/csv if that is accepted',
      access: { scope: 'vouchers:read' },
      params: voucherListParams,
      query: voucherCodesQuery,
      answers: { 200: pageOf(voucherCodeSchema) },
      refusals: ['not_found'],
    },
    async ({ env, params: { voucherListId }, query, req }) => {
      if ((await findVoucherList(env, voucherListId)) === undefined) return unknownList(voucherListId)
      const pool = voucherPool(env, voucherListId)
      if (wantsCsv(req)) return exportCodes((seq, limit) => pool.listCodes(query.status, seq, limit))
      const after = Number(query.cursor === undefined ? 0 : decodeCursor(query.cursor))
      if (!Number.isSafeInteger(after))
        return invalid([{ path: 'cursor', message: 'was not made by this list' }])
      const rows = await pool.listCodes(query.status, after, query.limit)
      return reply(
        200,
        toPage(
          rows,
          query.limit,
          (row) => String(row.seq),
          ({ code, userId, status }): z.infer<typeof voucherCodeSchema> => ({
            code,
            status: status === 'available' ? status : 'assigned',
            userId,
          }),
        ),
      )
    },
  )
}

const unknownList = (id: string) => refuse('not_found', `There is no voucher list ${id}.`)

function takesNoMore(status: 'expired' | 'archived'): Refusal {
  return status === 'expired'
    ? refuse('list_expired', 'The voucher list has expired; extend it before you import codes.')
    : refuse('wrong_status', 'A voucher list that is archived takes no more codes.')
}
