import { z } from '@hono/zod-openapi'
import { lineSchema } from '../platform/contract.ts'
import { pageQuery } from '../platform/paging.ts'
import { usedBySchema } from './usage.ts'

/** What a marketer writes of a list; who is on it comes by a file. */
export const listInputSchema = z.strictObject({ name: lineSchema(200) })

const fields = {
  id: z.string(),
  name: z.string(),
  members: z.int(),
  createdBy: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
}

/** A list of users as a list of lists shows it. */
export const listItemSchema = z.object(fields).openapi('ListItem')

/** A list of users, as answered, with who relies on it. */
export const listSchema = z.object({ ...fields, usedBy: usedBySchema }).openapi('List')

/** The path of one list. */
export const listParams = z.object({ listId: z.string() })

/** The query of the list of lists. */
export const listListQuery = pageQuery.extend({ q: z.string().max(200).optional() })
