import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** User database: who is on which list, upload by upload; the list's head says which upload counts. */
export const listMembers = sqliteTable(
  'list_members',
  {
    listId: text('list_id').notNull(),
    generation: integer().notNull(),
    userId: text('user_id').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.listId, table.generation, table.userId] }),
    // To take a user out of all lists when they are erased.
    index('list_members_by_user').on(table.userId),
  ],
)
