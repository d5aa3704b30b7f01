import { z } from '@hono/zod-openapi'
import { durationSchema } from '../platform/contract.ts'
import { balanceSchema } from '../wallets/contract.ts'

/** The body of `POST /v1/users/{userId}/token`. */
export const tokenRequestSchema = z.strictObject({ ttl: durationSchema.optional() })

/** A user token, as answered. */
export const tokenSchema = z.object({ token: z.string(), expiresAt: z.string() })

/** A coupon in the tray. */
export const trayCouponSchema = z
  .object({
    couponId: z.string(),
    holdingId: z.string().optional(),
    code: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    terms: z.string().nullable(),
    benefit: z.looseObject({ kind: z.enum(['fixed', 'percentage']), as: z.enum(['discount', 'cashback']) }),
    state: z.enum(['usable', 'locked', 'used', 'expired']),
    availableFrom: z.string().optional(),
    expiresAt: z.string().optional(),
    usesLeft: z.int().optional(),
    note: z.string().optional(),
  })
  .openapi('TrayCoupon')

/** A coupon in the tray, on the wire. */
export type TrayCoupon = z.infer<typeof trayCouponSchema>

/** A voucher in the tray. */
export const trayVoucherSchema = z
  .object({
    voucherListId: z.string(),
    holdingId: z.string(),
    code: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    partner: z.string(),
    expiresAt: z.string(),
    state: z.enum(['usable', 'expired']),
  })
  .openapi('TrayVoucher')

/** A voucher in the tray, on the wire. */
export type TrayVoucher = z.infer<typeof trayVoucherSchema>

/** What a user sees, as answered. */
export const traySchema = z
  .object({
    user: z.object({ id: z.string(), name: z.string().nullable() }).nullable(),
    coupons: z.array(trayCouponSchema),
    vouchers: z.array(trayVoucherSchema),
    wallets: z.array(balanceSchema),
  })
  .openapi('Tray')
