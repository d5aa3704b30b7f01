import { defineConfig } from 'drizzle-kit'

/** The catalogue database: `npm run migrations` writes what has changed as a new file, never an old one. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './worker/*/tables.ts',
  out: './migrations/catalogue',
})
