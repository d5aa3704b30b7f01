import { Drop, type Token } from 'liquidjs'

/** Why a template cannot be rendered, in words for whoever wrote it. */
export class TemplateFault extends Error {
  /** Where in the template, when it is known better than by the tag or output that was being rendered. */
  readonly token: Token | undefined

  constructor(message: string, token?: Token) {
    super(message)
    this.token = token
  }
}

/** How much one rendering may do. A step is a tag, an output, a variable, an operator or a filter. */
const MOST_STEPS = 10_000
/** The characters and values that steps may handle in all. */
const MOST_WEIGHT = 1_000_000

/**
 * Counts what one rendering does and stops it at its bounds. Counting, and not time: clocks stand still in workerd
 * while a program runs. It stands where liquidjs expects its two limiters, of which it calls one for each node that it
 * renders (`check`) and one for what it makes (`use`).
 */
export class Meter {
  private steps = 0
  private weight = 0

  /** One step more. */
  check(): void {
    this.steps += 1
    if (this.steps > MOST_STEPS) {
      throw new TemplateFault('takes more than 10,000 steps; let it loop over less')
    }
  }

  /** So many characters or values more. */
  use(count: number): void {
    // What is no number is nothing: the range from 1 to a text, for one.
    if (count > 0) this.weight += count
    if (this.weight > MOST_WEIGHT) {
      throw new TemplateFault('handles more than 1,000,000 characters; let it work on less')
    }
  }

  /**
   * All that is in a value: its characters, and one for each value. What occurs twice counts twice, since it is
   * compared, joined and written out twice. Counted while it is walked through, so that walking has the same bound.
   */
  weigh(value: unknown): void {
    this.use(typeof value === 'string' ? value.length + 1 : 1)
    if (typeof value !== 'object' || value === null || value instanceof Drop) return
    if (Array.isArray(value)) {
      for (const inner of value) this.weigh(inner)
      return
    }
    for (const [name, inner] of Object.entries(value)) {
      this.use(name.length)
      this.weigh(inner)
    }
  }
}
