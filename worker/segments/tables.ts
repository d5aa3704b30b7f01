import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Rule } from './ruleContract.ts'

/** Catalogue: rules that were saved under a name. */
export const segments = sqliteTable('segments', {
  id: text().primaryKey(),
  name: text().notNull(),
  rule: text({ mode: 'json' }).$type<Rule>().notNull(),
  createdBy: text('created_by').notNull(),
  createdMs: integer('created_ms').notNull(),
  updatedMs: integer('updated_ms').notNull(),
})

/**
 * Catalogue: the heads of uploaded lists. An upload writes its members under a generation of its own; moving
 * `generation` on is what puts them in the place of those before, in all databases at once.
 */
export const lists = sqliteTable('lists', {
  id: text().primaryKey(),
  name: text().notNull(),
  /** The upload whose members count; 0 before the first. */
  generation: integer().notNull().default(0),
  /** The last generation that was begun, so that no two uploads share one. */
  begun: integer().notNull().default(0),
  members: integer().notNull().default(0),
  createdBy: text('created_by').notNull(),
  createdMs: integer('created_ms').notNull(),
  updatedMs: integer('updated_ms').notNull(),
})
