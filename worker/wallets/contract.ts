import { z } from '@hono/zod-openapi'
import { durationSchema, instantSchema, lineSchema, proseSchema } from '../platform/contract.ts'
import { callerId } from '../users/contract.ts'

const after = z.strictObject({ after: durationSchema })

/** When the points of a wallet expire, if nothing else is said. */
export const walletExpirySchema = z.union([z.literal('never'), after])

/** When the points of a wallet expire, if nothing else is said. */
export type WalletExpiry = z.infer<typeof walletExpirySchema>

/** When points start to count. */
export const activationSchema = z.union([z.literal('immediate'), after])

/** When points start to count. */
export type Activation = z.infer<typeof activationSchema>

/** When points stop counting; absent is the wallet's default. */
export const expirySchema = z.union([z.literal('never'), z.strictObject({ at: instantSchema }), after])

/** When points stop counting. */
export type Expiry = z.infer<typeof expirySchema>

const name = lineSchema(200)

/** The body of `POST /v1/wallets`. */
export const walletInputSchema = z.strictObject({
  name,
  pointsName: name,
  decimals: z.int().min(0).max(3),
  rounding: z.enum(['up', 'down']),
  expiry: walletExpirySchema,
})

/** The body of `PATCH /v1/wallets/{walletId}`: names only. */
export const walletPatchSchema = z.strictObject({ name: name.optional(), pointsName: name.optional() })

/** What may be changed of a wallet. */
export type WalletPatch = { [K in keyof z.infer<typeof walletPatchSchema>]?: string }

/** A wallet, as answered. */
export const walletSchema = z
  .object({ id: z.string(), ...walletInputSchema.shape, createdAt: z.string() })
  .openapi('Wallet')

/** A wallet on the wire. */
export type Wallet = z.infer<typeof walletSchema>

/** The path of one wallet. */
export const walletParams = z.object({ walletId: z.string() })

/** The path of one user's balance in one wallet. */
export const userWalletParams = z.object({ userId: callerId, walletId: z.string() })

/** The most points of one movement: with three decimals they are still exact. */
const MOST_POINTS = 1_000_000_000_000

const points = z.number().positive('must be more than 0').max(MOST_POINTS)

const notes = {
  description: lineSchema(500),
  orderId: lineSchema(128).optional(),
  metadata: z.record(lineSchema(100), proseSchema(1_000)).optional(),
}

const validity = { activation: activationSchema.optional(), expiry: expirySchema.optional() }

/** The body of a credit. */
export const creditSchema = z.strictObject({ points, ...notes, ...validity })

/** The body of a debit. */
export const debitSchema = z.strictObject({ points, ...notes })

/** The body of a refund; without `points` it gives back all that is left to give back of the debit. */
export const refundSchema = z.strictObject({
  entryId: lineSchema(128),
  points: points.optional(),
  ...notes,
  description: notes.description.optional(),
})

/** The body of an adjustment: points to add, or with a minus to take away. Only added points have a validity. */
export const adjustSchema = z
  .strictObject({
    points: z
      .number()
      .min(-MOST_POINTS)
      .max(MOST_POINTS)
      .refine((value) => value !== 0, 'must not be 0'),
    ...notes,
    ...validity,
  })
  .superRefine((body, context) => {
    if (body.points >= 0) return
    for (const path of ['activation', 'expiry'] as const) {
      if (body[path] === undefined) continue
      const message = 'is for points that are added; these are taken away'
      context.addIssue({ code: 'custom', path: [path], message })
    }
  })

/** What the bodies of all movements have in common. */
export interface MovementBody {
  points?: number | undefined
  description?: string | undefined
  orderId?: string | undefined
  metadata?: Record<string, string> | undefined
}

/**
 * One movement of a wallet, as answered. Points are more than 0 and the kind tells their direction; only an adjustment
 * that takes away has less. `balance` is the active balance right after it. Points that expire are no movement that
 * anybody asked for: their entry has the source `time`.
 */
export const entrySchema = z
  .object({
    id: z.string(),
    kind: z.enum(['credit', 'debit', 'refund', 'expire', 'adjust']),
    walletId: z.string(),
    points: z.number(),
    balance: z.number(),
    at: z.string(),
    source: z.enum(['campaign', 'api', 'time']),
    grantId: z.string().nullable(),
    refundOf: z.string().nullable(),
    orderId: z.string().nullable(),
    description: z.string(),
    metadata: z.unknown(),
  })
  .openapi('WalletEntry')

/** One movement of a wallet on the wire. */
export type Entry = z.infer<typeof entrySchema>

/** What the check of a wallet found: how much it looked at, and what does not add up (the first 100). */
export const auditSchema = z
  .object({
    users: z.int(),
    entries: z.int(),
    mismatches: z.array(z.object({ userId: z.string(), message: z.string() })),
  })
  .openapi('WalletAudit')

/** What the check of a wallet found, on the wire. */
export type Audit = z.infer<typeof auditSchema>

/** One user's balance in one wallet, as answered. */
export const balanceSchema = z
  .object({
    walletId: z.string(),
    name: z.string(),
    pointsName: z.string(),
    active: z.number(),
    promised: z.number(),
    expiringNext: z.object({ points: z.number(), at: z.string() }).optional(),
    totals: z.object({
      issued: z.number(),
      redeemed: z.number(),
      removed: z.number(),
      expired: z.number(),
    }),
  })
  .openapi('Balance')

/** One user's balance in one wallet on the wire. */
export type Balance = z.infer<typeof balanceSchema>
