import { now } from '../../worker/platform/clock.ts'
import { campaign } from './boon.ts'
import { listedGrants } from './records.ts'

let scenes = 0

/** A campaign that rewards whoever adds something to a cart and does not pay for it within a minute. */
export async function scene(
  reward: { reward: object },
  { unless = {}, trigger = {}, ...more }: Record<string, object> = {},
) {
  const event = `Added ${++scenes}`
  const paid = `Paid ${scenes}`
  const { id } = await campaign(event, '', {
    trigger: { event, unless: { event: paid, within: 'PT1M', ...unless }, ...trigger },
    ...reward,
    ...more,
  })
  const named =
    (name: string) =>
    (userId: string, properties = {}, more = {}) => ({ userId, name, properties, ...more })
  return {
    id: id as string,
    event,
    paid,
    add: named(event),
    pay: named(paid),
    granted: async () => (await listedGrants(id)).map(({ userId }) => userId).sort(),
  }
}

/** The time so many seconds ago, as an event has it. */
export const ago = (seconds: number) => ({ timestamp: inS(-seconds) })

/** The time in so many seconds. */
export const inS = (seconds: number) => new Date(now() + seconds * 1_000).toISOString()

/** What was decided: until when somebody waits, or why not. */
export const outcomes = ({
  decisions,
}: {
  decisions: { outcome: string; reason?: string; due?: string }[]
}) => decisions.map(({ outcome, reason, due }) => due ?? reason ?? outcome)
