import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { WalletExpiry } from './contract.ts'

/** Catalogue: the purses of an account. Decimals and rounding never change, because amounts are kept scaled by them. */
export const wallets = sqliteTable('wallets', {
  id: text().primaryKey(),
  name: text().notNull(),
  pointsName: text('points_name').notNull(),
  decimals: integer().notNull(),
  rounding: text({ enum: ['up', 'down'] }).notNull(),
  expiry: text({ mode: 'json' }).$type<WalletExpiry>().notNull(),
  createdMs: integer('created_ms').notNull(),
})
