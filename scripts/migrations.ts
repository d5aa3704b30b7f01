import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './build.ts'

/** As much of a D1 database as migrating needs. */
export interface MigratedDatabase {
  prepare(query: string): MigrationStatement
  batch(statements: MigrationStatement[]): Promise<unknown>
}

interface MigrationStatement {
  bind(...values: unknown[]): MigrationStatement
  run(): Promise<unknown>
  all<T>(): Promise<{ results: T[] }>
}

const BOOKS = `CREATE TABLE IF NOT EXISTS d1_migrations
  (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`

/** The migrations of a kind of database, in order, each cut into its statements. */
export function readMigrations(kind: 'catalogue' | 'users'): { name: string; statements: string[] }[] {
  const folder = join(ROOT, 'migrations', kind)
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => ({
      name,
      statements: readFileSync(join(folder, name), 'utf8').split('--> statement-breakpoint'),
    }))
}

/**
 * Applies the migrations that a database has not seen, each in one atomic batch with its entry in the books. The books
 * are those of `wrangler d1 migrations`, so that both may be used on the same data.
 */
export async function migrate(db: MigratedDatabase, kind: 'catalogue' | 'users'): Promise<void> {
  await db.prepare(BOOKS).run()
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  const applied = new Set(results.map((row) => row.name))
  for (const { name, statements } of readMigrations(kind)) {
    if (applied.has(name)) continue
    await db.batch([
      ...statements.map((statement) => db.prepare(statement)),
      db.prepare('INSERT INTO d1_migrations (name) VALUES (?1)').bind(name),
    ])
  }
}
