import { z } from '@hono/zod-openapi'
import { isZone, parseDuration, parseInstant } from './calendar.ts'

/** Text on one line, such as a name: at least one character, none of control, and no half of a surrogate pair. */
export const lineSchema = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength, `may have ${maxLength} characters at most`)
    .refine((text) => !/\p{Cc}/u.test(text), 'may hold no control characters')
    .refine((text) => text.isWellFormed(), 'holds half of a surrogate pair')

/** Text of any number of lines, such as terms. A store keeps it as it is, so it holds no half of a surrogate pair. */
export const proseSchema = (maxLength: number) =>
  z
    .string()
    .max(maxLength, `may have ${maxLength} characters at most`)
    .refine((text) => text.isWellFormed(), 'holds half of a surrogate pair')

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

/**
 * The schema of a patch: what it names replaces, null removes. It knows the names only, for what comes of it is checked
 * as a whole once it is merged.
 */
export function patchOf<Fields extends object>(fields: Fields) {
  const names = Object.keys(fields).map((name) => [name, z.unknown()])
  return z.strictObject(Object.fromEntries(names) as { [K in keyof Fields]: z.ZodUnknown }).partial()
}
