import { z } from '@hono/zod-openapi'
import { grantSchema } from '../rewards/contract.ts'
import { eventSchema, rejectionSchema } from '../users/contract.ts'

/** The most events of one request. */
export const MAX_EVENTS = 1_000

/** The body of `POST /v1/events`. Each event is looked at by itself, so that a bad one fails alone. */
export const eventsSchema = z.strictObject({
  events: z
    .array(z.unknown())
    .min(1)
    .max(MAX_EVENTS, `may hold ${MAX_EVENTS.toLocaleString('en')} events at most`),
})

/** The body of `POST /v1/events` as the document shows it. */
export const shownEventsSchema = z.strictObject({ events: z.array(eventSchema).min(1).max(MAX_EVENTS) })

const about = { eventId: z.string(), userId: z.string(), campaignId: z.string() }

/** What a campaign decided on an event, as answered. */
export const decisionSchema = z.discriminatedUnion('outcome', [
  z.object({ ...about, outcome: z.literal('granted'), grant: grantSchema }),
  z.object({ ...about, outcome: z.literal('refused'), reason: z.string() }),
  z.object({ ...about, outcome: z.literal('waiting'), due: z.string() }),
])

/** What a campaign decided on an event, on the wire. */
export type EventDecision = z.infer<typeof decisionSchema>

/** The answer to `POST /v1/events`. */
export const eventsAnswerSchema = z.object({
  accepted: z.int(),
  duplicates: z.int(),
  rejected: z.array(rejectionSchema),
  decisions: z.array(decisionSchema),
})

/** The answer to `POST /v1/events`, on the wire. */
export type EventsAnswer = z.infer<typeof eventsAnswerSchema>
