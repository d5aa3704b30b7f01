/** What a lane answers when more waits than it takes on: the caller should come back later. */
export class LaneOverload extends Error {
  override readonly name = 'LaneOverload'
}

/** How a lane forms its batches. */
export interface LaneOptions<Item> {
  /** How much one batch takes; an item that is heavier alone makes a batch of its own. */
  maxBatchWeight: number
  /** How much may wait before {@link LaneOverload}. */
  maxWaitingWeight: number
  /** The weight of an item; 1 by default. */
  weightOf?: (item: Item) => number
  /** Whether a batch waits for callers that come back one by one after they were answered together. */
  lingers?: boolean
}

/**
 * Callers that were answered together come back one after the other. While batches are large, a lane that lingers waits
 * for the rest of them, tick by tick as long as each brings somebody; while it is quiet, nobody waits.
 */
const TICK_MS = 2
const MAX_TICKS = 10

/** Cuts the answers to a batch into those of each of its items, which asked for so many each. */
export function dealOut<T>(answers: T[], sizes: number[]): T[][] {
  let offset = 0
  return sizes.map((size) => {
    offset += size
    return answers.slice(offset - size, offset)
  })
}

interface Waiting<Item, Result> {
  item: Item
  weight: number
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/**
 * Commits in groups. What arrives while one batch is in flight, or in the same turn of the event loop, becomes the
 * next batch; each caller gets the answer to its own item. Order is kept. When a batch fails as a whole, its items
 * are tried one by one, so that a bad item fails alone; `apply` must therefore bear being called again.
 */
export class Lane<Item, Result> {
  readonly #apply: (items: Item[]) => Promise<Result[]> | Result[]
  readonly #options: LaneOptions<Item>
  readonly #waiting: Waiting<Item, Result>[] = []
  #waitingWeight = 0
  #running = false
  /** How large batches are just now: it rises at once and falls by half a batch. */
  #pace = 1

  constructor(apply: (items: Item[]) => Promise<Result[]> | Result[], options: LaneOptions<Item>) {
    this.#apply = apply
    this.#options = options
  }

  /** Adds one item and answers with its result. Throws {@link LaneOverload} when too much waits already. */
  run(item: Item): Promise<Result> {
    const weight = this.#options.weightOf?.(item) ?? 1
    if (this.#waiting.length > 0 && this.#waitingWeight + weight > this.#options.maxWaitingWeight) {
      return Promise.reject(new LaneOverload('Too much is waiting'))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, weight, resolve, reject })
      this.#waitingWeight += weight
      if (!this.#running) {
        this.#running = true
        // A microtask later, so that everything of this turn joins the first batch.
        queueMicrotask(() => void this.#drain())
      }
    })
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      if (this.#options.lingers === true && this.#pace >= 2) await this.#linger()
      const batch = this.#nextBatch()
      this.#pace = Math.max(batch.length, this.#pace / 2)
      await this.#settle(batch)
    }
    this.#running = false
  }

  /** Waits as long as callers keep coming. */
  async #linger(): Promise<void> {
    for (let tick = 0; tick < MAX_TICKS; tick++) {
      const before = this.#waiting.length
      await new Promise((done) => setTimeout(done, TICK_MS))
      if (this.#waiting.length === before) return
    }
  }

  #nextBatch(): Waiting<Item, Result>[] {
    let weight = 0
    let count = 0
    for (const { weight: next } of this.#waiting) {
      if (count > 0 && weight + next > this.#options.maxBatchWeight) break
      weight += next
      count++
    }
    this.#waitingWeight -= weight
    return this.#waiting.splice(0, count)
  }

  async #settle(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#apply(batch.map((entry) => entry.item))
      if (results.length !== batch.length) throw new Error('A lane must answer each of its items')
      batch.forEach((entry, index) => {
        entry.resolve(results[index] as Result)
      })
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error)
      else for (const entry of batch) await this.#settle([entry])
    }
  }
}
