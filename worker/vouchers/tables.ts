import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { voucherListStatuses } from './lifecycle.ts'

/** Catalogue: the companies whose vouchers are given. */
export const partners = sqliteTable('partners', {
  id: text().primaryKey(),
  name: text().notNull(),
  createdBy: text('created_by').notNull(),
  createdMs: integer('created_ms').notNull(),
})

/** Catalogue: the lists of voucher codes. The status mirrors the pool's, which decides. */
export const voucherLists = sqliteTable(
  'voucher_lists',
  {
    id: text().primaryKey(),
    partnerId: text('partner_id').notNull(),
    tag: text().notNull(),
    name: text().notNull(),
    description: text(),
    /** The moment from which no more codes are given, and from which those that were given are no longer good. */
    expiresMs: integer('expires_ms').notNull(),
    lowStock: integer('low_stock'),
    status: text({ enum: voucherListStatuses }).notNull(),
    createdBy: text('created_by').notNull(),
    createdMs: integer('created_ms').notNull(),
    updatedMs: integer('updated_ms').notNull(),
  },
  (table) => [uniqueIndex('voucher_lists_by_tag').on(table.partnerId, table.tag)],
)
