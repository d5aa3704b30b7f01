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
    /** What the reward event says beside the body, for a custom reward; see `rewardEvents.ts`. */
    details: text({ mode: 'json' }).$type<Record<string, unknown>>(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.id] })],
)

const common = "'CT Source', 'Promo Module'"
const ofGrant = `${common}, 'campaignId', campaign_id, 'grantId', id`

/**
 * User database: the events of Boon's own, as `rewardEvents.ts` makes them: what was granted, the vouchers that were
 * given in any way, and what went in and out of wallets by API. A view and not rows, because other tables hold all of
 * it already; whatever looks at events by name looks here for those of Boon's own. A custom reward that failed was
 * not issued.
 */
export const rewardEvents = sqliteView('reward_events', {
  userId: text('user_id').notNull(),
  id: text().notNull(),
  name: text().notNull(),
  atMs: integer('at_ms').notNull(),
  properties: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
}).as(
  sql.raw(`
  SELECT user_id, 'evt' || substr(id, 4) AS id, at_ms,
    CASE body ->> '$.reward.type' WHEN 'points' THEN 'CT Points Credited' WHEN 'coupon' THEN 'CT Coupon Rewarded'
      ELSE 'CT Custom Reward Issued' END AS name,
    CASE body ->> '$.reward.type'
    WHEN 'points' THEN
      json_object(${ofGrant}, 'walletId', body ->> '$.reward.walletId', 'points', body -> '$.value', 'kind', 'credit',
        'activatesAt', body ->> '$.reward.activatesAt', 'expiresAt', body ->> '$.reward.expiresAt')
    WHEN 'coupon' THEN
      json_object(${ofGrant}, 'couponId', body ->> '$.reward.couponId', 'couponCode', body ->> '$.reward.code',
        'redeemableFrom', body ->> '$.reward.redeemableFrom', 'expiresAt', body ->> '$.reward.expiresAt')
    ELSE
      json_patch(json_object(${ofGrant}, 'deliveryId', body ->> '$.reward.deliveryId', 'value', body -> '$.value'),
        coalesce(details, '{}'))
    END AS properties
  FROM grants
  WHERE body ->> '$.reward.type' IN ('points', 'coupon')
    OR (body ->> '$.reward.type' = 'custom' AND body ->> '$.status' <> 'failed')
  UNION ALL
  SELECT user_id, 'evt' || substr(id, 4), at_ms, 'CT Partner Voucher Rewarded',
    json_object(${common}, 'campaignId', campaign_id, 'eventTimestamp', at_ms / 1000,
      'listDescription', details ->> '$.listDescription', 'listExpiry', details ->> '$.listExpiry',
      'listTag', details ->> '$.listTag', 'partner', details ->> '$.partner',
      'source', iif(grant_id IS NULL, 'API', 'Campaign'), 'voucherCode', code, 'voucherListId', source_id)
  FROM holdings WHERE kind = 'voucher'
  UNION ALL
  SELECT user_id, 'evt' || substr(id, 4), at_ms,
    iif(kind = 'debit' OR units < 0, 'CT Points Debited', 'CT Points Credited'),
    json_object(${common}, 'walletId', wallet_id, 'points', abs(units) / pow(10, decimals), 'kind', kind,
      'entryId', id, 'orderId', order_id, 'description', description)
  FROM wallet_entries WHERE source = 'api'`),
)
