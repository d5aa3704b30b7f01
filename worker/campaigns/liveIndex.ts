import type { Env } from '../env.ts'
import type { Meta } from '../platform/settings.ts'
import { compile } from '../segments/condition.ts'
import { liveCampaigns } from './store.ts'

/** A running campaign as the event path sees it. */
export interface LiveCampaign {
  id: string
  /** Whether an event of the right name meets the trigger's conditions. */
  matches: (properties: Record<string, unknown>) => boolean
  /** The property that the scheme reads, if it reads one. */
  property: string | undefined
}

/** The running campaigns by the name of the event that triggers them. */
export type LiveIndex = ReadonlyMap<string, LiveCampaign[]>

let current: { version: number; index: LiveIndex } | undefined

/**
 * The compiled index of what runs live, as of the catalogue's version. It is a hint: the ledger of a campaign knows
 * its own status and refuses whatever an isolate believes.
 */
export async function liveIndexAt(env: Env, meta: Meta): Promise<LiveIndex> {
  if (current?.version === meta.version) return current.index
  const index = new Map<string, LiveCampaign[]>()
  for (const { id, definition } of await liveCampaigns(env)) {
    const { trigger, reward } = definition
    if (trigger === undefined) continue
    const scheme = reward.type === 'points' ? reward.scheme : undefined
    const campaign: LiveCampaign = {
      id,
      matches: compile(trigger.where ?? []),
      property: scheme !== undefined && 'of' in scheme ? scheme.of : undefined,
    }
    const listening = index.get(trigger.event)
    if (listening === undefined) index.set(trigger.event, [campaign])
    else listening.push(campaign)
  }
  current = { version: meta.version, index }
  return index
}
