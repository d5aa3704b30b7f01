import { z } from '@hono/zod-openapi'
import { parseDuration, parseInstant, parseScheduleTime } from '../platform/calendar.ts'
import { lineSchema } from '../platform/contract.ts'
import { conditionSchema, conditionsSchema } from './conditionContract.ts'
import { boundsOf } from './windows.ts'

/** How deep groups (`all`, `any`, `not`) may stand in each other. */
export const MAX_DEPTH = 8
/** How many leaves a rule may have. */
export const MAX_LEAVES = 50

const LONGEST_YEARS = 10
const DAYS_A_YEAR = 365.25

const eventName = lineSchema(256)
const property = z.string().min(1).max(256)

/** A comparison with a number, beside whatever else the object holds. */
function compareSchema<Beside extends z.ZodRawShape>(beside: Beside, value: z.ZodNumber) {
  const range = z
    .tuple([value, value])
    .refine(([low, high]) => Number(low) <= Number(high), { error: 'the lower bound comes first' })
  return z.discriminatedUnion('op', [
    z.strictObject({ ...beside, op: z.enum(['eq', 'ne', 'gt', 'gte', 'lt', 'lte']), value }),
    z.strictObject({ ...beside, op: z.literal('between'), value: range }),
  ])
}

const timesSchema = compareSchema({}, z.int('must be a whole number').min(0).max(1_000_000_000))
const measureSchema = compareSchema({ property }, z.number())

const last = z
  .string()
  .refine((text) => (parseDuration(text)?.sign ?? 0) > 0, 'must be an ISO 8601 duration such as P30D or PT3H')
  .refine((text) => !isTooLong(text), `may be ${LONGEST_YEARS} years at most`)

function isTooLong(text: string): boolean {
  const length = parseDuration(text)
  if (length === undefined) return false
  const { years, months, weeks, days, hours, minutes, seconds } = length
  const inDays = weeks * 7 + days + (hours + (minutes + seconds / 60) / 60) / 24
  return years + months / 12 + inDays / DAYS_A_YEAR > LONGEST_YEARS + 1 / DAYS_A_YEAR
}

const edge = z
  .string()
  .refine(
    (text) => parseScheduleTime(text, 'UTC', 'start') !== undefined,
    'must be a date, or a time such as 2026-12-24T18:00:00Z',
  )

const withinSchema = z.union([
  z.strictObject({ last }),
  z
    .strictObject({ from: edge.optional(), to: edge.optional() })
    .refine(({ from, to }) => from !== undefined || to !== undefined, {
      error: 'needs "last", or "from", "to" or both',
    })
    .refine(({ from, to }) => isForward(from, to), { path: ['to'], error: 'must not be before "from"' }),
])

/** No clock on earth is further from UTC. What is said in two ways may be forward in one zone and not in another. */
const FURTHEST_MS = 14 * 3_600_000

function isForward(from: string | undefined, to: string | undefined): boolean {
  if (from === undefined || to === undefined) return true
  const { fromMs = 0, toMs = 0 } = boundsOf({ from, to }, { nowMs: 0, zone: 'UTC' })
  const isMixed = (parseInstant(from) === undefined) !== (parseInstant(to) === undefined)
  return fromMs <= toMs + (isMixed ? FURTHEST_MS : 0)
}

/** A union of zod names no path; which of the two is meant shows in what is there. */
const within = z.unknown().superRefine((value, context) => {
  const [relative, absolute] = withinSchema.options
  const isRelative = typeof value === 'object' && value !== null && 'last' in value
  for (const { path, message } of faultsOf((isRelative ? relative : absolute).safeParse(value), [])) {
    context.addIssue({ code: 'custom', path, message })
  }
}) as unknown as z.ZodType<Within, Within>

const didSchema = z.strictObject({
  event: eventName,
  where: conditionsSchema.optional(),
  times: timesSchema.optional(),
  sum: measureSchema.optional(),
  average: measureSchema.optional(),
  within: within.optional(),
})

const SHARE = 'must be "most" or a percentage from 1 to 100'

const interestSchema = z.strictObject({
  event: eventName,
  property,
  value: z.union([z.string().max(4_096), z.number(), z.boolean()]),
  share: z
    .union(
      [z.literal('most'), z.number().min(1, SHARE).max(100, SHARE).multipleOf(0.01, 'may have two decimals')],
      SHARE,
    )
    .default('most'),
  where: conditionsSchema.optional(),
  within: within.optional(),
})

const id = z.string().min(1).max(128)

const leafSchemas = {
  did: didSchema,
  didNot: didSchema,
  user: conditionSchema,
  interest: interestSchema,
  segment: id,
  list: id,
}

