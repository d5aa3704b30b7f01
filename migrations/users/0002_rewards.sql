-- Made by drizzle-kit, less its DROP of `reward_events`: the version before this one reads it while it is replaced.
CREATE TABLE `deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`endpoint_id` text NOT NULL,
	`campaign_id` text NOT NULL,
	`grant_id` text NOT NULL,
	`kind` text NOT NULL,
	`body` text,
	`fault` text,
	`status` text NOT NULL,
	`attempts` text NOT NULL,
	`due_ms` integer NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `deliveries_by_user` ON `deliveries` (`user_id`);--> statement-breakpoint
CREATE INDEX `deliveries_by_endpoint` ON `deliveries` (`endpoint_id`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_by_status` ON `deliveries` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`due_ms`) WHERE status = 'pending';--> statement-breakpoint
ALTER TABLE `holdings` ADD `details` text;--> statement-breakpoint
ALTER TABLE `grants` ADD `details` text;--> statement-breakpoint
ALTER TABLE `wallet_entries` ADD `refund_of` text;--> statement-breakpoint
CREATE VIEW `granted_events` AS 
  SELECT user_id, 'evt' || substr(id, 4) AS id,
    CASE body ->> '$.reward.type' WHEN 'points' THEN 'CT Points Credited' WHEN 'coupon' THEN 'CT Coupon Rewarded'
      ELSE 'CT Custom Reward Issued' END AS name,
    at_ms,
    CASE body ->> '$.reward.type'
    WHEN 'points' THEN
      json_object('CT Source', 'Promo Module', 'campaignId', campaign_id, 'grantId', id, 'walletId', body ->> '$.reward.walletId', 'points', body -> '$.value', 'kind', 'credit',
        'activatesAt', body ->> '$.reward.activatesAt', 'expiresAt', body ->> '$.reward.expiresAt')
    WHEN 'coupon' THEN
      json_object('CT Source', 'Promo Module', 'campaignId', campaign_id, 'grantId', id, 'couponId', body ->> '$.reward.couponId', 'couponCode', body ->> '$.reward.code',
        'redeemableFrom', body ->> '$.reward.redeemableFrom', 'expiresAt', body ->> '$.reward.expiresAt')
    ELSE
      json_patch(json_object('CT Source', 'Promo Module', 'campaignId', campaign_id, 'grantId', id, 'deliveryId', body ->> '$.reward.deliveryId', 'value', body -> '$.value'),
        coalesce(details, '{}'))
    END AS properties
  FROM grants
  WHERE body ->> '$.reward.type' IN ('points', 'coupon')
    OR (body ->> '$.reward.type' = 'custom' AND body ->> '$.status' <> 'failed');--> statement-breakpoint
CREATE VIEW `voucher_events` AS 
  SELECT user_id, 'evt' || substr(id, 4) AS id, 'CT Partner Voucher Rewarded' AS name, at_ms,
    json_object('CT Source', 'Promo Module', 'campaignId', campaign_id, 'eventTimestamp', at_ms / 1000,
      'listDescription', details ->> '$.listDescription', 'listExpiry', details ->> '$.listExpiry',
      'listTag', details ->> '$.listTag', 'partner', details ->> '$.partner',
      'source', iif(grant_id IS NULL, 'API', 'Campaign'), 'voucherCode', code, 'voucherListId', source_id) AS properties
  FROM holdings WHERE kind = 'voucher';--> statement-breakpoint
CREATE VIEW `wallet_events` AS 
  SELECT user_id, 'evt' || substr(id, 4) AS id,
    iif(kind = 'debit' OR units < 0, 'CT Points Debited', 'CT Points Credited') AS name, at_ms,
    json_object('CT Source', 'Promo Module', 'walletId', wallet_id, 'points', abs(units) / pow(10, decimals), 'kind', kind,
      'entryId', id, 'orderId', order_id, 'description', description) AS properties
  FROM wallet_entries WHERE source = 'api';