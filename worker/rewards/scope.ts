import { formatInstant } from '../platform/calendar.ts'
import { fromUnits } from '../platform/decimal.ts'
import type { GrantContext } from './context.ts'
import type { GrantReward } from './contract.ts'

/** What templates and metadata can know of a grant; a preview knows less than a grant that was made. */
export interface GrantFacts {
  id: string
  atMs: number
  campaignId: string
  campaignName: string
  userId?: string
  eventId?: string | null
  /** In units of the purse's smallest part, of which `decimals` says how small it is; null without an amount. */
  units?: number | null
  asked?: number | null
  decimals?: number
  reward?: GrantReward
}

/**
 * What the templates of a grant see: `user`, `event`, `grant` and `campaign`, and `now`, the time of the grant (see
 * `date` in `platform/templateFilters.ts`). Of a user, what Boon knows by name wins over a property of that name, which
 * is still there below `user.properties`. Without an event, `event` is empty.
 */
export function templateScope({ user, event }: GrantContext, grant: GrantFacts): Record<string, unknown> {
  const at = formatInstant(grant.atMs)
  return {
    user: { ...user.properties, ...user, userId: user.id },
    event: event === undefined ? {} : { ...event.properties, name: event.name },
    grant: grantInScope(grant, at),
    campaign: { id: grant.campaignId, name: grant.campaignName },
    now: at,
  }
}

/** A grant as the contract shows it, and the code that it gave at hand. */
function grantInScope(grant: GrantFacts, at: string): Record<string, unknown> {
  const { id, campaignId, userId, eventId, units, asked, reward } = grant
  const isCut = asked !== units
  return {
    id,
    campaignId,
    at,
    userId,
    eventId,
    value: pointsOf(units, grant),
    asked: isCut ? pointsOf(asked, grant) : undefined,
    code: reward !== undefined && 'code' in reward ? reward.code : undefined,
    reward,
  }
}

function pointsOf(units: number | null | undefined, { decimals }: GrantFacts): number | undefined {
  return typeof units !== 'number' || decimals === undefined ? undefined : fromUnits(units, decimals)
}
