import type { Env } from '../env.ts'
import { toUnits } from '../platform/decimal.ts'
import type { Issue } from '../platform/problem.ts'
import { type Window, windowOf } from '../platform/schedule.ts'
import type { Prepared } from '../rewards/kind.ts'
import { decimalsOf, prepareReward } from '../rewards/kinds.ts'
import type { CampaignDefinition } from './contract.ts'
import type { CampaignFacts } from './decide.ts'
import type { Limits } from './limits.ts'

/** What a campaign comes to: the facts for its ledger and how much there is to give, or what it lacks. */
export type Worked = { facts: CampaignFacts; stock: number | null } | { issues: Issue[] }

/**
 * Works out the facts of a campaign, looking at everything its reward needs.
 *
 * @param kept the reward as it was made ready before: what runs already keeps it, whatever has become of a coupon's
 *   stock or of the account's zone meanwhile
 */
export async function factsOf(
  env: Env,
  campaignId: string,
  definition: CampaignDefinition,
  accountZone: string,
  nowMs: number,
  kept: Prepared | null = null,
): Promise<Worked> {
  const zone = zoneOf(definition, kept?.zone ?? accountZone)
  const window = campaignWindow(definition, zone, nowMs)
  if (Array.isArray(window)) return { issues: window }
  const preparation =
    kept === null ? await prepareReward(env, definition.reward, zone) : { prepared: kept, stock: null }
  if ('issues' in preparation) return preparation
  const { prepared, stock } = preparation
  const limits = limitsOf(definition, decimalsOf(prepared))
  if (Array.isArray(limits)) return { issues: limits }
  return { facts: { campaignId, name: definition.name, zone, ...window, limits, prepared }, stock }
}

/** The window of a campaign; issues when its schedule cannot be read. */
export function campaignWindow(
  definition: CampaignDefinition,
  accountZone: string,
  nowMs: number,
): Window | Issue[] {
  return windowOf(definition.schedule, zoneOf(definition, accountZone), nowMs, 'schedule')
}

function zoneOf(definition: CampaignDefinition, accountZone: string): string {
  return definition.schedule.timezone ?? accountZone
}

/** The limits of a campaign in units of its purse. Refuses a budget with more decimals than the purse has. */
export function limitsOf(definition: CampaignDefinition, decimals: number): Limits | Issue[] {
  const { perUser = {}, perCampaign = {}, budget } = definition.limits ?? {}
  const issues: Issue[] = []
  const units = (amount: number | null | undefined, who: 'campaign' | 'user'): number | null => {
    if (amount === null || amount === undefined) return null
    const exact = toUnits(amount, decimals)
    if (exact === undefined) {
      issues.push({
        path: `limits.budget.${who}`,
        message: `may have ${decimals} decimals, as the wallet has`,
      })
    }
    return exact ?? null
  }
  const campaign = units(budget?.campaign, 'campaign')
  const user = units(budget?.user, 'user')
  if (issues.length > 0) return issues
  return { perUser, perCampaign, budget: { campaign, user, policy: budget?.policy ?? 'truncate' } }
}
