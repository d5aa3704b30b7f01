import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { measure, type Rates } from './rounds.ts'
import type { Result, Row } from './row.ts'

/**
 * `npm run bench [-- ROW …]`: measures the rows of the budget table, all or those named, prints each and writes
 * `bench/results.json`. Ends with 1 if a row falls short of what it must reach.
 */
async function main(wanted: string[]): Promise<number> {
  const results: Result[] = []
  for (const row of await loadRows()) {
    if (wanted.length > 0 && !wanted.includes(String(row.row))) continue
    console.log(`\nRow ${row.row}: ${row.title}`)
    const sides = await row.prepare()
    if (typeof sides === 'string') {
      console.log(`  left out: ${sides}`)
      continue
    }
    try {
      const { result, baseline, measured } = await measure(row, sides)
      console.log(`  baseline  ${told(baseline, row.unit)}`)
      console.log(`  measured  ${told(measured, row.unit)}`)
      const verdict = result.ratio >= row.atLeast ? 'holds' : 'FALLS SHORT'
      console.log(`  ratio     ${result.ratio.toFixed(2)} of at least ${row.atLeast}: ${verdict}`)
      results.push(result)
    } finally {
      await sides.stop()
    }
  }
  writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
  return results.every(({ ratio, atLeast }) => ratio >= atLeast) ? 0 : 1
}

/** Every file in `rows/` is a row, in the order of the files' names. */
async function loadRows(): Promise<Row[]> {
  const folder = join(import.meta.dirname, 'rows')
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'))
  return Promise.all(
    files.sort().map(async (file) => ((await import(join(folder, file))) as { row: Row }).row),
  )
}

function told({ median, spread }: Rates, unit: string): string {
  const rate = Math.round(median).toLocaleString('en').padStart(8)
  return `${rate} ${unit}/s  (spread ${Math.round(spread * 100)} %)`
}

// Ending by `exit` runs the hooks that take the workerds and their data along; dying of a signal would not.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

process.exitCode = await main(process.argv.slice(2))
