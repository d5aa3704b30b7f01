import { importFile } from '../../scripts/import/run.ts'
import { KEY } from '../product.ts'
import type { Row } from '../row.ts'
import { eventsInBatches, startWithTwenty } from './1-events-in-batches.ts'

const FILE = process.env['BOON_CDNOW']

/** The import of a real history against the rate of row 1. The data is not part of the project. */
export const row: Row = {
  row: 'import',
  title: 'the purchases of cdnow.txt through the importer, against what row 1 measures',
  unit: 'events',
  atLeast: 0.5,
  rounds: 3,
  async prepare() {
    if (FILE === undefined) return 'BOON_CDNOW does not say where the file is'
    const product = await startWithTwenty()
    return {
      baseline: () => eventsInBatches(product),
      measured: () => importInto(FILE),
      stop: () => product.stop(),
    }
  },
}

/** Each round imports into a product of its own: in one that has the events they would only be duplicates. */
async function importInto(file: string): Promise<number> {
  const { url, stop } = await startWithTwenty()
  try {
    const mapping = {
      user: 'customer_id',
      time: 'date',
      name: { always: 'Charged' },
      properties: [
        { name: 'Amount', column: 'dollar_value', type: 'number' as const },
        { name: 'Quantity', column: 'number_of_cds', type: 'number' as const },
      ],
      zone: 'UTC',
    }
    const onProblem = ({ line, message }: { line: number; message: string }) => {
      throw new Error(`Line ${line}: ${message}`)
    }
    const summary = await importFile({ file, mapping, url, key: KEY, concurrency: 2 }, { onProblem })
    if (summary.failure !== undefined || summary.accepted !== summary.sent) {
      throw new Error(`The import failed: ${JSON.stringify(summary)}`)
    }
    return summary.sent / summary.seconds
  } finally {
    await stop()
  }
}
