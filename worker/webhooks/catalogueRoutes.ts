import type { Env } from '../env.ts'
import { formatInstant, parseInstant } from '../platform/calendar.ts'
import { now } from '../platform/clock.ts'
import { mergePatch } from '../platform/edit.ts'
import { type App, operation, parse, reply } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { decodeCursor, pageOf, toPage } from '../platform/paging.ts'
import { invalid, Refusal, refuse } from '../platform/problem.ts'
import {
  type ItemInput,
  itemInputSchema,
  itemListQuery,
  itemParams,
  itemPatchSchema,
  itemSchema,
} from './catalogueContract.ts'
import {
  archiveItem,
  type CatalogueOptions,
  campaignsWith,
  changeItem,
  createItem,
  findItem,
  type ItemRow,
  listItems,
  presentItem,
} from './catalogueStore.ts'

/** How often a change is tried that others keep overtaking. */
const TRIES = 10

const unknownItem = (id: string) => refuse('not_found', `There is no item ${id} in the catalogue.`)
const rewardExists = (clientRewardId: string) =>
  refuse('reward_exists', `The catalogue has an item with the clientRewardId ${clientRewardId} already.`)

/** `/v1/catalogue`: what is given outside Boon. */
export function catalogueRoutes(app: App, options: CatalogueOptions): void {
  reading(app)
  writing(app)
  archiving(app, options)
}

function reading(app: App): void {
  operation(
    app,
    {
      method: 'get',
      path: '/v1/catalogue',
      summary: 'List the items of the catalogue, newest first',
      access: { scope: 'webhooks:read' },
      query: itemListQuery,
      answers: { 200: pageOf(itemSchema) },
    },
    async ({ env, query: { limit, cursor, status, q } }) => {
      const after = cursor === undefined ? undefined : decodeCursor(cursor)
      const rows = await listItems(env, { status, q }, limit, after)
      return reply(
        200,
        toPage(rows, limit, (row) => row.id, presentItem),
      )
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/catalogue/{itemId}',
      summary: 'One item of the catalogue',
      access: { scope: 'webhooks:read' },
      params: itemParams,
      answers: { 200: itemSchema },
      refusals: ['not_found'],
    },
    async ({ env, params: { itemId } }) => {
      const row = await findItem(env, itemId)
      return row === undefined ? unknownItem(itemId) : reply(200, presentItem(row))
    },
  )
}

function writing(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/catalogue',
      summary: 'Add an item to the catalogue',
      access: { scope: 'webhooks:write' },
      body: itemInputSchema,
      answers: { 201: itemSchema },
      refusals: ['reward_exists'],
    },
    async ({ env, body, principal }) => {
      const nowMs = now()
      const columns = columnsOf(body)
      if (isOver(columns, nowMs)) return expired()
      const row: ItemRow = {
        id: newId('itm', nowMs),
        ...columns,
        status: 'active',
        createdBy: principal.keyId,
        createdMs: nowMs,
        updatedMs: nowMs,
      }
      return (await createItem(env, row)) ? reply(201, presentItem(row)) : rewardExists(row.clientRewardId)
    },
  )

  operation(
    app,
    {
      method: 'patch',
      path: '/v1/catalogue/{itemId}',
      summary:
        'Change an item: what is named replaces, null removes. Campaigns that are published keep what they took',
      access: { scope: 'webhooks:write' },
      params: itemParams,
      body: itemPatchSchema,
      answers: { 200: itemSchema },
      refusals: ['not_found', 'not_editable', 'reward_exists'],
    },
    async ({ env, params, body }) => {
      const row = await changed(env, params.itemId, body)
      return row instanceof Refusal ? row : reply(200, presentItem(row))
    },
  )
}

function archiving(app: App, options: CatalogueOptions): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/catalogue/{itemId}/archive',
      summary: 'Archive an item that no campaign gives any more',
      access: { scope: 'webhooks:write' },
      params: itemParams,
      answers: { 200: itemSchema },
      refusals: ['not_found', 'wrong_status', 'in_use'],
    },
    async ({ env, params: { itemId } }) => {
      const archived = await archiveItem(env, itemId, options, now())
      if (archived !== undefined) return reply(200, presentItem(archived))
      const row = await findItem(env, itemId)
      if (row === undefined) return unknownItem(itemId)
      if (row.status === 'archived') return refuse('wrong_status', 'The item is archived already.')
      const campaigns = await campaignsWith(env, itemId, options)
      const detail = `The item is given by ${campaigns.length} campaigns that are not over; end them first.`
      return refuse('in_use', detail, { members: { campaigns } })
    },
  )
}

/**
 * Changes an item by what it is now. When somebody else has changed it in between, it is read and changed again, so
 * that neither loses what the other did.
 */
async function changed(env: Env, id: string, patch: Record<string, unknown>): Promise<ItemRow | Refusal> {
  for (let tries = 0; tries < TRIES; tries++) {
    const nowMs = now()
    const row = await findItem(env, id)
    if (row === undefined) return unknownItem(id)
    if (row.status === 'archived') return refuse('not_editable', 'The item is archived.')
    const merged = parse(itemInputSchema, mergePatch(inputOf(row), patch))
    if (merged instanceof Refusal) return merged
    const next = columnsOf(merged)
    if (next.expiresMs !== row.expiresMs && isOver(next, nowMs)) return expired()
    const outcome = await changeItem(env, row, next, nowMs)
    if (outcome === 'reward_exists') return rewardExists(next.clientRewardId)
    if (outcome !== 'overtaken') return outcome
  }
  return refuse('not_editable', 'Others keep changing the item at the same moment; try again.')
}

function inputOf({ clientRewardId, name, description, expiresMs }: ItemRow): ItemInput {
  return {
    clientRewardId,
    name,
    ...(description === null ? {} : { description }),
    ...(expiresMs === null ? {} : { expiresAt: formatInstant(expiresMs) }),
  }
}

function columnsOf({ clientRewardId, name, description, expiresAt }: ItemInput) {
  const expiresMs = expiresAt === undefined ? null : (parseInstant(expiresAt) ?? null)
  return { clientRewardId, name, description: description ?? null, expiresMs }
}

const expired = () => invalid([{ path: 'expiresAt', message: 'must be in the future' }])

const isOver = ({ expiresMs }: { expiresMs: number | null }, nowMs: number) =>
  expiresMs !== null && expiresMs <= nowMs
