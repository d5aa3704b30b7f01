import { z } from '@hono/zod-openapi'
import { durationMs } from '../platform/calendar.ts'
import {
  durationSchema,
  limitSchema,
  limitsByPeriodSchema,
  lineSchema,
  patchOf,
  zoneSchema,
} from '../platform/contract.ts'
import { pageQuery } from '../platform/paging.ts'
import { rewardSchema } from '../rewards/contract.ts'
import { conditionsSchema } from '../segments/conditionContract.ts'
import { ruleSchema } from '../segments/ruleContract.ts'
import { callerId, propertiesSchema } from '../users/contract.ts'
import { combinationFaults } from './combinations.ts'
import { campaignStatuses } from './lifecycle.ts'

const eventName = lineSchema(256)

const SHORTEST_WAIT_MS = 60_000
const LONGEST_WAIT_MS = 90 * 86_400_000

/** How long inaction is waited for. */
const waitSchema = durationSchema.refine((text) => {
  const ms = durationMs(text)
  return ms !== undefined && ms >= SHORTEST_WAIT_MS && ms <= LONGEST_WAIT_MS
}, 'must be from PT1M to P90D, without months or years')

const triggerSchema = z.strictObject({
  event: eventName,
  where: conditionsSchema.optional(),
  unless: z
    .strictObject({ event: eventName, where: conditionsSchema.optional(), within: waitSchema })
    .optional(),
  same: z.string().min(1).max(256).optional(),
})

/** What must not happen after a trigger. */
export type Unless = NonNullable<z.infer<typeof triggerSchema>['unless']>

/** Who: a saved segment, a list, or a rule written in place. */
const audienceSchema = z
  .strictObject({
    segmentId: z.string().min(1).max(128).optional(),
    listId: z.string().min(1).max(128).optional(),
    rule: ruleSchema.optional(),
  })
  .refine((audience) => Object.values(audience).filter((part) => part !== undefined).length === 1, {
    error: 'must hold exactly one of segmentId, listId and rule',
  })

/** Who: a saved segment, a list, or a rule written in place. */
export type Audience = z.infer<typeof audienceSchema>

const budgetSchema = z.strictObject({
  campaign: z
    .number()
    .gt(0, 'must be more than 0; leave it out for unlimited')
    .max(1e12)
    .nullable()
    .optional(),
  user: z.number().gt(0, 'must be more than 0; leave it out for unlimited').max(1e12).nullable().optional(),
  policy: z.enum(['truncate', 'reject']).default('truncate'),
})

const limitsSchema = z.strictObject({
  perUser: limitsByPeriodSchema.optional(),
  perCampaign: limitsByPeriodSchema.optional(),
  budget: budgetSchema.optional(),
})

const scheduleSchema = z.strictObject({
  start: z.string(),
  end: z.string().default('never'),
  timezone: zoneSchema.optional(),
  deliver: z.enum(['account', 'userTime', 'bestTime']).optional(),
  ifPast: z.enum(['skip', 'nextDay']).optional(),
  fallback: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 18:00')
    .optional(),
})

const fields = {
  name: lineSchema(200),
  qualification: z.enum(['live', 'past', 'list']),
  trigger: triggerSchema.optional(),
  audience: audienceSchema.optional(),
  reward: rewardSchema,
  limits: limitsSchema.optional(),
  schedule: scheduleSchema,
}

/** What a marketer writes of a campaign. */
export const campaignDefinitionSchema = z.strictObject(fields).superRefine((campaign, context) => {
  for (const { path, message } of combinationFaults(campaign)) {
    context.addIssue({ code: 'custom', path: path.split('.'), message })
  }
})

/** What a marketer writes of a campaign. */
export type CampaignDefinition = z.infer<z.ZodObject<typeof fields>>

/** A patch: what it names replaces, null removes. It is checked again as a whole once merged. */
export const campaignPatchSchema = patchOf(fields)

const count = z.int()

/** What a campaign's ledger counts, as answered. */
export const campaignStatsSchema = z.object({
  granted: count,
  value: z.number(),
  users: count,
  /** Custom rewards and messages that could not be delivered; they are not among those granted. */
  failed: count,
  refused: z.record(z.string(), count),
  remaining: z.object({
    budget: z.number().nullable(),
    count: limitSchema.unwrap(),
    stock: count.nullable(),
  }),
  /** How far a past or list campaign is, once it has begun. */
  run: z.object({ total: count, processed: count, granted: count, refused: count }).optional(),
})

/** What a campaign's ledger counts, on the wire. */
export type CampaignStats = z.infer<typeof campaignStatsSchema>

/** A campaign, as answered. */
export const campaignSchema = z
  .looseObject({
    id: z.string(),
    name: z.string(),
    status: z.enum(campaignStatuses),
    createdBy: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
    startsAt: z.string().nullable(),
    endsAt: z.string().nullable(),
    stats: campaignStatsSchema,
  })
  .openapi('Campaign')

/** The path of one campaign. */
export const campaignParams = z.object({ campaignId: z.string() })

/** The query of the list of campaigns. */
export const campaignListQuery = pageQuery.extend({
  status: z.enum(campaignStatuses).optional(),
  type: z.enum(['live', 'past', 'list']).optional(),
  reward: z.enum(['points', 'coupon', 'voucher', 'custom', 'message']).optional(),
  createdBy: z.string().max(200).optional(),
  q: z.string().max(200).optional(),
})

/** The query of stats over time. */
export const bucketQuery = z.strictObject({
  from: z.string().optional(),
  to: z.string().optional(),
  bucket: z.enum(['hour', 'day']).default('day'),
})

/** One stretch of time and what happened in it. */
export const bucketSchema = z.object({ at: z.string(), granted: count, value: z.number(), refused: count })

/** An event that is supposed to have happened. */
const supposedEventSchema = z
  .strictObject({ name: eventName.optional(), properties: propertiesSchema.optional() })
  .optional()

/** The body of a try-out of a campaign for one user. */
export const testSchema = z.strictObject({
  userId: callerId,
  event: supposedEventSchema,
  now: z.string().optional(),
})

/** The body of a preview of what an endpoint would receive. */
export const previewSchema = z.strictObject({
  reward: rewardSchema,
  userId: callerId.optional(),
  event: supposedEventSchema,
})

/** One check of a try-out. */
export const traceStepSchema = z.object({ check: z.string(), passed: z.boolean(), detail: z.string() })

/** One check of a try-out, on the wire. */
export type TraceStep = z.infer<typeof traceStepSchema>

/** What a campaign would do, as answered. */
export const testAnswerSchema = z.object({
  outcome: z.enum(['granted', 'refused', 'waiting', 'not_triggered']),
  reason: z.string().optional(),
  trace: z.array(traceStepSchema),
  reward: z.looseObject({ type: z.string(), value: z.number().optional() }).optional(),
})

/** What of a campaign cannot be published. */
export const warningSchema = z.looseObject({ code: z.string(), message: z.string() })
