import { z } from '@hono/zod-openapi'
import { lineSchema, zoneSchema } from '../platform/contract.ts'
import { propertyFault } from './properties.ts'

/**
 * Properties of a user or an event: the app's own, within bounds. Not a record of zod's, which would silently leave
 * out a property named `__proto__`.
 */
export const propertiesSchema = z
  .custom<Record<string, unknown>>(isObject, 'must be an object')
  .superRefine((properties, context) => {
    const fault = isObject(properties) ? propertyFault(properties) : undefined
    if (fault === undefined) return
    const path = fault.path === '' ? [] : [fault.path]
    context.addIssue({ code: 'custom', path, message: fault.message })
  })
  .openapi({ type: 'object', additionalProperties: true })

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An id of the caller's own: 1–128 characters, none of them a control character. */
export const callerId = lineSchema(128)

const fields = {
  email: lineSchema(320)
    .regex(/^\S+@\S+$/, 'must be an e-mail address')
    .nullable()
    .optional(),
  phone: lineSchema(32).nullable().optional(),
  name: lineSchema(256).nullable().optional(),
  timezone: zoneSchema.nullable().optional(),
  language: z
    .string()
    .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, 'must be a language tag of BCP 47 such as en-IN')
    .nullable()
    .optional(),
  properties: propertiesSchema.optional(),
}

/** What may be said of a user. What is left out stays; null removes. */
export const userPatchSchema = z.strictObject(fields)

/** A {@link userPatchSchema} with its user's id, for bulk. */
export const userWithIdSchema = z.strictObject({ id: callerId, ...fields })

/** The body of `POST /v1/users`. Each user is looked at by itself, so that a bad one fails alone. */
export const bulkUsersSchema = z.strictObject({
  users: z.array(z.unknown()).min(1).max(1_000, 'may hold 1,000 users at most'),
})

/** What may be said of a user. */
export type UserPatch = z.infer<typeof userPatchSchema>

/** A user, as answered. */
export const userSchema = z
  .object({
    id: z.string(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    name: z.string().nullable(),
    timezone: z.string().nullable(),
    language: z.string().nullable(),
    properties: z.record(z.string(), z.unknown()),
    createdAt: z.string(),
    lastSeenAt: z.string().nullable(),
  })
  .openapi('User')

/** A user on the wire. */
export type User = z.infer<typeof userSchema>

/** The path of everything that belongs to one user. */
export const userParams = z.object({ userId: callerId })

/** A part of a bulk request that was not taken. */
export const rejectionSchema = z.object({ index: z.int(), code: z.string(), message: z.string() })

/** A part of a bulk request that was not taken, on the wire. */
export type Rejection = z.infer<typeof rejectionSchema>

/** One thing that happened to a user, newest first. */
export const timelineItemSchema = z
  .looseObject({ type: z.enum(['event', 'grant', 'entry', 'redemption']), id: z.string(), at: z.string() })
  .openapi('TimelineItem')

/** An event as an app sends it. */
export const eventSchema = z
  .strictObject({
    id: callerId.optional(),
    userId: callerId,
    name: z.string().min(1).max(256),
    timestamp: z.iso.datetime({ offset: true }).optional(),
    properties: propertiesSchema.optional(),
  })
  .openapi('Event')
