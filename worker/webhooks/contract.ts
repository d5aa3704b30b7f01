import { z } from '@hono/zod-openapi'
import { durationMs } from '../platform/calendar.ts'
import { durationSchema, lineSchema, patchOf } from '../platform/contract.ts'
import { pageQuery } from '../platform/paging.ts'

/** What stands for a header's value or a password in answers. It is none itself, so that it cannot come back as one. */
export const MASK = '••••'

const MOST_HEADERS = 20
const SHORTEST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 2 * 86_400_000

/** Headers that are Boon's own, or the connection's (RFC 9110, 7.6.1). */
const RESERVED =
  /^(?:host|content-length|content-type|content-encoding|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|webhook-.*)$/i

const headerValue = z
  .string()
  .max(2_000, 'may have 2000 characters at most')
  .regex(/^[!-~](?:[ -~\t]*[!-~])?$/, 'must be one line of ASCII, without blanks around it')

const headersSchema = z.record(z.string(), headerValue).superRefine((headers, context) => {
  const names = Object.keys(headers)
  const wrong = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
  if (names.length > MOST_HEADERS) wrong([], `may be ${MOST_HEADERS} at most`)
  const seen = new Set<string>()
  for (const name of names) {
    if (!/^[!#$%&'*+.^_`|~\w-]{1,100}$/.test(name)) wrong([name], 'is no name of a header')
    else if (RESERVED.test(name)) wrong([name], 'is set by Boon itself')
    else if (seen.has(name.toLowerCase())) wrong([name], 'is there twice')
    seen.add(name.toLowerCase())
  }
})

const notMask = (text: string) => text !== MASK
const MASK_MESSAGE = 'is what stands for the one that is kept; leave it out to keep that'

const basicAuthSchema = z.strictObject({
  username: lineSchema(255).refine((text) => !text.includes(':'), 'may hold no colon'),
  password: lineSchema(1_000).refine(notMask, MASK_MESSAGE),
})

const waitSchema = durationSchema.refine((text) => {
  const ms = durationMs(text)
  return ms !== undefined && ms >= SHORTEST_WAIT_MS && ms <= LONGEST_WAIT_MS
}, 'must be from PT1S to P2D, without months or years')

const endpointFields = {
  name: lineSchema(200),
  url: lineSchema(2_000),
  headers: headersSchema.optional(),
  basicAuth: basicAuthSchema.optional(),
  retrySchedule: z.array(waitSchema).max(20, 'may have 20 waits at most').optional(),
}

/** The body of `POST /v1/endpoints`. Whether the URL may be sent to is looked at beside (`platform/address.ts`). */
export const endpointInputSchema = z.strictObject(endpointFields).superRefine((endpoint, context) => {
  if (endpoint.basicAuth === undefined) return
  const name = Object.keys(endpoint.headers ?? {}).find((one) => one.toLowerCase() === 'authorization')
  if (name === undefined) return
  context.addIssue({ code: 'custom', path: ['headers', name], message: 'is set by basicAuth already' })
})

/** What a person says of an endpoint. */
export type EndpointInput = z.infer<typeof endpointInputSchema>

/** A patch: what it names replaces, null removes. It is checked again as a whole once merged. */
export const endpointPatchSchema = patchOf(endpointFields)

/** The path of one endpoint. */
export const endpointParams = z.object({ endpointId: z.string() })

/** An endpoint, as answered: never its secrets, and neither its headers nor its password but as {@link MASK}. */
export const endpointSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    basicAuth: z.object({ username: z.string(), password: z.string() }).nullable(),
    retrySchedule: z.array(z.string()).nullable(),
    status: z.enum(['enabled', 'disabled']),
    disabledReason: z.string().nullable(),
    failingSince: z.string().nullable(),
    /** Newest first: those that sign now, and until when; null has no end. */
    signingSecrets: z.array(z.object({ until: z.string().nullable() })),
    createdBy: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi('Endpoint')

/** An endpoint on the wire. */
export type EndpointAnswer = z.infer<typeof endpointSchema>

/** An endpoint that was just made, with its signing secret: it is shown this once. */
export const newEndpointSchema = endpointSchema.extend({ secret: z.string() }).openapi('NewEndpoint')

/** What a rotation answers: the new secret, shown this once, and how long the one before goes on signing. */
export const rotationSchema = z.object({ secret: z.string(), previousValidUntil: z.string().nullable() })

/** What a test call has come to. */
export const testCallSchema = z.object({
  status: z.int().nullable(),
  ms: z.int(),
  excerpt: z.string(),
  error: z.string().optional(),
})

/** One try to deliver a webhook, as answered. */
export const attemptSchema = z.object({
  at: z.string(),
  status: z.int().optional(),
  error: z.string().optional(),
  ms: z.int(),
  excerpt: z.string(),
})

/** A webhook and what became of it, as answered. */
export const deliverySchema = z
  .object({
    id: z.string(),
    endpointId: z.string(),
    userId: z.string(),
    campaignId: z.string(),
    grantId: z.string(),
    kind: z.enum(['custom', 'message']),
    status: z.enum(['pending', 'delivered', 'failed']),
    attempts: z.array(attemptSchema),
    nextAttemptAt: z.string().optional(),
    /** The JSON that is sent; null when it could not be made, and then `fault` says why. */
    body: z.unknown(),
    fault: z.string().optional(),
    createdAt: z.string(),
  })
  .openapi('Delivery')

/** A webhook on the wire. */
export type Delivery = z.infer<typeof deliverySchema>

/** The query of the list of deliveries. */
export const deliveryListQuery = pageQuery.extend({
  endpointId: z.string().max(128).optional(),
  status: z.enum(['pending', 'delivered', 'failed']).optional(),
})
