-- Made by drizzle-kit from worker/*/*ables.ts, then WITHOUT ROWID added where rows are small and found by their key:
-- one tree is written instead of two.
CREATE TABLE `holdings` (
	`id` text NOT NULL,
	`user_id` text NOT NULL,
	`kind` text NOT NULL,
	`source_id` text NOT NULL,
	`code` text NOT NULL,
	`grant_id` text,
	`campaign_id` text,
	`redeemable_ms` integer NOT NULL,
	`expires_ms` integer,
	`at_ms` integer NOT NULL,
	PRIMARY KEY(`user_id`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `grants` (
	`id` text NOT NULL,
	`user_id` text NOT NULL,
	`campaign_id` text NOT NULL,
	`at_ms` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`user_id`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `events` (
	`seq` integer PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`at_ms` integer NOT NULL,
	`properties` text NOT NULL,
	`decisions` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_by_id` ON `events` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `events_by_time` ON `events` (`user_id`,`at_ms`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text,
	`phone` text,
	`name` text,
	`timezone` text,
	`language` text,
	`properties` text DEFAULT '{}' NOT NULL,
	`created_ms` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `wallet_entries` (
	`id` text NOT NULL,
	`user_id` text NOT NULL,
	`wallet_id` text NOT NULL,
	`kind` text NOT NULL,
	`units` integer NOT NULL,
	`balance` integer NOT NULL,
	`decimals` integer NOT NULL,
	`at_ms` integer NOT NULL,
	`source` text NOT NULL,
	`grant_id` text,
	`order_id` text,
	`description` text NOT NULL,
	`metadata` text,
	`idempotency_key` text,
	`fingerprint` text,
	PRIMARY KEY(`user_id`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `wallet_entries_by_key` ON `wallet_entries` (`user_id`,`idempotency_key`) WHERE idempotency_key IS NOT NULL;--> statement-breakpoint
CREATE TABLE `wallet_lots` (
	`id` text NOT NULL,
	`user_id` text NOT NULL,
	`wallet_id` text NOT NULL,
	`units` integer NOT NULL,
	`remaining` integer NOT NULL,
	`activates_ms` integer NOT NULL,
	`expires_ms` integer,
	PRIMARY KEY(`user_id`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `wallet_uses` (
	`entry_id` text NOT NULL,
	`lot_id` text NOT NULL,
	`user_id` text NOT NULL,
	`units` integer NOT NULL,
	PRIMARY KEY(`entry_id`, `lot_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE VIEW `reward_events` AS 
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
  FROM grants;