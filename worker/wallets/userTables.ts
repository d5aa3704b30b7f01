import { sql } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/**
 * User database: what a balance is made of. Amounts are whole numbers of the wallet's smallest part.
 * A lot counts from `activates_ms` until just before `expires_ms`.
 */
export const walletLots = sqliteTable(
  'wallet_lots',
  {
    /** The id of the entry that made it. */
    id: text().notNull(),
    userId: text('user_id').notNull(),
    walletId: text('wallet_id').notNull(),
    units: integer().notNull(),
    remaining: integer().notNull(),
    activatesMs: integer('activates_ms').notNull(),
    expiresMs: integer('expires_ms'),
  },
  (table) => [primaryKey({ columns: [table.userId, table.id] })],
)

/** User database: every movement of every wallet. Rows are only ever added. */
export const walletEntries = sqliteTable(
  'wallet_entries',
  {
    id: text().notNull(),
    userId: text('user_id').notNull(),
    walletId: text('wallet_id').notNull(),
    kind: text({ enum: ['credit', 'debit', 'refund', 'adjust'] }).notNull(),
    /** More than 0; only an adjustment that takes points away has less. */
    units: integer().notNull(),
    /** The active balance right after this entry. */
    balance: integer().notNull(),
    /** The wallet's decimals, so that an entry can be shown without its wallet. */
    decimals: integer().notNull(),
    atMs: integer('at_ms').notNull(),
    source: text({ enum: ['campaign', 'api'] }).notNull(),
    grantId: text('grant_id'),
    /** For a refund: the debit that it gives back. */
    refundOf: text('refund_of'),
    orderId: text('order_id'),
    description: text().notNull(),
    metadata: text({ mode: 'json' }).$type<unknown>(),
    idempotencyKey: text('idempotency_key'),
    fingerprint: text(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    uniqueIndex('wallet_entries_by_key')
      .on(table.userId, table.idempotencyKey)
      .where(sql`idempotency_key IS NOT NULL`),
  ],
)

/** User database: which lots a debit took its points from, so that a refund finds its way back. */
export const walletUses = sqliteTable(
  'wallet_uses',
  {
    entryId: text('entry_id').notNull(),
    lotId: text('lot_id').notNull(),
    userId: text('user_id').notNull(),
    units: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.entryId, table.lotId] })],
)
