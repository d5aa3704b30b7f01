import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { CampaignDefinition } from './contract.ts'
import { campaignStatuses } from './lifecycle.ts'

/** Catalogue: what marketers wrote of campaigns. The status mirrors the ledger's, which decides. */
export const campaigns = sqliteTable(
  'campaigns',
  {
    id: text().primaryKey(),
    name: text().notNull(),
    status: text({ enum: campaignStatuses }).notNull(),
    qualification: text({ enum: ['live', 'past', 'list'] }).notNull(),
    rewardType: text('reward_type').notNull(),
    definition: text({ mode: 'json' }).$type<CampaignDefinition>().notNull(),
    /** Moves with every change, so that two people cannot overwrite each other unseen. */
    revision: integer().notNull().default(1),
    createdBy: text('created_by').notNull(),
    createdMs: integer('created_ms').notNull(),
    updatedMs: integer('updated_ms').notNull(),
    startsMs: integer('starts_ms'),
    endsMs: integer('ends_ms'),
  },
  (table) => [index('campaigns_by_status').on(table.status, table.qualification)],
)
