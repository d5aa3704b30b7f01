import type { z } from '@hono/zod-openapi'
import type { Env } from '../env.ts'
import { now } from '../platform/clock.ts'
import { toUnits } from '../platform/decimal.ts'
import { type App, type Call, operation, type Reply, reply } from '../platform/http.ts'
import { idempotencyKey, keyConflict, keyRequired } from '../platform/idempotency.ts'
import { newId } from '../platform/ids.ts'
import { invalid, type ProblemCode, Refusal, refuse } from '../platform/problem.ts'
import { readMeta } from '../platform/settings.ts'
import type { UserEvent } from '../users/event.ts'
import {
  type Activation,
  adjustSchema,
  creditSchema,
  debitSchema,
  type Expiry,
  entrySchema,
  type MovementBody,
  refundSchema,
  userWalletParams,
} from './contract.ts'
import { presentEntry } from './entries.ts'
import { movementEvent } from './event.ts'
import { credit, earlierOutcome, type Movement, take, type Written } from './movements.ts'
import { refund } from './refunds.ts'
import { findWallet, type WalletRow } from './store.ts'
import { validityOf } from './validity.ts'

type WalletPath = z.infer<typeof userWalletParams>
type MovementCall<B> = Call<WalletPath, undefined, B>

/** Lets others hear of events of users that are recorded already. */
export type Announce = (env: Env, events: UserEvent[]) => Promise<void>

/** A movement that is asked for, checked as far as the stores are not needed. */
interface Asked<B> {
  call: MovementCall<B>
  wallet: WalletRow
  movement: Movement
  /** Of the wallet's smallest part; undefined where the body names no points. */
  units: number | undefined
}

/** `/v1/users/{userId}/wallets/{walletId}/…`: what moves points by API. */
export function movementRoutes(app: App, announce: Announce): void {
  movement(app, announce, {
    verb: 'credit',
    summary: 'Put points into a wallet',
    body: creditSchema,
    act: (asked) => add('credit', asked, asked.units ?? 0),
  })
  movement(app, announce, {
    verb: 'debit',
    summary: 'Take points out of a wallet, those that expire first',
    body: debitSchema,
    refusals: ['insufficient_balance'],
    act: ({ call, movement, units = 0 }) => take(call.env, 'debit', movement, units),
  })
  movement(app, announce, {
    verb: 'refund',
    summary: 'Give points of a debit back to the lots that they came from',
    body: refundSchema,
    refusals: ['refund_exceeds_debit'],
    describe: ({ entryId }) => `Refund of ${entryId}`,
    act: ({ call, movement, units }) => refund(call.env, movement, call.body.entryId, units),
  })
  movement(app, announce, {
    verb: 'adjust',
    summary: 'Add points to a wallet, or with a minus take them away, to put right what was wrong',
    body: adjustSchema,
    refusals: ['insufficient_balance'],
    act: (asked) => {
      const { units = 0, movement, call } = asked
      return units > 0 ? add('adjust', asked, units) : take(call.env, 'adjust', movement, -units)
    },
  })
}

/** The fixed shape of a movement. `act` is given everything checked; `describe` says what it is if the body does not. */
function movement<B extends MovementBody>(
  app: App,
  announce: Announce,
  spec: {
    verb: string
    summary: string
    body: z.ZodType<B>
    refusals?: ProblemCode[]
    describe?: (body: B) => string
    act: (asked: Asked<B>) => Promise<Written | Refusal>
  },
): void {
  operation(
    app,
    {
      method: 'post',
      path: `/v1/users/{userId}/wallets/{walletId}/${spec.verb}`,
      summary: spec.summary,
      access: { scope: 'wallets:write' },
      params: userWalletParams,
      body: spec.body,
      answers: { 201: entrySchema },
      refusals: ['not_found', 'idempotency_conflict', ...(spec.refusals ?? [])],
    },
    async (call) => {
      const asked = await askedBy(call, spec.describe)
      if (asked instanceof Refusal) return asked
      const outcome = await spec.act(asked)
      return outcome instanceof Refusal ? outcome : answer(asked, outcome, announce)
    },
  )
}

/** Checks what all movements share: the key, the wallet, and that it can hold exactly these points. */
async function askedBy<B extends MovementBody>(
  call: MovementCall<B>,
  describe: ((body: B) => string) | undefined,
): Promise<Asked<B> | Refusal> {
  const { env, params, body } = call
  const key = await idempotencyKey(call.req, [new URL(call.req.url).pathname, body])
  if (key === undefined) return keyRequired()
  if (key instanceof Refusal) return key
  const wallet = await findWallet(env, params.walletId)
  if (wallet === undefined) return refuse('not_found', `There is no wallet ${params.walletId}.`)
  const { decimals } = wallet
  const units = body.points === undefined ? undefined : toUnits(body.points, decimals)
  if (body.points !== undefined && units === undefined) {
    const message =
      decimals === 0
        ? 'must be a whole number in this wallet'
        : `may have ${decimals} decimals in this wallet`
    return invalid([{ path: 'points', message }])
  }
  const atMs = now()
  const movement = {
    entryId: newId('ent', atMs),
    userId: params.userId,
    walletId: wallet.id,
    decimals,
    atMs,
    description: body.description ?? describe?.(body) ?? '',
    orderId: body.orderId,
    metadata: body.metadata,
    key,
  }
  return { call, wallet, movement, units }
}

/**
 * Every movement is an event of its user. It is announced also when it is sent again, because the first time may have
 * died between writing and announcing; whoever hears it twice knows it by its id.
 */
async function answer(
  { call, movement }: Asked<MovementBody>,
  { entry, replayed }: Written,
  announce: Announce,
): Promise<Reply | Refusal> {
  if (entry.fingerprint !== movement.key.fingerprint) return keyConflict()
  await announce(call.env, [movementEvent(entry)])
  return reply(201, presentEntry(entry), replayed ? { 'idempotent-replayed': 'true' } : undefined)
}

async function add(
  kind: 'credit' | 'adjust',
  asked: Asked<{ activation?: Activation | undefined; expiry?: Expiry | undefined }>,
  units: number,
): Promise<Written | Refusal> {
  const { call, wallet, movement } = asked
  const { activation, expiry } = call.body
  const { timezone } = (await readMeta(call.env)).settings
  const validity = validityOf(movement.atMs, activation, expiry, wallet.expiry, timezone)
  if (validity.expiresMs !== null && validity.expiresMs <= validity.activatesMs) {
    // It may have been after them when this was sent first; then the answer is that of then.
    const earlier = await earlierOutcome(call.env, movement)
    return earlier ?? invalid([{ path: 'expiry.at', message: 'must be after the points become active' }])
  }
  return credit(call.env, kind, movement, units, validity)
}
