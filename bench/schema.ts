import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The statements of the product's own migrations that make one table and its indexes, so that a baseline writes into
 * the very same table. `folder` is `catalogue` or `users`.
 */
export function tableStatements(folder: string, table: string): string[] {
  const root = join(import.meta.dirname, '..', 'migrations', folder)
  const named = new RegExp(
    `^(CREATE TABLE|CREATE (UNIQUE )?INDEX .* ON|ALTER TABLE)\\s+[\`"]?${table}[\`"]?[\\s(]`,
    'is',
  )
  const statements = readdirSync(root)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8').split(/;\s*(?:--> statement-breakpoint)?\s*(?:\n|$)/),
    )
    .map((statement) => statement.replace(/^\s*--.*$/gm, '').trim())
    .filter((statement) => named.test(statement))
  if (statements.length === 0) throw new Error(`No migration in ${root} makes the table ${table}`)
  return statements
}