/** A comparison of a count, a sum or an average. */
export type Compare = z.infer<typeof timesSchema>
/** A stretch of time that events are looked for in: up to now, or between two dates or times. */
export type Within = z.infer<typeof withinSchema>
/** What somebody did, how often, and what it came to. All that is named must hold. */
export type Did = z.infer<typeof didSchema>
/** What somebody mostly does. */
export type Interest = z.input<typeof interestSchema>
/** A user property, or one of the built-in ones, and what it must be. */
export type UserCondition = z.infer<typeof conditionSchema>

/** One part of a rule. */
export type RuleNode =
  | { all: RuleNode[] }
  | { any: RuleNode[] }
  | { not: RuleNode }
  | { did: Did }
  | { didNot: Did }
  | { user: UserCondition }
  | { interest: Interest }
  | { segment: string }
  | { list: string }

/** Who: a tree of conditions on what users are and did. `same` holds its events to one value of a property. */
export type Rule = RuleNode & { same?: string }

/**
 * A rule as it is written. Refused, each with its path: an unknown part, operator or field, a reversed range, a window
 * that is negative, backward or longer than ten years, a share outside 1–100, an empty group, more than
 * {@link MAX_DEPTH} groups in each other or {@link MAX_LEAVES} leaves, `same` without anything done to hold it to.
 */
export const ruleSchema = z
  .unknown()
  .superRefine((value, context) => {
    for (const { path, message } of ruleFaults(value)) context.addIssue({ code: 'custom', path, message })
  })
  .openapi({
    type: 'object',
    description:
      'A tree of all, any and not over the leaves did, didNot, user, interest, segment and list; "same" holds what was done to one value of a property',
    additionalProperties: true,
  }) as unknown as z.ZodType<Rule, Rule>

interface Fault {
  path: (string | number)[]
  message: string
}

interface Seen {
  leaves: number
  did: boolean
}

function ruleFaults(value: unknown): Fault[] {
  if (!isObject(value)) return [{ path: [], message: 'must be a rule such as { "all": [ … ] }' }]
  const seen: Seen = { leaves: 0, did: false }
  const { same, ...node } = value
  const faults = nodeFaults(node, [], 0, seen)
  if (seen.leaves > MAX_LEAVES) faults.push({ path: [], message: `may have ${MAX_LEAVES} leaves at most` })
  if (same === undefined) return faults
  faults.push(...faultsOf(property.safeParse(same), ['same']))
  if (!seen.did)
    faults.push({ path: ['same'], message: 'compares what users did, so the rule needs a "did"' })
  return faults
}

function nodeFaults(value: unknown, path: Fault['path'], depth: number, seen: Seen): Fault[] {
  if (!isObject(value)) return [{ path, message: 'must be an object such as { "did": { … } }' }]
  const [name, ...others] = Object.keys(value)
  if (name === undefined || others.length > 0) return [{ path, message: `must hold exactly one of ${PARTS}` }]
  const inner = [...path, name]
  const content = value[name]
  if (isGroup(name)) {
    if (depth >= MAX_DEPTH)
      return [{ path: inner, message: `stands too deep; ${MAX_DEPTH} levels are allowed` }]
    if (name === 'not') return nodeFaults(content, inner, depth + 1, seen)
    if (!Array.isArray(content) || content.length === 0) {
      return [{ path: inner, message: 'must be a list of at least one part' }]
    }
    // What is too many anyway is not read to its end.
    return content.flatMap((part, index) =>
      seen.leaves > MAX_LEAVES ? [] : nodeFaults(part, [...inner, index], depth + 1, seen),
    )
  }
  if (!isLeaf(name)) return [{ path: inner, message: `is not a part of a rule; parts are ${PARTS}` }]
  seen.leaves += 1
  if (name === 'did') seen.did = true
  return faultsOf(leafSchemas[name].safeParse(content), inner)
}

const PARTS = `all, any, not, ${Object.keys(leafSchemas).join(', ')}`
const isGroup = (name: string) => name === 'all' || name === 'any' || name === 'not'
const isLeaf = (name: string): name is keyof typeof leafSchemas => Object.hasOwn(leafSchemas, name)

/** The faults of a part under its own path. */
function faultsOf(result: z.ZodSafeParseResult<unknown>, path: Fault['path']): Fault[] {
  return (result.error?.issues ?? []).flatMap((issue): Fault[] => {
    const at = [...path, ...(issue.path as Fault['path'])]
    if (issue.code !== 'unrecognized_keys') return [{ path: at, message: issue.message }]
    return issue.keys.map((key) => ({ path: [...at, key], message: 'is not a known field' }))
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
