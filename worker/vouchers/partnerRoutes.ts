import { now } from '../platform/clock.ts'
import { type App, operation, reply } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { decodeCursor, pageOf, toPage } from '../platform/paging.ts'
import { refuse } from '../platform/problem.ts'
import { partnerInputSchema, partnerListQuery, partnerParams, partnerSchema } from './contract.ts'
import { createPartner, findPartner, listPartners, presentPartner, renamePartner } from './partnerStore.ts'
import { openListsOf, voucherPool } from './store.ts'

const unknownPartner = (id: string) => refuse('not_found', `There is no partner ${id}.`)

/** `/v1/partners`: the companies whose vouchers are given. */
export function partnerRoutes(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/partners',
      summary: 'Create a partner',
      access: { scope: 'vouchers:write' },
      body: partnerInputSchema,
      answers: { 201: partnerSchema },
    },
    async ({ env, body, principal }) => {
      const nowMs = now()
      const row = {
        id: newId('prt', nowMs),
        name: body.name,
        createdBy: principal.keyId,
        createdMs: nowMs,
      }
      await createPartner(env, row)
      return reply(201, presentPartner(row))
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/partners',
      summary: 'List partners, newest first',
      access: { scope: 'vouchers:read' },
      query: partnerListQuery,
      answers: { 200: pageOf(partnerSchema) },
    },
    async ({ env, query: { q, limit, cursor } }) => {
      const after = cursor === undefined ? undefined : decodeCursor(cursor)
      const rows = await listPartners(env, q, limit, after)
      return reply(
        200,
        toPage(rows, limit, (row) => row.id, presentPartner),
      )
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/partners/{partnerId}',
      summary: 'One partner',
      access: { scope: 'vouchers:read' },
      params: partnerParams,
      answers: { 200: partnerSchema },
      refusals: ['not_found'],
    },
    async ({ env, params: { partnerId } }) => {
      const row = await findPartner(env, partnerId)
      return row === undefined ? unknownPartner(partnerId) : reply(200, presentPartner(row))
    },
  )

  operation(
    app,
    {
      method: 'patch',
      path: '/v1/partners/{partnerId}',
      summary: 'Rename a partner; what was given before keeps the name that it was given under',
      access: { scope: 'vouchers:write' },
      params: partnerParams,
      body: partnerInputSchema,
      answers: { 200: partnerSchema },
      refusals: ['not_found'],
    },
    async ({ env, params: { partnerId }, body }) => {
      const row = await renamePartner(env, partnerId, body.name)
      if (row === undefined) return unknownPartner(partnerId)
      const ids = await openListsOf(env, partnerId)
      await Promise.all(ids.map((id) => voucherPool(env, id).change({ partner: body.name })))
      return reply(200, presentPartner(row))
    },
  )
}
