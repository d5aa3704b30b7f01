import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { CouponDefinition } from './contract.ts'
import { couponStatuses } from './lifecycle.ts'

/** Catalogue: what marketers wrote of coupons. The status mirrors the ledger's, which decides. */
export const coupons = sqliteTable(
  'coupons',
  {
    id: text().primaryKey(),
    name: text().notNull(),
    status: text({ enum: couponStatuses }).notNull(),
    audience: text({ enum: ['everyone', 'campaign'] }).notNull(),
    definition: text({ mode: 'json' }).$type<CouponDefinition>().notNull(),
    createdBy: text('created_by').notNull(),
    createdMs: integer('created_ms').notNull(),
    updatedMs: integer('updated_ms').notNull(),
    startsMs: integer('starts_ms'),
    endsMs: integer('ends_ms'),
  },
  (table) => [index('coupons_by_audience').on(table.audience, table.status)],
)

/** Catalogue: every code of every coupon that is not archived, by its normal form. A code belongs to one coupon. */
export const couponCodes = sqliteTable(
  'coupon_codes',
  { key: text().primaryKey(), couponId: text('coupon_id').notNull() },
  (table) => [index('coupon_codes_by_coupon').on(table.couponId)],
)
