import type { Issue } from '../platform/problem.ts'
import { rewardFaults, schemeOf } from '../rewards/kinds.ts'
import { needsEvent } from '../rewards/schemes.ts'
import type { CampaignDefinition } from './contract.ts'
import { deliveryFaults } from './delivery.ts'

/**
 * What of a campaign cannot be had together, although each part alone is well formed. Looked at when a campaign is
 * created and again when it is changed.
 */
export function combinationFaults(campaign: CampaignDefinition): Issue[] {
  const faults = campaign.qualification === 'live' ? liveFaults(campaign) : runFaults(campaign)
  return [...faults, ...schemeFaults(campaign), ...rewardFaults(campaign.reward), ...budgetFaults(campaign)]
}

function liveFaults({ trigger, schedule }: CampaignDefinition): Issue[] {
  const faults: Issue[] = []
  const no = (path: string, message: string) => faults.push({ path, message })
  if (trigger === undefined) no('trigger', 'is required for a live campaign')
  if (trigger?.same !== undefined && trigger.unless === undefined) {
    no('trigger.same', 'compares two events, so it needs "unless"')
  }
  if (trigger?.same?.includes('[].') === true) {
    no('trigger.same', 'must be a property of the events themselves, not of their items')
  }
  for (const field of ['deliver', 'ifPast', 'fallback'] as const) {
    if (schedule[field] !== undefined) no(`schedule.${field}`, 'is for past and list campaigns')
  }
  return faults
}

/** A past or list campaign takes its audience once, and grants to each user once at most. */
function runFaults(campaign: CampaignDefinition): Issue[] {
  const { qualification, trigger, audience, schedule, limits, reward } = campaign
  const faults: Issue[] = []
  const no = (path: string, message: string) => faults.push({ path, message })
  if (trigger !== undefined) no('trigger', 'is for live campaigns')
  if (audience === undefined) {
    no('audience', `is required for a ${qualification} campaign`)
  } else if (qualification === 'list' && audience.listId === undefined) {
    no('audience.listId', 'is required for a list campaign; a past campaign takes a segment or a rule')
  }
  if (schedule.end !== 'never')
    no('schedule.end', 'is for live campaigns; a run ends when everybody is served')
  const recurrence = Object.values(limits?.perUser ?? {}).some(
    (limit) => limit !== null && limit !== undefined,
  )
  if (recurrence && reward.type !== 'custom') {
    no('limits.perUser', 'is for live campaigns; a run grants to each user once at most')
  }
  return [...faults, ...deliveryFaults(schedule)]
}

/** What is worked out from an event can only be given where an event is rewarded. */
function schemeFaults({ qualification, trigger, reward }: CampaignDefinition): Issue[] {
  const worked = schemeOf(reward)
  if (worked === undefined || !needsEvent(worked.scheme)) return []
  const path = `reward.${worked.path}.kind`
  const { kind } = worked.scheme
  if (qualification !== 'live') {
    return [{ path, message: `${kind} is worked out from an event, so it is for live campaigns` }]
  }
  if (trigger?.unless === undefined) return []
  return [{ path, message: `${kind} is worked out from an event, so it cannot reward that none came` }]
}

function budgetFaults({ reward, limits }: CampaignDefinition): Issue[] {
  const budget = limits?.budget
  if (budget === undefined) return []
  const worked = schemeOf(reward)
  if (worked === undefined) {
    const message = 'is for points and credits; limit the number of grants instead'
    return [{ path: 'limits.budget', message }]
  }
  if (worked.scheme.kind === 'flat' && budget.user !== undefined && budget.user !== null) {
    return [
      { path: 'limits.budget.user', message: 'a flat scheme has no budget per user; limit perUser.total' },
    ]
  }
  return []
}
