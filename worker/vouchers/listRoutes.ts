import type { Env } from '../env.ts'
import { now } from '../platform/clock.ts'
import { type App, operation, reply } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { decodeCursor, pageOf, toPage } from '../platform/paging.ts'
import { invalid, type Refusal, refuse } from '../platform/problem.ts'
import { readMeta } from '../platform/settings.ts'
import {
  type VoucherList,
  voucherListInputSchema,
  voucherListParams,
  voucherListPatchSchema,
  voucherListSchema,
  voucherListsQuery,
} from './contract.ts'
import { readExpiry } from './expiry.ts'
import { findPartner } from './partnerStore.ts'
import type { VoucherListChange } from './poolCalls.ts'
import {
  campaignsGiving,
  createVoucherList,
  findVoucherList,
  listVoucherLists,
  presentVoucherList,
  tagExists,
  type VoucherListRow,
  type VoucherOptions,
  voucherPool,
} from './store.ts'

const unknownList = (id: string) => refuse('not_found', `There is no voucher list ${id}.`)
const tagTaken = (tag: string) =>
  refuse(
    'tag_exists',
    `The partner has a list with the tag ${tag} already; top it up, or choose another tag.`,
  )

/** `/v1/voucher-lists`: definition and lifecycle. */
export function voucherListRoutes(app: App, options: VoucherOptions): void {
  creating(app)
  reading(app)
  changing(app, options)
}

function creating(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/voucher-lists',
      summary: 'Create a list of voucher codes; the codes are imported into it afterwards',
      access: { scope: 'vouchers:write' },
      body: voucherListInputSchema,
      answers: { 201: voucherListSchema },
      refusals: ['tag_exists'],
    },
    async ({ env, body, principal }) => {
      const nowMs = now()
      const { partnerId, tag, name, description = null, lowStock = null } = body
      const [partner, { settings }] = await Promise.all([findPartner(env, partnerId), readMeta(env)])
      const expiresMs = readExpiry(body.expiresAt, settings.timezone, nowMs)
      if (typeof expiresMs !== 'number') return invalid([expiresMs])
      if (partner === undefined) {
        return invalid([{ path: 'partnerId', message: `there is no partner ${partnerId}` }])
      }
      if (await tagExists(env, partnerId, tag)) return tagTaken(tag)
      const said = { tag, name, description, expiresMs, lowStock }
      const row: VoucherListRow = {
        id: newId('vls', nowMs),
        partnerId,
        ...said,
        status: 'active',
        createdBy: principal.keyId,
        createdMs: nowMs,
        updatedMs: nowMs,
      }
      // The pool comes first: one whose list was never written down is in nobody's way.
      const pool = voucherPool(env, row.id)
      await pool.define({ listId: row.id, partner: partner.name, ...said })
      if (!(await createVoucherList(env, row))) {
        await pool.discard()
        return tagTaken(tag)
      }
      return reply(201, await answer(env, row))
    },
  )
}

function reading(app: App): void {
  operation(
    app,
    {
      method: 'get',
      path: '/v1/voucher-lists',
      summary: 'List voucher lists, newest first',
      access: { scope: 'vouchers:read' },
      query: voucherListsQuery,
      answers: { 200: pageOf(voucherListSchema) },
    },
    async ({ env, query: { limit, cursor, ...filter } }) => {
      const after = cursor === undefined ? undefined : decodeCursor(cursor)
      const rows = await listVoucherLists(env, filter, limit, after)
      const page = toPage(
        rows,
        limit,
        (row) => row.id,
        (row) => answer(env, row),
      )
      return reply(200, { ...page, data: await Promise.all(page.data) })
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/voucher-lists/{voucherListId}',
      summary: 'One voucher list with its stock',
      access: { scope: 'vouchers:read' },
      params: voucherListParams,
      answers: { 200: voucherListSchema },
      refusals: ['not_found'],
    },
    async ({ env, params: { voucherListId } }) => {
      const row = await findVoucherList(env, voucherListId)
      return row === undefined ? unknownList(voucherListId) : reply(200, await answer(env, row))
    },
  )
}

function changing(app: App, options: VoucherOptions): void {
  operation(
    app,
    {
      method: 'patch',
      path: '/v1/voucher-lists/{voucherListId}',
      summary:
        'Change a list: what is named replaces, null removes. An expired one that is extended is active again',
      access: { scope: 'vouchers:write' },
      params: voucherListParams,
      body: voucherListPatchSchema,
      answers: { 200: voucherListSchema },
      refusals: ['not_found', 'not_editable'],
    },
    async ({ env, params: { voucherListId }, body: { expiresAt, ...texts } }) => {
      const row = await findVoucherList(env, voucherListId)
      if (row === undefined) return unknownList(voucherListId)
      const change: Record<string, unknown> = Object.fromEntries(
        Object.entries(texts).filter(([, value]) => value !== undefined),
      )
      if (expiresAt !== undefined) {
        const { settings } = await readMeta(env)
        const expiresMs = readExpiry(expiresAt, settings.timezone, now())
        if (typeof expiresMs !== 'number') return invalid([expiresMs])
        change['expiresMs'] = expiresMs
      }
      const outcome = await voucherPool(env, row.id).change(change as VoucherListChange)
      if (outcome === 'not_editable') return refuse('not_editable', 'The voucher list is archived.')
      return reply(200, await answer(env, (await findVoucherList(env, row.id)) ?? row))
    },
  )

  for (const verb of ['pause', 'resume', 'archive'] as const) {
    operation(
      app,
      {
        method: 'post',
        path: `/v1/voucher-lists/{voucherListId}/${verb}`,
        summary: `${verb[0]?.toUpperCase()}${verb.slice(1)} a voucher list; codes that users hold stay theirs`,
        access: { scope: 'vouchers:write' },
        params: voucherListParams,
        answers: { 200: voucherListSchema },
        refusals:
          verb === 'archive' ? ['not_found', 'wrong_status', 'in_use'] : ['not_found', 'wrong_status'],
      },
      async ({ env, params: { voucherListId } }) => {
        const row = await findVoucherList(env, voucherListId)
        if (row === undefined) return unknownList(voucherListId)
        const fault = verb === 'archive' ? await usageFault(env, row.id, options) : undefined
        if (fault !== undefined) return fault
        const pool = voucherPool(env, row.id)
        if ((await pool.apply(verb)) === 'wrong_status') {
          const { status } = await pool.stats()
          return refuse('wrong_status', `A voucher list that is ${status} cannot be asked to ${verb}.`)
        }
        return reply(200, await answer(env, (await findVoucherList(env, row.id)) ?? row))
      },
    )
  }
}

async function usageFault(env: Env, listId: string, options: VoucherOptions): Promise<Refusal | undefined> {
  const campaigns = await campaignsGiving(env, listId, options)
  if (campaigns.length === 0) return undefined
  const named = campaigns.slice(0, NAMED).join(', ')
  const more = campaigns.length > NAMED ? ` and ${campaigns.length - NAMED} more` : ''
  const detail = `Codes of this list are given by campaigns that are not over: ${named}${more}. Stop them first.`
  return refuse('in_use', detail, { members: { campaigns } })
}

/** How many campaigns the sentence names; the member of the answer names all. */
const NAMED = 5

async function answer(env: Env, row: VoucherListRow): Promise<VoucherList> {
  return presentVoucherList(row, await voucherPool(env, row.id).stats())
}
