import type { Env } from '../env.ts'
import type { Meta } from '../platform/settings.ts'
import { schemeOf } from '../rewards/kinds.ts'
import { compile } from '../segments/condition.ts'
import type { Core } from '../segments/core.ts'
import { sharedValue } from '../segments/occurrence.ts'
import { audienceCores } from './audience.ts'
import type { CampaignDefinition } from './contract.ts'
import { liveCampaigns } from './store.ts'

type Properties = Record<string, unknown>

/** A running campaign as the event path sees it. */
export interface LiveCampaign {
  id: string
  /** Whether an event of the right name meets the trigger's conditions. */
  matches: (properties: Properties) => boolean
  /** The property that the scheme reads, if it reads one. */
  property: string | undefined
  /** Who may be granted; undefined for everybody, null when what it names is not there, which is nobody. */
  audience: Core | null | undefined
  /** For inaction: what an event must share with the one that cancels it, as a key; undefined when it cannot. */
  sharedValue: (properties: Properties) => string | undefined
}

/** A campaign that an event may cancel the timers of. */
export interface Cancelling {
  id: string
  matches: (properties: Properties) => boolean
  sharedValue: (properties: Properties) => string | undefined
}

/** The running campaigns by the names of the events that concern them. */
export interface LiveIndex {
  triggeredBy: (eventName: string) => readonly LiveCampaign[]
  cancelledBy: (eventName: string) => readonly Cancelling[]
  /** Whether any campaign is concerned with events of this name. */
  hears: (eventName: string) => boolean
}

let current: { version: number; index: LiveIndex } | undefined

/**
 * The compiled index of what runs live, as of the catalogue's version. It is a hint: the ledger of a campaign knows
 * its own status and refuses whatever an isolate believes.
 */
export async function liveIndexAt(env: Env, meta: Meta): Promise<LiveIndex> {
  if (current?.version === meta.version) return current.index
  const index = await compileIndex(env)
  current = { version: meta.version, index }
  return index
}

async function compileIndex(env: Env): Promise<LiveIndex> {
  const triggered = new Map<string, LiveCampaign[]>()
  const cancelled = new Map<string, Cancelling[]>()
  const campaigns = await liveCampaigns(env)
  const narrowed = campaigns.filter(({ definition }) => definition.audience !== undefined)
  const cores = await audienceCores(
    env,
    narrowed.flatMap(({ definition }) => definition.audience ?? []),
  )
  const audiences = new Map(narrowed.map(({ id }, place) => [id, cores[place] ?? null]))
  for (const { id, definition } of campaigns) {
    const { trigger } = definition
    if (trigger === undefined) continue
    const shared = (properties: Properties) => sharedValue(trigger, properties)
    add(triggered, trigger.event, {
      id,
      matches: compile(trigger.where ?? []),
      property: propertyOf(definition),
      audience: audiences.get(id),
      sharedValue: shared,
    })
    if (trigger.unless === undefined) continue
    add(cancelled, trigger.unless.event, {
      id,
      matches: compile(trigger.unless.where ?? []),
      sharedValue: shared,
    })
  }
  return {
    triggeredBy: (eventName) => triggered.get(eventName) ?? [],
    cancelledBy: (eventName) => cancelled.get(eventName) ?? [],
    hears: (eventName) => triggered.has(eventName) || cancelled.has(eventName),
  }
}

function propertyOf({ reward }: CampaignDefinition): string | undefined {
  const scheme = schemeOf(reward)?.scheme
  return scheme !== undefined && 'of' in scheme ? scheme.of : undefined
}

function add<T>(lists: Map<string, T[]>, name: string, item: T): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [item])
  else list.push(item)
}
