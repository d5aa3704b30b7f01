import { statSync } from 'node:fs'
import { SingleBar } from 'cli-progress'
import { type ImportOptions, importOptions, USAGE } from './import/options.ts'
import { ProblemsFile } from './import/problems-file.ts'
import { importFile, type Summary } from './import/run.ts'
import { greet, SendError } from './import/sender.ts'
import { UsageError } from './import/usage-error.ts'

/** `npm run import-events`: history from a file into the service. Ends with 1 if any line was not taken, 2 on wrong use. */
async function main(args: string[]): Promise<number> {
  const options = importOptions(args)
  if (options === 'help') {
    console.log(USAGE)
    return 0
  }
  const size = fileSize(options.file)
  await greet(options.url)
  const problems = new ProblemsFile(options.errors)
  const abort = new AbortController()
  process.once('SIGINT', () => abort.abort())
  process.once('SIGTERM', () => abort.abort())
  const bar = new SingleBar({
    format: '{bar} {percentage} % of {size}, {rows} lines not taken, {eta_formatted} left',
    hideCursor: true,
    etaBuffer: 100,
    gracefulExit: false,
  })
  const onBytes = (bytes: number) => bar.update(Math.min(bytes, size), { rows: problems.count })
  bar.start(size, 0, { size: megabytes(size), rows: 0 })
  let summary: Summary
  try {
    const watch = {
      onBytes,
      onProblem: (problem: Parameters<ProblemsFile['add']>[0]) => problems.add(problem),
    }
    summary = await importFile(options, { ...watch, signal: abort.signal })
  } finally {
    bar.stop()
    await problems.close()
  }
  report(options, summary)
  return summary.rejected > 0 || summary.failure !== undefined ? 1 : 0
}

function report({ file, errors }: ImportOptions, summary: Summary): void {
  const n = (value: number) => value.toLocaleString('en')
  const { sent, accepted, duplicates, rejected, seconds, failure } = summary
  const rate = Math.round(sent / Math.max(seconds, 0.001))
  console.log(
    `${file}: ${n(sent)} sent, ${n(accepted)} accepted, ${n(duplicates)} duplicates, ${n(rejected)} rejected ` +
      `in ${seconds.toFixed(1)} s (${n(rate)} events/s)`,
  )
  if (rejected > 0) console.log(`Lines not taken, with reasons: ${errors}`)
  if (failure !== undefined) {
    console.error(
      `The import is not complete: ${failure}.\nRun it again to go on; what has arrived is not added twice.`,
    )
  }
}

function fileSize(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) throw new UsageError(`There is no file ${path}.`)
  if (!stats.isFile()) throw new UsageError(`${path} is not a file.`)
  return stats.size
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (error instanceof SendError) {
    console.error(error.message)
    process.exitCode = 1
  } else if (error instanceof UsageError) {
    console.error(`${error.message}\n\nFor help: npm run import-events -- --help`)
    process.exitCode = 2
  } else throw error
}
