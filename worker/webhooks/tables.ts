import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Catalogue: where webhooks go. */
export const endpoints = sqliteTable('endpoints', {
  id: text().primaryKey(),
  name: text().notNull(),
  url: text().notNull(),
  /** Secrets, headers and basic auth, sealed (`platform/sealed.ts`). */
  credentials: text().notNull(),
  /** Durations of ISO 8601 between attempts; null for the default. */
  retrySchedule: text('retry_schedule', { mode: 'json' }).$type<string[]>(),
  status: text({ enum: ['enabled', 'disabled'] }).notNull(),
  /** Why it is disabled, in words; null when it is enabled. */
  disabledReason: text('disabled_reason'),
  /** Since when nothing but failure; null after a success. */
  failingSinceMs: integer('failing_since_ms'),
  createdBy: text('created_by').notNull(),
  createdMs: integer('created_ms').notNull(),
  updatedMs: integer('updated_ms').notNull(),
})

/** Catalogue: what is given outside Boon, such as goods: the receiver of a custom reward knows it by its own id. */
export const catalogueItems = sqliteTable('catalogue_items', {
  id: text().primaryKey(),
  clientRewardId: text('client_reward_id').notNull().unique(),
  name: text().notNull(),
  description: text(),
  expiresMs: integer('expires_ms'),
  status: text({ enum: ['active', 'archived'] }).notNull(),
  createdBy: text('created_by').notNull(),
  createdMs: integer('created_ms').notNull(),
  updatedMs: integer('updated_ms').notNull(),
})
