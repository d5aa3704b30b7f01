import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** One try to deliver a webhook, as the contract shows it. */
export interface Attempt {
  at: string
  /** The HTTP status that came back; absent when none did. */
  status?: number
  /** Why there was no answer that counts. */
  error?: string
  ms: number
  /** The beginning of what came back. */
  excerpt: string
}

/** User database: webhooks about one user and what became of them. Written before the queue is touched. */
export const deliveries = sqliteTable(
  'deliveries',
  {
    id: text().primaryKey(),
    userId: text('user_id').notNull(),
    endpointId: text('endpoint_id').notNull(),
    campaignId: text('campaign_id').notNull(),
    grantId: text('grant_id').notNull(),
    kind: text({ enum: ['custom', 'message'] }).notNull(),
    /** The very bytes that every attempt sends; null when they could not be made, see `fault`. */
    body: text(),
    /** Why there is no body, in words. */
    fault: text(),
    status: text({ enum: ['pending', 'delivered', 'failed'] }).notNull(),
    attempts: text({ mode: 'json' }).$type<Attempt[]>().notNull(),
    /** For a pending one: when the next attempt is due. */
    dueMs: integer('due_ms').notNull(),
    atMs: integer('at_ms').notNull(),
  },
  (table) => [
    index('deliveries_by_user').on(table.userId),
    index('deliveries_by_endpoint').on(table.endpointId, table.id),
    index('deliveries_by_status').on(table.status, table.id),
    index('deliveries_due').on(table.dueMs).where(sql`status = 'pending'`),
  ],
)
