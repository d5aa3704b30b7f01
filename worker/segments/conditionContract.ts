import { z } from 'zod'
import { parseInstant } from '../platform/calendar.ts'

const MAX_TEXT = 4_096
const MAX_LIST = 1_000
const MAX_CONDITIONS = 50

const property = z.string().min(1).max(256)
const text = z
  .string()
  .max(MAX_TEXT)
  .refine((value) => value.isWellFormed(), 'holds half of a surrogate pair')
const scalar = z.union([text, z.number(), z.boolean()])
/** A part of a text. An empty one would be in every text, which is a slip and not a wish. */
const part = text.min(1)
const list = z.array(scalar).min(1).max(MAX_LIST)
const instant = text.refine((value) => parseInstant(value) !== undefined, {
  error: 'must be an RFC 3339 time with an offset',
})
const range = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low <= high, { error: 'the lower bound comes first' })

/**
 * One condition on a property, as it is written in rules, triggers and coupons. What each operator means is
 * said in `condition.ts`; what is refused here is whatever could only ever be a slip: an unknown field or operator, a
 * reversed range, an empty list or part, a time without an offset.
 */
export const conditionSchema = z.discriminatedUnion('op', [
  z.strictObject({ property, op: z.enum(['eq', 'ne']), value: scalar }),
  z.strictObject({ property, op: z.enum(['gt', 'gte', 'lt', 'lte']), value: z.number() }),
  z.strictObject({ property, op: z.literal('between'), value: range }),
  z.strictObject({ property, op: z.enum(['in', 'notIn']), value: list }),
  z.strictObject({ property, op: z.enum(['contains', 'notContains', 'startsWith']), value: part }),
  z.strictObject({ property, op: z.enum(['exists', 'notExists']) }),
  z.strictObject({ property, op: z.enum(['before', 'after']), value: instant }),
])

/** Conditions that must all hold; none at all always hold. */
export const conditionsSchema = z.array(conditionSchema).max(MAX_CONDITIONS)

export type Condition = z.infer<typeof conditionSchema>

/** Every operator there is. */
export type Op = Condition['op']
