import type { Issue } from '../platform/problem.ts'
import { rewardFaults } from '../rewards/kinds.ts'
import type { CampaignDefinition } from './contract.ts'

/**
 * What of a campaign cannot be had together, although each part alone is well formed. Looked at when a campaign is
 * created and again when it is changed.
 */
export function combinationFaults(campaign: CampaignDefinition): Issue[] {
  const { qualification, trigger, schedule } = campaign
  const faults: Issue[] = []
  const no = (path: string, message: string) => faults.push({ path, message })
  if (qualification !== 'live') {
    no('qualification', 'past and list campaigns are not available in this version; use live')
    return faults
  }
  if (trigger === undefined) no('trigger', 'is required for a live campaign')
  if (trigger?.same !== undefined && trigger.unless === undefined) {
    no('trigger.same', 'compares two events, so it needs "unless"')
  }
  if (trigger?.unless !== undefined) no('trigger.unless', 'inaction is not available in this version')
  if (campaign.audience !== undefined) no('audience', 'audiences are not available in this version')
  for (const field of ['deliver', 'ifPast', 'fallback'] as const) {
    if (schedule[field] !== undefined) no(`schedule.${field}`, 'is for past and list campaigns')
  }
  return [...faults, ...rewardFaults(campaign.reward), ...budgetFaults(campaign)]
}

function budgetFaults({ reward, limits }: CampaignDefinition): Issue[] {
  const budget = limits?.budget
  if (budget === undefined) return []
  if (reward.type !== 'points') {
    return [{ path: 'limits.budget', message: 'is for points; limit the number of grants instead' }]
  }
  if (reward.scheme.kind === 'flat' && budget.user !== undefined && budget.user !== null) {
    return [
      { path: 'limits.budget.user', message: 'a flat scheme has no budget per user; limit perUser.total' },
    ]
  }
  return []
}
