import type { Env } from '../env.ts'
import { toUnits } from '../platform/decimal.ts'
import type { Issue } from '../platform/problem.ts'
import { type Window, windowOf, windowPassed } from '../platform/schedule.ts'
import type { Prepared } from '../rewards/kind.ts'
import { decimalsOf, prepareReward } from '../rewards/kinds.ts'
import type { CampaignDefinition } from './contract.ts'
import type { CampaignFacts } from './decide.ts'
import { deliveryOf, lastDueOf, snapshotAt } from './delivery.ts'
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
  const window = campaignWindow(definition, accountZone, nowMs, zone)
  if (Array.isArray(window)) return { issues: window }
  const preparation =
    kept === null ? await prepareReward(env, definition.reward, zone) : { prepared: kept, stock: null }
  if ('issues' in preparation) return preparation
  const { prepared, stock } = preparation
  const limits = limitsOf(definition, decimalsOf(prepared))
  if (Array.isArray(limits)) return { issues: limits }
  const facts = { campaignId, name: definition.name, zone, ...window, limits, prepared }
  return { facts: { ...facts, ...kindOf(definition, zone, accountZone, nowMs) }, stock }
}

/** What is particular to inaction, and to past and list campaigns. */
function kindOf(
  { qualification, trigger, audience, schedule }: CampaignDefinition,
  zone: string,
  accountZone: string,
  nowMs: number,
): Pick<CampaignFacts, 'inaction' | 'run'> {
  if (qualification === 'live') {
    return trigger?.unless === undefined ? {} : { inaction: { unless: trigger.unless, same: trigger.same } }
  }
  const delivery = deliveryOf(schedule, zone, accountZone, nowMs)
  return audience === undefined || Array.isArray(delivery) ? {} : { run: { audience, delivery } }
}

/**
 * The window of a campaign; issues when its schedule cannot be read. A past or list campaign begins when its audience
 * is taken, and ends when everybody is served.
 *
 * @param accountZone the zone of users of whom no zone is known
 */
export function campaignWindow(
  definition: CampaignDefinition,
  accountZone: string,
  nowMs: number,
  zone = zoneOf(definition, accountZone),
): Window | Issue[] {
  if (definition.qualification === 'live') return windowOf(definition.schedule, zone, nowMs, 'schedule')
  const delivery = deliveryOf(definition.schedule, zone, accountZone, nowMs)
  return Array.isArray(delivery) ? delivery : { startsMs: snapshotAt(delivery), endsMs: null }
}

/** What keeps a campaign from being published now: its start, or its end, has passed. */
export function passedFaults({ schedule }: CampaignDefinition, facts: CampaignFacts, nowMs: number): Issue[] {
  const { run } = facts
  if (run === undefined || run.delivery.deliver === 'account') {
    return windowPassed(schedule, facts, nowMs, 'schedule')
  }
  // With a time of each user's own, it is late only when it has passed in the last zone on earth.
  if (lastDueOf(run.delivery) >= nowMs) return []
  return [{ path: 'schedule.start', message: 'has passed in every time zone' }]
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
        message: decimals === 0 ? 'must be a whole number' : `may have ${decimals} decimals at most`,
      })
    }
    return exact ?? null
  }
  const campaign = units(budget?.campaign, 'campaign')
  const user = units(budget?.user, 'user')
  if (issues.length > 0) return issues
  return { perUser, perCampaign, budget: { campaign, user, policy: budget?.policy ?? 'truncate' } }
}
