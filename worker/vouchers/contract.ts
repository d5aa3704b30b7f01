import { z } from '@hono/zod-openapi'
import { lineSchema, proseSchema } from '../platform/contract.ts'
import { pageQuery } from '../platform/paging.ts'
import { callerId } from '../users/contract.ts'
import { voucherListStatuses } from './lifecycle.ts'

/** The most codes that a list holds. */
export const MAX_CODES = 1_000_000

/** The body of `POST /v1/partners` and of its `PATCH`. */
export const partnerInputSchema = z.strictObject({ name: lineSchema(200) })

/** A company whose vouchers are given, as answered. */
export const partnerSchema = z
  .object({ id: z.string(), name: z.string(), createdBy: z.string(), createdAt: z.string() })
  .openapi('Partner')

/** The path of one partner. */
export const partnerParams = z.object({ partnerId: z.string() })

/** The query of the list of partners. */
export const partnerListQuery = pageQuery.extend({ q: z.string().max(200).optional() })

/** Blanks of every script, and invisible marks, which would make two tags of what looks like one. */
const BLANK = /[\p{White_Space}\p{Cf}]/u

const tagSchema = lineSchema(100)
  .refine((tag) => !BLANK.test(tag), 'may hold no blanks')
  .overwrite((tag) => tag.normalize('NFC').toLowerCase())

const name = lineSchema(200)
const description = proseSchema(2_000)
/** Its form is checked where the account's zone is known, see `expiry.ts`. */
const expiresAt = z.string().max(100)
const lowStock = z.int('must be a whole number').min(0).max(MAX_CODES)

/** The body of `POST /v1/voucher-lists`. */
export const voucherListInputSchema = z.strictObject({
  partnerId: z.string().min(1),
  tag: tagSchema,
  name,
  description: description.optional(),
  expiresAt,
  lowStock: lowStock.optional(),
})

/** The body of `PATCH /v1/voucher-lists/{voucherListId}`: what it names replaces, null removes. */
export const voucherListPatchSchema = z.strictObject({
  name: name.optional(),
  description: description.nullable().optional(),
  expiresAt: expiresAt.optional(),
  lowStock: lowStock.nullable().optional(),
})

/** Something about a list that a person should look at, as answered. */
export const alertSchema = z.looseObject({
  code: z.enum(['low_stock', 'out_of_stock']),
  message: z.string(),
  available: z.int(),
})

/** A list of voucher codes, as answered. */
export const voucherListSchema = z
  .object({
    id: z.string(),
    partnerId: z.string(),
    partner: z.string(),
    tag: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    expiresAt: z.string(),
    lowStock: z.int().nullable(),
    status: z.enum(voucherListStatuses),
    stock: z.object({ total: z.int(), available: z.int() }),
    assigned: z.int(),
    alerts: z.array(alertSchema),
    createdBy: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi('VoucherList')

/** A list of voucher codes, on the wire. */
export type VoucherList = z.infer<typeof voucherListSchema>

/** The path of one list. */
export const voucherListParams = z.object({ voucherListId: z.string() })

/** The query of the list of voucher lists. Archived ones are left out unless asked for. */
export const voucherListsQuery = pageQuery.extend({
  partnerId: z.string().max(200).optional(),
  status: z.enum(voucherListStatuses).optional(),
  q: z.string().max(200).optional(),
})

/** The body of `POST /v1/voucher-lists/{voucherListId}/assign`. */
export const assignSchema = z.strictObject({ userId: callerId })

const codeStatus = z.enum(['available', 'assigned'])

/** The query of the codes of a list. */
export const voucherCodesQuery = pageQuery.extend({ status: codeStatus.optional() })

/** One code of a list, as answered. */
export const voucherCodeSchema = z.object({
  code: z.string(),
  status: codeStatus,
  userId: z.string().nullable(),
})
