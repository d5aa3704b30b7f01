import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** User database: the coupon and voucher codes that users hold. */
export const holdings = sqliteTable(
  'holdings',
  {
    id: text().notNull(),
    userId: text('user_id').notNull(),
    kind: text({ enum: ['coupon', 'voucher'] }).notNull(),
    /** The coupon or the voucher list. */
    sourceId: text('source_id').notNull(),
    code: text().notNull(),
    grantId: text('grant_id'),
    campaignId: text('campaign_id'),
    redeemableMs: integer('redeemable_ms').notNull(),
    expiresMs: integer('expires_ms'),
    atMs: integer('at_ms').notNull(),
    /** For a voucher: what its reward event says of its list, see `rewards/userTables.ts`. */
    details: text({ mode: 'json' }).$type<Record<string, unknown>>(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.id] })],
)
