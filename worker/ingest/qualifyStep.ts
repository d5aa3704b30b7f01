import { liveIndexAt } from '../campaigns/liveIndex.ts'
import type { Env } from '../env.ts'
import type { Meta } from '../platform/settings.ts'
import { matchingAll } from '../segments/audience.ts'
import type { Core } from '../segments/core.ts'
import type { RecordedEvent } from './recorded.ts'
import { listeningTo } from './recordStep.ts'

/**
 * Second step: whether the users of events belong to the audiences of the campaigns that are asked, each as of their
 * event, which itself counts. One statement a campaign, all in one hop.
 */
export async function qualifyStep(
  env: Env,
  db: D1Database,
  meta: Meta,
  recorded: RecordedEvent[],
  nowMs: number,
): Promise<RecordedEvent[]> {
  const index = await liveIndexAt(env, meta)
  const narrowed = new Map<string, { core: Core | null; events: RecordedEvent[] }>()
  for (const item of recorded) {
    for (const { campaignId } of item.asking) {
      const core = listeningTo(index, item.event.name, campaignId)?.audience
      if (core === undefined) continue
      const question = narrowed.get(campaignId) ?? { core, events: [] }
      question.events.push(item)
      narrowed.set(campaignId, question)
    }
  }
  if (narrowed.size === 0) return recorded
  const questions = [...narrowed].flatMap(([campaignId, { core, events }]) =>
    core === null ? [] : [{ campaignId, core, events }],
  )
  const answers = await matchingAll(
    db,
    { nowMs, zone: meta.settings.timezone },
    questions.map(({ core, events }) => ({
      core,
      subjects: events.map(({ event }) => ({ userId: event.userId, eventId: event.id })),
    })),
  )
  const inside = new Map(
    questions.map(({ campaignId, events }, at) => [
      campaignId,
      new Set(events.filter((_, place) => answers[at]?.has(place) === true)),
    ]),
  )
  return recorded.map((item) => ({
    ...item,
    asking: item.asking.map((asking) =>
      narrowed.has(asking.campaignId) && inside.get(asking.campaignId)?.has(item) !== true
        ? { ...asking, outsideAudience: true as const }
        : asking,
    ),
  }))
}
