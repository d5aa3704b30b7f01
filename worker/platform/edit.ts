/** One leaf that differs between two versions of a definition. */
export interface Change {
  /** Dotted, such as `limits.perUser.day`. */
  path: string
  before: unknown
  after: unknown
}

/** What differs between two JSON values, leaf by leaf. Lists count as leaves. */
export function changesBetween(before: unknown, after: unknown, path = ''): Change[] {
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...names].flatMap((name) =>
      changesBetween(before[name], after[name], path === '' ? name : `${path}.${name}`),
    )
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }]
}

/** Whether a limit was raised: to a larger number, or to unlimited. */
export function isRaised(change: Change): boolean {
  if (change.after === undefined || change.after === null) return true
  return typeof change.before === 'number' && typeof change.after === 'number' && change.after > change.before
}

/**
 * Applies a patch: what it names replaces, null removes, what it leaves out stays (RFC 7396). Members in `whole` are
 * replaced as a whole, because merging two kinds of a thing gives neither.
 */
export function mergePatch(
  target: Record<string, unknown>,
  patch: Record<string, unknown>,
  whole: readonly string[] = [],
): Record<string, unknown> {
  const merged = { ...target }
  for (const [name, value] of Object.entries(patch)) {
    const before = merged[name]
    if (value === null) delete merged[name]
    else if (isObject(value) && !whole.includes(name)) {
      merged[name] = mergePatch(isObject(before) ? before : {}, value)
    } else merged[name] = value
  }
  return merged
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
