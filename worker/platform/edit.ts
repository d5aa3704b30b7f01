/** One leaf that differs between two versions of a definition. */
export interface Change {
  /** Dotted, such as `limits.perUser.day`. */
  path: string
  before: unknown
  after: unknown
}

/** What differs between two JSON values, leaf by leaf. Lists count as leaves; an object that is absent is an empty one. */
export function changesBetween(before: unknown, after: unknown, path = ''): Change[] {
  if (isObject(before) ? isObject(after ?? {}) : isObject(after) && isObject(before ?? {})) {
    const [one, other] = [before ?? {}, after ?? {}] as [Record<string, unknown>, Record<string, unknown>]
    const names = new Set([...Object.keys(one), ...Object.keys(other)])
    return [...names].flatMap((name) =>
      changesBetween(one[name], other[name], path === '' ? name : `${path}.${name}`),
    )
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }]
}

/** Whether a limit was raised: to a larger number, or to unlimited. */
export function isRaised(change: Change): boolean {
  if (change.after === undefined || change.after === null) return true
  return typeof change.before === 'number' && typeof change.after === 'number' && change.after > change.before
}

/** No definition nests deeper; what does is replaced as it is, for its schema to refuse. */
const DEEPEST = 16

/**
 * Applies a patch: what it names replaces, null removes, what it leaves out stays (RFC 7396). Members in `whole` are
 * replaced as a whole, because merging two kinds of a thing gives neither.
 */
export function mergePatch(
  target: Record<string, unknown>,
  patch: Record<string, unknown>,
  whole: readonly string[] = [],
  depth = 1,
): Record<string, unknown> {
  // A map, because assigning to a member named `__proto__` would change what the object is.
  const merged = new Map(Object.entries(target))
  for (const [name, value] of Object.entries(patch)) {
    const before = merged.get(name)
    if (value === null) merged.delete(name)
    else if (isObject(value) && !whole.includes(name) && depth < DEEPEST) {
      merged.set(name, mergePatch(isObject(before) ? before : {}, value, [], depth + 1))
    } else merged.set(name, value)
  }
  return Object.fromEntries(merged)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
