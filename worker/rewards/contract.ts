import { z } from '@hono/zod-openapi'
import { durationSchema, lineSchema } from '../platform/contract.ts'
import { templateSchema } from '../platform/template.ts'
import { activationSchema, expirySchema } from '../wallets/contract.ts'

const amount = z.number().gt(0, 'must be more than 0').max(1_000_000_000_000)
const property = z.string().min(1).max(256)

/** How points or credits are worked out. */
export const schemeSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('flat'), value: amount }),
    z.strictObject({
      kind: z.literal('percentage'),
      percent: z.number().gt(0, 'must be more than 0').max(1_000, 'may be 1000 at most'),
      of: property,
    }),
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
  .refine((scheme) => scheme.kind !== 'random' || scheme.min <= scheme.max, {
    path: ['max'],
    message: 'must not be less than min',
  })

/** How points or credits are worked out. */
export type Scheme = z.infer<typeof schemeSchema>

/** The values that Boon itself knows of a grant, see `metadata.ts`. */
export const systemKeys = [
  'orderId',
  'saleAmount',
  'saleChannel',
  'locationId',
  'campaignId',
  'eventName',
] as const

const metadataSchema = z
  .array(
    z.union([
      z.strictObject({ key: lineSchema(100), value: templateSchema(1_000) }),
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

/** What goes along with a reward: values that Boon knows, and texts that may hold Liquid. */
export type Metadata = z.infer<typeof metadataSchema>

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

const voucherSchema = z.strictObject({ type: z.literal('voucher'), voucherListId: z.string().min(1) })

const payloadKey = lineSchema(100).optional()

/** Under which names the endpoint wants to be told who the user is. What is left out keeps its own name. */
const identifiersSchema = z
  .strictObject({ userId: payloadKey, email: payloadKey, phone: payloadKey })
  .superRefine((keys, context) => {
    const used = (['userId', 'email', 'phone'] as const).map((name) => keys[name] ?? name)
    if (new Set(used).size < used.length) {
      context.addIssue({ code: 'custom', message: 'must name three different keys' })
    }
  })

/** Under which names the endpoint wants to be told who the user is. */
export type Identifiers = z.infer<typeof identifiersSchema>

const creditsSchema = z.strictObject({
  walletId: lineSchema(200),
  walletName: lineSchema(200),
  scheme: schemeSchema,
  maxPerReward: amount.optional(),
})

const customSchema = z
  .strictObject({
    type: z.literal('custom'),
    endpointId: z.string().min(1),
    itemId: z.string().min(1).optional(),
    credits: creditsSchema.optional(),
    identifiers: identifiersSchema.optional(),
    metadata: metadataSchema.optional(),
  })
  .refine((reward) => (reward.itemId === undefined) !== (reward.credits === undefined), {
    error: 'must hold exactly one of itemId and credits',
  })

const messageSchema = z.strictObject({
  type: z.literal('message'),
  endpointId: z.string().min(1),
  template: templateSchema(10_000).min(1, 'must not be empty'),
  subject: templateSchema(500).optional(),
})

/** What a campaign gives. */
export const rewardSchema = z.discriminatedUnion('type', [
  pointsSchema,
  couponSchema,
  voucherSchema,
  customSchema,
  messageSchema,
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
  z.object({
    type: z.literal('voucher'),
    voucherListId: z.string(),
    holdingId: z.string(),
    code: z.string(),
    expiresAt: z.string(),
  }),
  z.object({ type: z.literal('custom'), deliveryId: z.string() }),
  z.object({ type: z.literal('message'), deliveryId: z.string() }),
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
