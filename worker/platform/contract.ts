import { z } from '@hono/zod-openapi'
import { isZone, parseDuration, parseInstant } from './calendar.ts'

/** An ISO 8601 duration of more than nothing. */
export const durationSchema = z
  .string()
  .refine((text) => (parseDuration(text)?.sign ?? 0) > 0, 'must be an ISO 8601 duration such as P30D or PT2H')

/** An RFC 3339 time with an offset. */
export const instantSchema = z
  .string()
  .refine((text) => parseInstant(text) !== undefined, 'must be an RFC 3339 time with an offset')

/** An IANA time zone. */
export const zoneSchema = z.string().refine(isZone, 'must be an IANA time zone such as Asia/Kolkata')

/** A limit: a whole number of at least 1; null or absent means unlimited. */
export const limitSchema = z
  .int('must be a whole number')
  .min(1, 'must be at least 1; leave it out for unlimited')
  .max(1_000_000_000_000)
  .nullable()
  .optional()

/** Limits by period: all combine. */
export const limitsByPeriodSchema = z.strictObject({
  total: limitSchema,
  day: limitSchema,
  week: limitSchema,
  month: limitSchema,
})

/** Limits by period: all combine. */
export type LimitsByPeriod = z.infer<typeof limitsByPeriodSchema>
