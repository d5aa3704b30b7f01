import { parseArgs } from 'node:util'
import { SingleBar } from 'cli-progress'
import { UsageError } from './import/usage-error.ts'
import { startProduct } from './product.ts'
import { firstDays, readHistory } from './replay/history.ts'
import type { Rules } from './replay/naive.ts'
import { replay } from './replay/replay.ts'

const USAGE = `Usage: npm run replay -- FILE [--days N] [--user COLUMN] [--time COLUMN] [--amount COLUMN]

Plays the purchases of a file, day by day, through a campaign of a Boon of its own, and compares
every decision with a naive program. The columns default to customer_id, date and dollar_value.`

/** 7 points for a purchase of 20 or more, with every kind of limit that a purchase history meets. */
const RULES: Rules = {
  minimum: 20,
  value: 7,
  perUser: { day: 1, month: 2, total: 5 },
  perCampaign: { day: 60 },
  budget: 20_000,
}
const SHOWN = 5

async function main(args: string[]): Promise<number> {
  const { file, days, columns } = options(args)
  const history = firstDays(await readHistory(file, columns), days)
  const product = await startProduct()
  const bar = new SingleBar({ format: '{bar} {value}/{total} purchases, {day}', hideCursor: true })
  try {
    bar.start(history.length, 0, { day: '' })
    const begun = performance.now()
    const { events, naive, differences } = await replay(history, product, RULES, (day, done) =>
      bar.update(done, { day }),
    )
    bar.stop()
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    for (const difference of differences.slice(0, SHOWN)) console.error(`  ${difference}`)
    console.log(
      `${events} purchases in ${seconds} s: ${naive.granted} grants, ${naive.sum} of ${RULES.budget} points; ` +
        (differences.length === 0 ? 'every decision as expected' : `${differences.length} differences`),
    )
    return differences.length === 0 ? 0 : 1
  } finally {
    bar.stop()
    await product.stop()
  }
}

function options(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        days: { type: 'string', default: 'Infinity' },
        user: { type: 'string', default: 'customer_id' },
        time: { type: 'string', default: 'date' },
        amount: { type: 'string', default: 'dollar_value' },
      },
    })
    const [file] = positionals
    const days = Number(values.days)
    if (file === undefined || positionals.length > 1) throw new UsageError('Give one file.')
    if (!(days >= 1)) throw new UsageError('--days is a number from 1.')
    return { file, days, columns: values }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\n\n${USAGE}`)
  process.exitCode = 2
}
