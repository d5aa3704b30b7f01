import { z } from '@hono/zod-openapi'
import { now } from '../platform/clock.ts'
import { usersDb } from '../platform/databases.ts'
import { fromUnits, toUnits } from '../platform/decimal.ts'
import { type App, type Call, operation, type Reply, reply } from '../platform/http.ts'
import { idempotencyKey, keyConflict, keyRequired } from '../platform/idempotency.ts'
import { newId } from '../platform/ids.ts'
import { decodeCursor, pageOf, pageQuery, toPage } from '../platform/paging.ts'
import { invalid, Refusal, refuse } from '../platform/problem.ts'
import { readMeta } from '../platform/settings.ts'
import { userParams } from '../users/contract.ts'
import { balancesStatement, listEntries, presentBalances, presentEntry } from './balances.ts'
import {
  balanceSchema,
  type Credit,
  creditSchema,
  type Debit,
  debitSchema,
  entrySchema,
  userWalletParams,
  walletInputSchema,
  walletParams,
  walletPatchSchema,
  walletSchema,
} from './contract.ts'
import { credit, debit, earlierOutcome, type Movement, type MovementOutcome } from './movements.ts'
import { createWallet, findWallet, listWallets, presentWallet, renameWallet } from './store.ts'
import { validityOf } from './validity.ts'

type Wallet = NonNullable<Awaited<ReturnType<typeof findWallet>>>
type WalletPath = z.infer<typeof userWalletParams>

const unknownWallet = (id: string) => refuse('not_found', `There is no wallet ${id}.`)

/** `/v1/wallets` and what users hold in them. */
export function walletRoutes(app: App): void {
  walletCatalogue(app)
  balances(app)
  movements(app)
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
      const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor)
      const rows = await listEntries(env, params.userId, params.walletId, query.limit, after)
      return reply(
        200,
        toPage(rows, query.limit, (row) => row.id, presentEntry),
      )
    },
  )
}

function movements(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/users/{userId}/wallets/{walletId}/credit',
      summary: 'Put points into a wallet',
      access: { scope: 'wallets:write' },
      params: userWalletParams,
      body: creditSchema,
      answers: { 201: entrySchema },
      refusals: ['not_found', 'idempotency_conflict'],
    },
    (call) =>
      move(call, async (movement, wallet) => {
        const { settings } = await readMeta(call.env)
        const { activation, expiry } = call.body
        const { timezone } = settings
        const validity = validityOf(movement.atMs, activation, expiry, wallet.expiry, timezone)
        if (validity.expiresMs !== null && validity.expiresMs <= validity.activatesMs) {
          // It may have been after them when this was sent first; then the answer is that of then.
          const earlier = await earlierOutcome(call.env, movement)
          return (
            earlier ?? invalid([{ path: 'expiry.at', message: 'must be after the points become active' }])
          )
        }
        return credit(call.env, movement, validity)
      }),
  )

  operation(
    app,
    {
      method: 'post',
      path: '/v1/users/{userId}/wallets/{walletId}/debit',
      summary: 'Take points out of a wallet, those that expire first',
      access: { scope: 'wallets:write' },
      params: userWalletParams,
      body: debitSchema,
      answers: { 201: entrySchema },
      refusals: ['not_found', 'idempotency_conflict', 'insufficient_balance'],
    },
    (call) => move(call, (movement) => debit(call.env, movement)),
  )
}

/** What credit and debit share: the key, the wallet, the exact amount, and the answer. */
async function move<B extends Credit | Debit>(
  call: Call<WalletPath, undefined, B>,
  act: (movement: Movement, wallet: Wallet) => Promise<MovementOutcome | Refusal>,
): Promise<Reply | Refusal> {
  const { env, params, body } = call
  const key = await idempotencyKey(call.req, [new URL(call.req.url).pathname, body])
  if (key === undefined) return keyRequired()
  if (key instanceof Refusal) return key
  const wallet = await findWallet(env, params.walletId)
  if (wallet === undefined) return unknownWallet(params.walletId)
  const units = toUnits(body.points, wallet.decimals)
  if (units === undefined) {
    const { decimals } = wallet
    const message =
      decimals === 0
        ? 'must be a whole number in this wallet'
        : `may have ${decimals} decimals in this wallet`
    return invalid([{ path: 'points', message }])
  }
  const outcome = await act(movementOf(call, wallet, units, key), wallet)
  if (outcome instanceof Refusal) return outcome
  if ('insufficient' in outcome) {
    const balance = fromUnits(outcome.insufficient, wallet.decimals)
    return refuse('insufficient_balance', `The active balance is ${balance}.`, { members: { balance } })
  }
  if (outcome.entry.fingerprint !== key.fingerprint) return keyConflict()
  return reply(
    201,
    presentEntry(outcome.entry),
    outcome.replayed ? { 'idempotent-replayed': 'true' } : undefined,
  )
}

function movementOf(
  call: Call<WalletPath, undefined, Credit | Debit>,
  wallet: Wallet,
  units: number,
  key: Movement['key'],
): Movement {
  const atMs = now()
  return {
    entryId: newId('ent', atMs),
    userId: call.params.userId,
    walletId: wallet.id,
    decimals: wallet.decimals,
    units,
    atMs,
    description: call.body.description,
    orderId: call.body.orderId,
    metadata: call.body.metadata,
    key,
  }
}
