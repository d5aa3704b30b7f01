import type { Rule } from '../segments/ruleContract.ts'

/** How far a run is. All four count users. */
export interface RunProgress {
  /** Taken into the audience so far; final once it has been taken. */
  total: number
  processed: number
  granted: number
  refused: number
}

/** What a run counts; whoever was processed and not granted was refused. */
type RunCounts = Omit<RunProgress, 'refused'>

/** The audience of a run as it was when it was taken, and how far that is. */
export interface RunState extends RunCounts {
  takenMs: number
  /** The account's zone at that time. */
  accountZone: string
  rule: Rule
  /** What the rule names, as it was. */
  segments: [string, Rule][]
  generations: [string, number][]
  /** Up to which event of each user database history counts. */
  lastSeqs: number[]
  /** Where the next page of the audience begins: the database, and after which user. */
  home: number
  afterId: string
  isTaken: boolean
}

/** The one row about a run; in memory as a cache. */
export class RunRow {
  readonly #sql: SqlStorage
  #state: RunState | undefined

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec('CREATE TABLE IF NOT EXISTS run (id INTEGER PRIMARY KEY, state TEXT NOT NULL)')
    const row = sql.exec<{ state: string }>('SELECT state FROM run').toArray()[0]
    this.#state = row === undefined ? undefined : (JSON.parse(row.state) as RunState)
  }

  get state(): RunState | undefined {
    return this.#state
  }

  /** How far the run is; undefined before it has begun. */
  get progress(): RunProgress | undefined {
    if (this.#state === undefined) return undefined
    const { total, processed, granted } = this.#state
    return { total, processed, granted, refused: processed - granted }
  }

  /** Writes the state down: last in its transaction, because what is remembered does not go back with it. */
  save(state: RunState): void {
    this.#sql.exec(
      'INSERT INTO run (id, state) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET state = ?1',
      JSON.stringify(state),
    )
    this.#state = state
  }

  /**
   * Adds to the progress of a run that has begun, and moves its place in the audience on. To what stands by now: while a
   * page was under way somebody may have been erased.
   */
  add(
    { total = 0, processed = 0, granted = 0 }: Partial<RunCounts>,
    place?: Pick<RunState, 'home' | 'afterId' | 'isTaken'>,
  ): void {
    const state = this.#state
    if (state === undefined) return
    this.save({
      ...state,
      ...place,
      total: state.total + total,
      processed: state.processed + processed,
      granted: state.granted + granted,
    })
  }
}
