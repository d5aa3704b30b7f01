/** One line of the budget table: a piece of work against a bare baseline. A row is a file in `rows/`. */
export interface Row {
  /** Its number in the table, or a short name. */
  row: number | string
  title: string
  /** What the rates count, as in `events/s`. */
  unit: string
  /** The least ratio of measured to baseline. */
  atLeast: number
  /** How many rounds of both sides count (default 7); one more goes before them to warm up. */
  rounds?: number
  /** Starts both sides. Answers a text instead when the row cannot be measured here: why. */
  prepare(): Promise<Sides | string>
}

export interface Sides {
  /** Does the work once and answers the rate, in units a second. */
  baseline(): Promise<number>
  measured(): Promise<number>
  stop(): Promise<void>
}

/** What `bench/results.json` holds for each row. */
export interface Result {
  row: number | string
  baseline: number
  measured: number
  ratio: number
  atLeast: number
}
