/**
 * The values of one statement. They travel as one JSON parameter, `?1`, because a rule may name more of them than D1
 * binds, and nothing of a rule is ever written into the text of a statement.
 */
export class SqlValues {
  readonly #values: unknown[] = []
  readonly #known = new Map<unknown, string>()

  /** The expression that stands for a text, a number or null. SQLite works it out once a statement. */
  one(value: string | number | null): string {
    const known = this.#known.get(value)
    if (known !== undefined) return known
    const expression = `(?1->>'${this.#add(value)}')`
    this.#known.set(value, expression)
    return expression
  }

  /** The query of one column that stands for a list. */
  list(values: readonly (string | number)[]): string {
    return `(SELECT value FROM json_each(?1,'${this.#add(values)}'))`
  }

  /** What to bind as `?1`. */
  get json(): string {
    return JSON.stringify(this.#values)
  }

  /** What to bind where nothing else is bound: `?1`, unless no value is named at all. */
  get bound(): string[] {
    return this.#values.length === 0 ? [] : [this.json]
  }

  #add(value: unknown): string {
    this.#values.push(value)
    return `$[${this.#values.length - 1}]`
  }
}

/**
 * Joins conditions as a balanced tree: SQLite counts how deep an expression is, and a chain is as deep as it is long.
 * None at all is true for AND and false for OR.
 */
export function joined(terms: readonly string[], operator: 'AND' | 'OR'): string {
  const [first] = terms
  if (first === undefined) return operator === 'AND' ? '1' : '0'
  if (terms.length === 1) return first
  const middle = Math.ceil(terms.length / 2)
  const half = (part: readonly string[]) => joined(part, operator)
  return `(${half(terms.slice(0, middle))} ${operator} ${half(terms.slice(middle))})`
}
