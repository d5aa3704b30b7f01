CREATE TABLE `partners` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`created_by` text NOT NULL,
	`created_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `voucher_lists` (
	`id` text PRIMARY KEY NOT NULL,
	`partner_id` text NOT NULL,
	`tag` text NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`expires_ms` integer NOT NULL,
	`low_stock` integer,
	`status` text NOT NULL,
	`created_by` text NOT NULL,
	`created_ms` integer NOT NULL,
	`updated_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `voucher_lists_by_tag` ON `voucher_lists` (`partner_id`,`tag`);--> statement-breakpoint
CREATE TABLE `catalogue_items` (
	`id` text PRIMARY KEY NOT NULL,
	`client_reward_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`expires_ms` integer,
	`status` text NOT NULL,
	`created_by` text NOT NULL,
	`created_ms` integer NOT NULL,
	`updated_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `catalogue_items_client_reward_id_unique` ON `catalogue_items` (`client_reward_id`);--> statement-breakpoint
CREATE TABLE `endpoints` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`url` text NOT NULL,
	`credentials` text NOT NULL,
	`retry_schedule` text,
	`status` text NOT NULL,
	`disabled_reason` text,
	`failing_since_ms` integer,
	`created_by` text NOT NULL,
	`created_ms` integer NOT NULL,
	`updated_ms` integer NOT NULL
);
