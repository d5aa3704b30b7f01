import { type Change, changesBetween, isRaised } from '../platform/edit.ts'
import { type Refusal, refuse } from '../platform/problem.ts'
import type { CampaignDefinition } from './contract.ts'
import type { CampaignStatus } from './lifecycle.ts'

/**
 * Whether a campaign in this status may be changed so. Draft and scheduled: everything. Running and paused: its name,
 * its end, limits and budgets upwards. Afterwards: nothing.
 */
export function editRefusal(
  status: CampaignStatus,
  before: CampaignDefinition,
  after: CampaignDefinition,
): Refusal | undefined {
  if (status === 'draft' || status === 'scheduled') return undefined
  const live = status === 'running' || status === 'paused'
  const refused = changesBetween(before, after).filter((change) => !(live && isFree(change)))
  if (refused.length === 0) return undefined
  const paths = refused.map((change) => change.path)
  return refuse('not_editable', `While it is ${status}, this cannot change: ${paths.join(', ')}.`, {
    issues: refused.map(({ path }) => ({
      path,
      message:
        path.startsWith('limits.') && live ? 'can only be raised now' : `cannot change while it is ${status}`,
    })),
  })
}

function isFree({ path, ...change }: Change): boolean {
  if (path === 'name' || path === 'schedule.end') return true
  // The policy comes and goes with the budget that it is for; whether that may, is told at the budget itself.
  if (path === 'limits.budget.policy') return change.before === undefined || change.after === undefined
  return path.startsWith('limits.') && isRaised({ path, ...change })
}
