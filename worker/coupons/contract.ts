import { z } from '@hono/zod-openapi'
import { isCode, trimCode } from '../codes/normal.ts'
import {
  durationSchema,
  limitsByPeriodSchema,
  lineSchema,
  patchOf,
  proseSchema,
  zoneSchema,
} from '../platform/contract.ts'
import { pageQuery } from '../platform/paging.ts'
import { conditionsSchema } from '../segments/conditionContract.ts'
import { couponStatuses } from './lifecycle.ts'

const currency = z.string().regex(/^[A-Z]{3}$/, 'must be a currency code of ISO 4217 such as INR')
const minorUnits = z.int('must be a whole number of minor units').min(1).max(1_000_000_000_000)
const amounts = z
  .record(currency, minorUnits)
  .refine((all) => Object.keys(all).length > 0, 'must name at least one currency')

const benefitSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), amount: amounts }),
  z.strictObject({
    kind: z.literal('percentage'),
    percent: z.number().gt(0, 'must be more than 0').max(100, 'may be 100 at most'),
    max: amounts.optional(),
  }),
])

const asSchema = z.union([
  z.literal('discount'),
  z.strictObject({ cashback: z.string(), pointsPer: amounts }),
])

const given = { benefit: benefitSchema, as: asSchema }

/**
 * What a coupon does to an order. The contract writes the target of an effect on products or on a property as an
 * object of its own; it may stand under `on` or beside the benefit, and is kept in the second form.
 */
const effectSchema = z.preprocess(
  (effect) => {
    const on = (effect as { on?: unknown } | null)?.on
    return typeof on === 'object' && on !== null ? { ...(effect as object), ...on } : effect
  },
  z.discriminatedUnion('on', [
    z.strictObject({ on: z.literal('order'), exclude: conditionsSchema.optional(), ...given }),
    z.strictObject({ on: z.literal('products'), where: conditionsSchema, ...given }),
    z.strictObject({ on: z.literal('property'), property: z.string().min(1).max(256), ...given }),
  ]),
)

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time of day such as 16:00')
const recurringSchema = z.array(
  z.strictObject({
    days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).min(1),
    from: clock,
    to: clock,
  }),
)

const validitySchema = z.strictObject({
  start: z.string(),
  end: z.string(),
  timezone: zoneSchema.optional(),
  recurring: recurringSchema.max(50).optional(),
  expiresAfter: durationSchema.optional(),
})

const codeSchema = z
  .string()
  .refine(isCode, 'must be 1 to 100 characters without commas, semicolons, quotes or line breaks')
  .overwrite(trimCode)

const fields = {
  name: lineSchema(200),
  description: proseSchema(2_000).optional(),
  terms: proseSchema(10_000).optional(),
  audience: z.enum(['everyone', 'campaign']),
  kind: z.enum(['single', 'bulk']),
  code: codeSchema.optional(),
  effect: effectSchema,
  qualify: z
    .strictObject({
      cart: conditionsSchema.optional(),
      products: z.strictObject({ match: z.enum(['any', 'each']), where: conditionsSchema }).optional(),
      user: conditionsSchema.optional(),
    })
    .optional(),
  validity: validitySchema,
  activation: z
    .strictObject({ event: z.string().min(1).max(256), where: conditionsSchema.optional() })
    .optional(),
  limits: z
    .strictObject({ perUser: limitsByPeriodSchema.optional(), global: limitsByPeriodSchema.optional() })
    .optional(),
  visible: z.boolean().default(true),
  lowStock: z.int().min(0).max(10_000_000).optional(),
}

/** What a marketer writes of a coupon. */
export const couponDefinitionSchema = z.strictObject(fields).superRefine((coupon, context) => {
  const wrong = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
  if (coupon.kind === 'single' && coupon.code === undefined)
    wrong(['code'], 'is required for a single coupon')
  if (coupon.kind === 'bulk' && coupon.code !== undefined) {
    wrong(['code'], 'a bulk coupon has many codes; generate or import them')
  }
})

/** What a marketer writes of a coupon. */
export type CouponDefinition = z.infer<typeof couponDefinitionSchema>

/** A patch: what it names replaces, null removes. It is checked again as a whole once merged. */
export const couponPatchSchema = patchOf(fields)

/** A coupon, as answered. */
export const couponSchema = z
  .looseObject({
    id: z.string(),
    name: z.string(),
    status: z.enum(couponStatuses),
    createdBy: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
    startsAt: z.string().nullable(),
    endsAt: z.string().nullable(),
    stats: z.object({
      distributed: z.int(),
      stock: z.object({ total: z.int(), available: z.int() }).nullable(),
    }),
  })
  .openapi('Coupon')

/** The path of one coupon. */
export const couponParams = z.object({ couponId: z.string() })

/** The query of the list of coupons. */
export const couponListQuery = pageQuery.extend({
  status: z.enum(couponStatuses).optional(),
  q: z.string().max(200).optional(),
})

/** The body of a request for codes. */
export const generateSchema = z.strictObject({
  count: z.int().min(1).max(1_000_000),
  length: z.int().min(1).max(100),
  alphabet: z.string().min(1).max(256).optional(),
  prefix: z.string().max(99).optional(),
  suffix: z.string().max(99).optional(),
})

/** The query of the list of codes. */
export const codeListQuery = pageQuery.extend({
  status: z.enum(['available', 'assigned', 'redeemed']).optional(),
})

/** One code of a series, as answered. */
export const codeItemSchema = z.object({
  code: z.string(),
  status: z.enum(['available', 'assigned', 'redeemed']),
  userId: z.string().nullable(),
})
