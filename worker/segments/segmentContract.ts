import { z } from '@hono/zod-openapi'
import { lineSchema } from '../platform/contract.ts'
import { pageQuery } from '../platform/paging.ts'
import { ruleSchema } from './ruleContract.ts'
import { usedBySchema } from './usage.ts'

/** What a marketer writes of a segment. */
export const segmentInputSchema = z.strictObject({ name: lineSchema(200), rule: ruleSchema })

/** What a marketer writes of a segment. */
export type SegmentInput = z.infer<typeof segmentInputSchema>

const fields = {
  id: z.string(),
  name: z.string(),
  rule: ruleSchema,
  createdBy: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
}

/** A segment as a list shows it. */
export const segmentItemSchema = z.object(fields).openapi('SegmentItem')

/** A segment, as answered, with who relies on it. */
export const segmentSchema = z.object({ ...fields, usedBy: usedBySchema }).openapi('Segment')

/** The path of one segment. */
export const segmentParams = z.object({ segmentId: z.string() })

/** The query of the list of segments. */
export const segmentListQuery = pageQuery.extend({ q: z.string().max(200).optional() })
