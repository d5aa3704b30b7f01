import type { z } from '@hono/zod-openapi'
import type { Env } from '../env.ts'
import { now } from '../platform/clock.ts'
import { type App, operation, reply } from '../platform/http.ts'
import { newId, newSecret } from '../platform/ids.ts'
import { type Issue, invalid, Refusal } from '../platform/problem.ts'
import type { GrantContext, GrantUser } from '../rewards/context.ts'
import type { RewardOf } from '../rewards/contract.ts'
import { CREDITS, payloadOf as customPayloadOf } from '../rewards/custom.ts'
import { drawOf } from '../rewards/draw.ts'
import { fault } from '../rewards/kind.ts'
import { rewardFaults } from '../rewards/kinds.ts'
import { payloadOf as messagePayloadOf } from '../rewards/message.ts'
import { award } from '../rewards/schemes.ts'
import type { Payload } from '../rewards/webhook.ts'
import { findUser } from '../users/store.ts'
import { findItem } from '../webhooks/catalogueStore.ts'
import { previewSchema } from './contract.ts'

type Preview = z.infer<typeof previewSchema>

/** Stands in for a user of whom nothing is said, so that every key can be seen. */
const SAMPLE_USER: GrantUser = {
  id: 'sample-user',
  email: 'sample@example.com',
  phone: '+15550100',
  name: 'Sample User',
  timezone: null,
  language: null,
  properties: {},
}
/** Stands in for the property that a scheme reads, where no event is given. */
const SAMPLE_PROPERTY = 100

/** `POST /v1/campaigns/preview-payload`: what the endpoint of a reward would receive. */
export function previewPayloadRoute(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/campaigns/preview-payload',
      summary:
        'The exact JSON that an endpoint would receive; a sample stands in for the user or the event that is not given',
      access: { scope: 'campaigns:read' },
      body: previewSchema,
      answers: { 200: 'The JSON that would be sent' },
    },
    async ({ env, body }) => {
      const faults = rewardFaults(body.reward)
      if (faults.length > 0) return invalid(faults)
      const payload = await payloadOf(env, body)
      if (payload instanceof Refusal) return payload
      if ('fault' in payload) return invalid([fault('', payload.fault)])
      return reply(200, payload.body)
    },
  )
}

async function payloadOf(env: Env, { reward, userId, event }: Preview): Promise<Payload | Refusal> {
  const context: GrantContext = {
    user: userId === undefined ? SAMPLE_USER : await userOf(env, userId),
    event: event === undefined ? undefined : { name: event.name ?? '', properties: event.properties ?? {} },
  }
  const atMs = now()
  const grant = { id: newId('grt', atMs), atMs, campaignId: newId('cmp', atMs), campaignName: 'Preview' }
  if (reward.type === 'message') return messagePayloadOf(reward, grant, context)
  if (reward.type !== 'custom') {
    return invalid([fault('type', 'only custom rewards and messages are sent to an endpoint')])
  }
  const units = unitsOf(reward, context, grant.id)
  if (Array.isArray(units)) return invalid(units)
  const item = reward.itemId === undefined ? null : await findItem(env, reward.itemId)
  if (item === undefined) return invalid([fault('itemId', `there is no item ${reward.itemId}`)])
  const { decimals } = CREDITS
  return customPayloadOf({ reward, item }, { ...grant, units, decimals }, context)
}

function unitsOf(
  { credits }: RewardOf<'custom'>,
  { event }: GrantContext,
  grantId: string,
): number | null | Issue[] {
  if (credits === undefined) return null
  const { scheme, maxPerReward } = credits
  const property =
    event === undefined ? SAMPLE_PROPERTY : 'of' in scheme ? event.properties[scheme.of] : undefined
  const units = award(scheme, { property, draw: drawOf(newSecret(32), grantId) }, maxPerReward, CREDITS)
  if (typeof units === 'number') return units
  const path = 'of' in scheme ? `event.properties.${scheme.of}` : 'reward.credits.scheme'
  return [{ path, message: `the scheme gives nothing: ${units}` }]
}

async function userOf(env: Env, userId: string): Promise<GrantUser> {
  return (
    (await findUser(env, userId)) ?? {
      id: userId,
      email: null,
      phone: null,
      name: null,
      timezone: null,
      language: null,
      properties: {},
    }
  )
}
