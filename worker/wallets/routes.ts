import { z } from '@hono/zod-openapi'
import { now } from '../platform/clock.ts'
import { usersDb } from '../platform/databases.ts'
import { type App, operation, reply } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { decodeCursor, pageOf, pageQuery, toPage } from '../platform/paging.ts'
import { invalid, refuse } from '../platform/problem.ts'
import { userParams } from '../users/contract.ts'
import { auditWallet } from './audit.ts'
import { balancesStatement, presentBalances } from './balances.ts'
import {
  auditSchema,
  balanceSchema,
  entrySchema,
  userWalletParams,
  walletInputSchema,
  walletParams,
  walletPatchSchema,
  walletSchema,
} from './contract.ts'
import { entryKey, entryPlace, listEntries, presentEntry } from './entries.ts'
import { type Announce, movementRoutes } from './movementRoutes.ts'
import { createWallet, findWallet, listWallets, presentWallet, renameWallet } from './store.ts'

const unknownWallet = (id: string) => refuse('not_found', `There is no wallet ${id}.`)

/**
 * `/v1/wallets` and what users hold in them.
 * @param options.announce lets campaigns hear of what moved points by API
 */
export function walletRoutes(app: App, options: { announce: Announce }): void {
  walletCatalogue(app)
  balances(app)
  movementRoutes(app, options.announce)
  audit(app)
}

function walletCatalogue(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/wallets',
      summary: 'Create a wallet',
      access: { scope: 'wallets:write' },
      body: walletInputSchema,
      answers: { 201: walletSchema },
    },
    async ({ env, body }) => {
      const nowMs = now()
      const row = { id: newId('wal', nowMs), ...body, createdMs: nowMs }
      await createWallet(env, row)
      return reply(201, presentWallet(row))
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/wallets',
      summary: 'List wallets, newest first',
      access: { scope: 'wallets:read' },
      query: pageQuery,
      answers: { 200: pageOf(walletSchema) },
    },
    async ({ env, query }) => {
      const rows = await listWallets(env, query.limit, query.cursor && decodeCursor(query.cursor))
      return reply(
        200,
        toPage(rows, query.limit, (row) => row.id, presentWallet),
      )
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/wallets/{walletId}',
      summary: 'One wallet',
      access: { scope: 'wallets:read' },
      params: walletParams,
      answers: { 200: walletSchema },
      refusals: ['not_found'],
    },
    async ({ env, params }) => {
      const wallet = await findWallet(env, params.walletId)
      return wallet === undefined ? unknownWallet(params.walletId) : reply(200, presentWallet(wallet))
    },
  )

  operation(
    app,
    {
      method: 'patch',
      path: '/v1/wallets/{walletId}',
      summary: 'Rename a wallet',
      access: { scope: 'wallets:write' },
      params: walletParams,
      body: walletPatchSchema,
      answers: { 200: walletSchema },
      refusals: ['not_found'],
    },
    async ({ env, params, body }) => {
      const names = Object.fromEntries(Object.entries(body).filter(([, name]) => name !== undefined))
      const wallet =
        Object.keys(names).length === 0
          ? await findWallet(env, params.walletId)
          : await renameWallet(env, params.walletId, names)
      return wallet === undefined ? unknownWallet(params.walletId) : reply(200, presentWallet(wallet))
    },
  )
}

function balances(app: App): void {
  operation(
    app,
    {
      method: 'get',
      path: '/v1/users/{userId}/wallets',
      summary: 'What a user holds, wallet by wallet',
      access: { scope: 'wallets:read' },
      params: userParams,
      answers: { 200: z.array(balanceSchema) },
    },
    async ({ env, params }) => {
      const [wallets, sums] = await Promise.all([
        listWallets(env, 1_000, undefined),
        balancesStatement(usersDb(env, params.userId), params.userId, now()).all(),
      ])
      return reply(200, presentBalances(sums.results, wallets))
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/users/{userId}/wallets/{walletId}/entries',
      summary: 'The movements of a wallet, newest first',
      access: { scope: 'wallets:read' },
      params: userWalletParams,
      query: pageQuery,
      answers: { 200: pageOf(entrySchema) },
      refusals: ['not_found'],
    },
    async ({ env, params, query }) => {
      if ((await findWallet(env, params.walletId)) === undefined) return unknownWallet(params.walletId)
      const after = query.cursor === undefined ? undefined : entryPlace(query.cursor)
      if (query.cursor !== undefined && after === undefined) {
        return invalid([{ path: 'cursor', message: 'was not made by this list' }])
      }
      const rows = await listEntries(env, params, query.limit, after, now())
      return reply(200, toPage(rows, query.limit, entryKey, presentEntry))
    },
  )
}

function audit(app: App): void {
  operation(
    app,
    {
      method: 'get',
      path: '/v1/wallets/{walletId}/audit',
      summary: 'Work out every balance of a wallet again, and tell what does not agree',
      access: { scope: 'wallets:read' },
      params: walletParams,
      answers: { 200: auditSchema },
      refusals: ['not_found'],
    },
    async ({ env, params }) =>
      (await findWallet(env, params.walletId)) === undefined
        ? unknownWallet(params.walletId)
        : reply(200, await auditWallet(env, params.walletId)),
  )
}
