-- Made by drizzle-kit, then WITHOUT ROWID added, see 0000_start.sql.
CREATE TABLE `list_members` (
	`list_id` text NOT NULL,
	`generation` integer NOT NULL,
	`user_id` text NOT NULL,
	PRIMARY KEY(`list_id`, `generation`, `user_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `list_members_by_user` ON `list_members` (`user_id`);--> statement-breakpoint
ALTER TABLE `events` ADD `folded` text;--> statement-breakpoint
CREATE INDEX `events_by_name` ON `events` (`name`,`at_ms`,`user_id`);--> statement-breakpoint
ALTER TABLE `users` ADD `folded` text;--> statement-breakpoint
CREATE INDEX `users_by_email` ON `users` (lower(email)) WHERE email IS NOT NULL;--> statement-breakpoint
CREATE INDEX `users_by_phone` ON `users` (`phone`) WHERE phone IS NOT NULL;