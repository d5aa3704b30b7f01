import type { Env } from '../env.ts'
import type { Outcome } from './deliveryRows.ts'

/**
 * Tells the ledgers of campaigns which of their grants have failed for good, so that their budgets get back what was
 * not given. Told twice, it counts once. A ledger is reached by its binding, because campaigns lie below this room.
 */
export async function reportFailures(env: Env, outcomes: Outcome[]): Promise<void> {
  const failed = outcomes.filter((outcome) => outcome.status === 'failed' && outcome.isAwaited)
  const byCampaign = Map.groupBy(failed, (outcome) => outcome.campaignId)
  await Promise.all(
    [...byCampaign].map(([campaignId, own]) =>
      env.CAMPAIGN_LEDGER.get(env.CAMPAIGN_LEDGER.idFromName(campaignId)).failGrants(
        own.map(({ grantId, userId, eventId }) => ({ id: grantId, userId, eventId })),
      ),
    ),
  )
}
