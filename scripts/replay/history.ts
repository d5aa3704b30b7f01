import { rowMapper } from '../import/mapping.ts'
import { readRows } from '../import/rows.ts'
import { UsageError } from '../import/usage-error.ts'

/** One purchase of a history. */
export interface Purchase {
  id: string
  /** The calendar day, `1997-01-31`. */
  day: string
  userId: string
  amount: number
}

/** Which columns of the file are the customer, the day and the amount. */
export interface Columns {
  user: string
  time: string
  amount: string
}

/** The purchases of a file in the order of their days; those of one day stay in the file's order. */
export async function readHistory(file: string, { user, time, amount }: Columns): Promise<Purchase[]> {
  const history: Purchase[] = []
  const mapping = {
    user,
    time,
    name: { always: 'Charged' },
    properties: [{ name: 'Amount', column: amount, type: 'number' as const }],
    zone: 'UTC',
  }
  let map: ReturnType<typeof rowMapper> | undefined
  for await (const row of readRows(file)) {
    if (map === undefined) {
      map = rowMapper(row.cells, mapping)
      continue
    }
    const mapped = map(row)
    if ('problem' in mapped) throw new UsageError(`Line ${row.line}: ${mapped.problem.message}`)
    const { id, userId, timestamp, properties } = mapped.event
    const value = properties['Amount']
    if (typeof value !== 'number') throw new UsageError(`Line ${row.line}: column "${amount}" is empty`)
    history.push({ id, userId, day: timestamp.slice(0, 10), amount: value })
  }
  // The sort is stable: within a day the order of the file decides.
  return history.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0))
}

/** The part of a history that its first days make, counting only days with purchases. */
export function firstDays(history: Purchase[], days: number): Purchase[] {
  const kept = new Set<string>()
  return history.filter(({ day }) => kept.has(day) || (kept.size < days && kept.add(day)))
}
