import type { Env } from '../env.ts'
import { homeOf, userDatabases } from '../platform/databases.ts'
import { describeError, log } from '../platform/log.ts'
import type { Reaction } from '../rewards/reactions.ts'
import { intakeOf } from './submit.ts'

const RETRY_AFTER_S = 5

/**
 * Takes reward events from the `reactions` queue and runs them through the intake of their user. A message that cannot
 * be taken now comes again; doing one twice changes nothing, because a grant is known by the event that triggered it.
 */
export async function react(env: Env, batch: MessageBatch<Reaction[]>): Promise<void> {
  for (const message of batch.messages) {
    try {
      const taken = await takeIn(env, message.body)
      if (taken) message.ack()
      else message.retry({ delaySeconds: RETRY_AFTER_S })
    } catch (error) {
      log('error', 'Reward events could not be run; they come again', describeError(error))
      message.retry({ delaySeconds: RETRY_AFTER_S })
    }
  }
}

async function takeIn(env: Env, reactions: Reaction[]): Promise<boolean> {
  const count = userDatabases(env).length
  const homes = Map.groupBy(reactions, ({ event }) => homeOf(event.userId, count))
  const answers = await Promise.all([...homes].map(([home, own]) => intakeOf(env, home).react(home, own)))
  return answers.every((answer) => typeof answer !== 'string')
}
