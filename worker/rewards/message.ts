import { renderTemplate } from '../platform/template.ts'
import { endpointStatus } from '../webhooks/endpointStore.ts'
import type { GrantContext } from './context.ts'
import type { RewardOf } from './contract.ts'
import type { GrantableKind, RewardKind } from './kind.ts'
import { messagePayload } from './payload.ts'
import { type GrantFacts, templateScope } from './scope.ts'
import { deliverOnly, deliveryStatements, endpointIssues, type Payload } from './webhook.ts'

/** A text to the user, sent by whoever answers at an endpoint. */
export const message: RewardKind<'message'> & GrantableKind<'message'> = {
  faults: () => [],

  prepare: async (env, reward, zone) => {
    const issues = await endpointIssues(env, reward.endpointId)
    return issues.length > 0 ? { issues } : { prepared: { type: 'message', reward, zone }, stock: null }
  },

  amount: () => null,

  acquire: async (env, { reward }, grants, standing) => {
    const isAsking = grants.some((grant) => !standing.has(grant.id))
    const isOpen = !isAsking || (await endpointStatus(env, reward.endpointId)) === 'enabled'
    return deliverOnly('message', grants, standing, isOpen ? undefined : 'reward_inactive')
  },

  effects: (db, grants, contexts) =>
    deliveryStatements(db, grants, contexts, (grant, context) =>
      grant.prepared?.type === 'message'
        ? payloadOf(grant.prepared.reward, grant, context)
        : { fault: 'the reward is not known' },
    ),

  stock: async (env, { reward }) => {
    const isOpen = (await endpointStatus(env, reward.endpointId)) === 'enabled'
    return { left: null, nothingLeft: isOpen ? undefined : 'reward_inactive' }
  },
}

/** The JSON that the endpoint receives for a message. */
export function payloadOf(
  { template, subject }: RewardOf<'message'>,
  grant: GrantFacts,
  context: GrantContext,
): Payload {
  const scope = templateScope(context, grant)
  const text = renderTemplate(template, scope)
  if ('fault' in text) return { fault: `template: ${text.fault}` }
  const title = subject === undefined ? undefined : renderTemplate(subject, scope)
  if (title !== undefined && 'fault' in title) return { fault: `subject: ${title.fault}` }
  return { body: messagePayload({ user: context.user, subject: title?.text, text: text.text }) }
}
