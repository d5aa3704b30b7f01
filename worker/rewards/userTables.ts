import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
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
  },
  (table) => [primaryKey({ columns: [table.userId, table.id] })],
)
