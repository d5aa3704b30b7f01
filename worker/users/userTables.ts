import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/** User database: who there is. */
export const users = sqliteTable(
  'users',
  {
    id: text().primaryKey(),
    email: text(),
    phone: text(),
    name: text(),
    timezone: text(),
    language: text(),
    properties: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull().default({}),
    createdMs: integer('created_ms').notNull(),
    /** All of the above as one object, its texts folded; only where SQLite cannot fold them, see `folded.ts`. */
    folded: text({ mode: 'json' }).$type<Record<string, unknown>>(),
  },
  (table) => [
    // For lists that name people by these.
    index('users_by_email').on(sql`lower(email)`).where(sql`email IS NOT NULL`),
    index('users_by_phone').on(table.phone).where(sql`phone IS NOT NULL`),
  ],
)

/**
 * User database: what users did. An event's id is its user's own, so that it means the same however many databases
 * there are. `decisions` is what campaigns decided on it, or whom is being asked; see `ingest/record.ts`.
 */
export const events = sqliteTable(
  'events',
  {
    seq: integer().primaryKey({ autoIncrement: false }),
    userId: text('user_id').notNull(),
    id: text().notNull(),
    name: text().notNull(),
    atMs: integer('at_ms').notNull(),
    properties: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
    decisions: text({ mode: 'json' }).$type<unknown>(),
    /** The properties, their texts folded; only where SQLite cannot fold them, see `folded.ts`. */
    folded: text({ mode: 'json' }).$type<Record<string, unknown>>(),
  },
  (table) => [
    uniqueIndex('events_by_id').on(table.userId, table.id),
    index('events_by_time').on(table.userId, table.atMs),
    // For rules, which ask who did something: answered from here alone where nothing is asked of its properties.
    index('events_by_name').on(table.name, table.atMs, table.userId),
  ],
)
