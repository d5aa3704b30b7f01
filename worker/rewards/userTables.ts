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

const columns = {
  userId: text('user_id').notNull(),
  id: text().notNull(),
  name: text().notNull(),
  atMs: integer('at_ms').notNull(),
  properties: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
}

/*
 * User database: the events of Boon's own, as `rewardEvents.ts` makes them. Views and not rows, because other tables hold
 * all of it already; `users/ownEvents.ts` names them for whatever looks at events by name. Three and not one, because
 * SQLite reads a union within a union whole, whoever is asked for.
 */

/** What was granted. A custom reward that failed was not issued, and a message is no event. */
export const grantedEvents = sqliteView('granted_events', columns).as(
  sql.raw(`
  SELECT user_id, 'evt' || substr(id, 4) AS id,
    CASE body ->> '$.reward.type' WHEN 'points' THEN 'CT Points Credited' WHEN 'coupon' THEN 'CT Coupon Rewarded'
      ELSE 'CT Custom Reward Issued' END AS name,
    at_ms,
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
    OR (body ->> '$.reward.type' = 'custom' AND body ->> '$.status' <> 'failed')`),
)

/** The vouchers that users were given, by a campaign or by API. */
export const voucherEvents = sqliteView('voucher_events', columns).as(
  sql.raw(`
  SELECT user_id, 'evt' || substr(id, 4) AS id, 'CT Partner Voucher Rewarded' AS name, at_ms,
    json_object(${common}, 'campaignId', campaign_id, 'eventTimestamp', at_ms / 1000,
      'listDescription', details ->> '$.listDescription', 'listExpiry', details ->> '$.listExpiry',
      'listTag', details ->> '$.listTag', 'partner', details ->> '$.partner',
      'source', iif(grant_id IS NULL, 'API', 'Campaign'), 'voucherCode', code, 'voucherListId', source_id) AS properties
  FROM holdings WHERE kind = 'voucher'`),
)

/** What went in and out of wallets by API. */
export const walletEvents = sqliteView('wallet_events', columns).as(
  sql.raw(`
  SELECT user_id, 'evt' || substr(id, 4) AS id,
    iif(kind = 'debit' OR units < 0, 'CT Points Debited', 'CT Points Credited') AS name, at_ms,
    json_object(${common}, 'walletId', wallet_id, 'points', abs(units) / pow(10, decimals), 'kind', kind,
      'entryId', id, 'orderId', order_id, 'description', description) AS properties
  FROM wallet_entries WHERE source = 'api'`),
)
