import { z } from '@hono/zod-openapi'
import { durationSchema, lineSchema, proseSchema } from '../platform/contract.ts'
import { activationSchema, expirySchema } from '../wallets/contract.ts'

const amount = z.number().gt(0, 'must be more than 0').max(1_000_000_000_000)
const property = z.string().min(1).max(256)

/** How points are worked out. */
export const schemeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('flat'), value: amount }),
  z.strictObject({ kind: z.literal('percentage'), percent: amount, of: property }),
  z.strictObject({
    kind: z.literal('proportional'),
    value: amount,
    per: amount,
    of: property,
    prorate: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.literal('random'),
    min: amount,
    max: amount,
    bias: z.enum(['min', 'avg', 'max', 'none']),
  }),
])

/** How points are worked out. */
export type Scheme = z.infer<typeof schemeSchema>

const systemKeys = ['orderId', 'saleAmount', 'saleChannel', 'locationId', 'campaignId', 'eventName'] as const

const metadataSchema = z
  .array(
    z.union([
      z.strictObject({ key: lineSchema(100), value: proseSchema(1_000) }),
      z.strictObject({ system: z.enum(systemKeys), key: lineSchema(100).optional() }),
    ]),
  )
  .max(50)
  .superRefine((rows, context) => {
    const seen = new Set<string>()
    rows.forEach((row, index) => {
      const key = row.key ?? ('system' in row ? row.system : '')
      if (seen.has(key))
        context.addIssue({ code: 'custom', path: [index, 'key'], message: `${key} is there twice` })
      seen.add(key)
    })
  })

const pointsSchema = z.strictObject({
  type: z.literal('points'),
  walletId: z.string().min(1),
  scheme: schemeSchema,
  maxPerReward: amount.optional(),
  activation: activationSchema.optional(),
  expiry: expirySchema.optional(),
  metadata: metadataSchema.optional(),
})

const couponSchema = z.strictObject({
  type: z.literal('coupon'),
  couponId: z.string().min(1),
  redeemable: z
    .union([z.literal('immediate'), z.strictObject({ after: durationSchema })])
    .default('immediate'),
})

/** Kinds that this version knows by name only; creating a campaign with one is refused with a clear message. */
const announced = <T extends string>(type: T) => z.looseObject({ type: z.literal(type) })

/** What a campaign gives. */
export const rewardSchema = z.discriminatedUnion('type', [
  pointsSchema,
  couponSchema,
  announced('voucher'),
  announced('custom'),
  announced('message'),
])

/** What a campaign gives. */
export type Reward = z.infer<typeof rewardSchema>

/** The kinds of reward. */
export type RewardType = Reward['type']

/** A reward of one kind. */
export type RewardOf<T extends RewardType> = Extract<Reward, { type: T }>

/** What a grant gave, as answered. */
export const grantRewardSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('points'),
    walletId: z.string(),
    entryId: z.string(),
    activatesAt: z.string(),
    expiresAt: z.string().nullable(),
  }),
  z.object({
    type: z.literal('coupon'),
    couponId: z.string(),
    holdingId: z.string(),
    code: z.string(),
    redeemableFrom: z.string(),
    expiresAt: z.string().nullable(),
  }),
])

/** What a grant gave, on the wire. */
export type GrantReward = z.infer<typeof grantRewardSchema>

/** One award of a campaign's reward to one user, as answered. */
export const grantSchema = z
  .object({
    id: z.string(),
    campaignId: z.string(),
    userId: z.string(),
    eventId: z.string().nullable(),
    at: z.string(),
    reward: grantRewardSchema,
    value: z.number().optional(),
    asked: z.number().optional(),
    status: z.enum(['granted', 'fulfilled', 'failed', 'revoked']),
    replayed: z.boolean().optional(),
  })
  .openapi('Grant')

/** One award of a campaign's reward to one user, on the wire. */
export type Grant = z.infer<typeof grantSchema>
