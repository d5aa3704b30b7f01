import { sql } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, sqliteView, text } from 'drizzle-orm/sqlite-core'
import type { Grant } from './contract.ts'

/** User database: what users were granted. The ledger of the campaign decided; this is how it was answered. */
export const grants = sqliteTable(
  'grants',
  {
    id: text().notNull(),
    userId: text('user_id').notNull(),
    campaignId: text('campaign_id').notNull(),
    atMs: integer('at_ms').notNull(),
    /** The grant as the contract shows it. */
    body: text({ mode: 'json' }).$type<Grant>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.id] })],
)

/**
 * User database: the events that grants are, as `rewardEvents.ts` makes them. A view and not rows, because a grant holds
 * all of it already; whatever looks at events by name looks here for those of Boon's own.
 */
export const rewardEvents = sqliteView('reward_events', {
  userId: text('user_id').notNull(),
  id: text().notNull(),
  name: text().notNull(),
  atMs: integer('at_ms').notNull(),
  properties: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
}).as(sql`
  SELECT user_id, 'evt' || substr(id, 4) AS id, at_ms,
    CASE body ->> '$.reward.type' WHEN 'points' THEN 'CT Points Credited' ELSE 'CT Coupon Rewarded' END AS name,
    CASE body ->> '$.reward.type' WHEN 'points' THEN
      json_object('CT Source', 'Promo Module', 'campaignId', campaign_id, 'grantId', id,
        'walletId', body ->> '$.reward.walletId', 'points', body -> '$.value',
        'activatesAt', body ->> '$.reward.activatesAt', 'expiresAt', body ->> '$.reward.expiresAt')
    ELSE
      json_object('CT Source', 'Promo Module', 'campaignId', campaign_id, 'grantId', id,
        'couponId', body ->> '$.reward.couponId', 'couponCode', body ->> '$.reward.code',
        'redeemableFrom', body ->> '$.reward.redeemableFrom', 'expiresAt', body ->> '$.reward.expiresAt')
    END AS properties
  FROM grants`)
