import { z } from '@hono/zod-openapi'
import { instantSchema, lineSchema, patchOf, proseSchema } from '../platform/contract.ts'
import { pageQuery } from '../platform/paging.ts'

const fields = {
  clientRewardId: lineSchema(200),
  name: lineSchema(200),
  description: proseSchema(2_000).optional(),
  expiresAt: instantSchema.optional(),
}

/** The body of `POST /v1/catalogue`: something that is given outside Boon, under the id that its giver knows it by. */
export const itemInputSchema = z.strictObject(fields)

/** What a person says of an item of the catalogue. */
export type ItemInput = z.infer<typeof itemInputSchema>

/** A patch: what it names replaces, null removes. It is checked again as a whole once merged. */
export const itemPatchSchema = patchOf(fields)

/** The statuses of an item. */
export const itemStatuses = ['active', 'archived'] as const

/** An item of the catalogue, as answered. */
export const itemSchema = z
  .object({
    id: z.string(),
    clientRewardId: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    expiresAt: z.string().nullable(),
    status: z.enum(itemStatuses),
    createdBy: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi('CatalogueItem')

/** An item of the catalogue on the wire. */
export type Item = z.infer<typeof itemSchema>

/** The path of one item. */
export const itemParams = z.object({ itemId: z.string() })

/** The query of the catalogue. Archived items are left out unless asked for. */
export const itemListQuery = pageQuery.extend({
  status: z.enum(itemStatuses).optional(),
  q: z.string().max(200).optional(),
})
