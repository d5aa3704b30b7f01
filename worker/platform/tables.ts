import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Catalogue: one row that says how current everything else is, what the clock reads, and the account's settings. */
export const meta = sqliteTable('meta', {
  id: integer().primaryKey(),
  /** Moves whenever what runs live has changed; isolates compare it with what they have compiled. */
  version: integer().notNull().default(1),
  /** Moves whenever a key is taken away; isolates compare it with when they found the keys they remember. */
  keysVersion: integer('keys_version').notNull().default(1),
  /** The test clock of local mode. */
  clockOffsetMs: integer('clock_offset_ms').notNull().default(0),
  settings: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull().default({}),
})

/** Catalogue: API keys. The key itself is not kept, only its SHA-256. */
export const keys = sqliteTable('keys', {
  id: text().primaryKey(),
  name: text().notNull(),
  kind: text({ enum: ['secret', 'publishable'] }).notNull(),
  hash: text().notNull().unique(),
  /** The scopes of a secret key; null means all of them. */
  scopes: text({ mode: 'json' }).$type<string[]>(),
  createdMs: integer('created_ms').notNull(),
})

/** Catalogue: long work and how far it is. */
export const jobs = sqliteTable('jobs', {
  id: text().primaryKey(),
  kind: text().notNull(),
  status: text({ enum: ['running', 'done', 'failed'] }).notNull(),
  total: integer().notNull().default(0),
  done: integer().notNull().default(0),
  imported: integer().notNull().default(0),
  skipped: integer().notNull().default(0),
  problems: text({ mode: 'json' }).$type<unknown[]>().notNull().default([]),
  createdMs: integer('created_ms').notNull(),
  finishedMs: integer('finished_ms'),
})

/** Catalogue, local mode only: when each object wants to be woken, so that the test clock can do it in order. */
export const alarms = sqliteTable('alarms', {
  object: text().primaryKey(),
  dueMs: integer('due_ms').notNull(),
})
