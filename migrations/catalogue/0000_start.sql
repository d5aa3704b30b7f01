-- Made by drizzle-kit from worker/*/*ables.ts, then WITHOUT ROWID added where rows are small and found by their key:
-- one tree is written instead of two.
CREATE TABLE `campaigns` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`qualification` text NOT NULL,
	`reward_type` text NOT NULL,
	`definition` text NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`created_by` text NOT NULL,
	`created_ms` integer NOT NULL,
	`updated_ms` integer NOT NULL,
	`starts_ms` integer,
	`ends_ms` integer
);
--> statement-breakpoint
CREATE INDEX `campaigns_by_status` ON `campaigns` (`status`,`qualification`);--> statement-breakpoint
CREATE TABLE `coupon_codes` (
	`key` text PRIMARY KEY NOT NULL,
	`coupon_id` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `coupon_codes_by_coupon` ON `coupon_codes` (`coupon_id`);--> statement-breakpoint
CREATE TABLE `coupons` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`audience` text NOT NULL,
	`definition` text NOT NULL,
	`created_by` text NOT NULL,
	`created_ms` integer NOT NULL,
	`updated_ms` integer NOT NULL,
	`starts_ms` integer,
	`ends_ms` integer
);
--> statement-breakpoint
CREATE INDEX `coupons_by_audience` ON `coupons` (`audience`,`status`);--> statement-breakpoint
CREATE TABLE `alarms` (
	`object` text PRIMARY KEY NOT NULL,
	`due_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`total` integer DEFAULT 0 NOT NULL,
	`done` integer DEFAULT 0 NOT NULL,
	`imported` integer DEFAULT 0 NOT NULL,
	`skipped` integer DEFAULT 0 NOT NULL,
	`problems` text DEFAULT '[]' NOT NULL,
	`created_ms` integer NOT NULL,
	`finished_ms` integer
);
--> statement-breakpoint
CREATE TABLE `keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`hash` text NOT NULL,
	`scopes` text,
	`created_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_hash_unique` ON `keys` (`hash`);--> statement-breakpoint
CREATE TABLE `meta` (
	`id` integer PRIMARY KEY NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`keys_version` integer DEFAULT 1 NOT NULL,
	`clock_offset_ms` integer DEFAULT 0 NOT NULL,
	`settings` text DEFAULT '{}' NOT NULL
);
--> statement-breakpoint
CREATE TABLE `wallets` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`points_name` text NOT NULL,
	`decimals` integer NOT NULL,
	`rounding` text NOT NULL,
	`expiry` text NOT NULL,
	`created_ms` integer NOT NULL
);
--> statement-breakpoint
INSERT INTO `meta` (`id`) VALUES (1);
