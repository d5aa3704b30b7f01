import { defineConfig } from 'drizzle-kit'

/** The user databases, which are all alike. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './worker/*/userTables.ts',
  out: './migrations/users',
})
