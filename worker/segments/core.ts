import type { Condition } from './conditionContract.ts'
import type { Compare, Did, Interest, Rule, RuleNode, Within } from './ruleContract.ts'

/** Where a part stands in the rule as written, dotted: `all.0.did`. Empty for a rule that is named from elsewhere. */
type Place = { path: string }

/** How often, or what a property came to, and what that must be. */
export type Measure =
  | { of: 'times'; compare: Compare }
  | { of: 'sum' | 'average'; property: string; compare: Compare }

/** Somebody did something, so often or so much, in a stretch of time. All measures must hold. */
export type DidLeaf = Place & {
  kind: 'did'
  event: string
  where: Condition[]
  measures: Measure[]
  within: Within | undefined
}

/** A value is somebody's most frequent one among the values of a property, or has at least a share of their events. */
export type InterestLeaf = Place & {
  kind: 'interest'
  event: string
  where: Condition[]
  property: string
  value: string | number | boolean
  share: 'most' | number
  within: Within | undefined
}

/** A user property, or a built-in one. */
export type UserLeaf = Place & { kind: 'user'; condition: Condition }

/** Somebody is on a list, as it was uploaded last. */
export type ListLeaf = Place & { kind: 'list'; listId: string; generation: number }

/** What a rule asks of users, one thing at a time. */
export type Leaf = DidLeaf | InterestLeaf | UserLeaf | ListLeaf

/**
 * The small core that every rule is rewritten to: groups, negation, four leaves, and `same`, within which everything
 * done is held to one common value of a property.
 */
export type Core =
  | { kind: 'all'; of: Core[] }
  | { kind: 'any'; of: Core[] }
  | { kind: 'not'; of: Core }
  | { kind: 'same'; property: string; of: Core }
  | Leaf

/** What a rule names: the rules of segments, and which upload of each list counts. */
export interface Named {
  segments: ReadonlyMap<string, Rule>
  generations: ReadonlyMap<string, number>
}

/**
 * Rewrites a rule to the core: `didNot` is the negation of `did`, a count is at least one unless something is said, a
 * segment is what its own rule says. What a rule names must exist and name no circle, see `names.ts`.
 */
export function toCore(rule: Rule, named: Named, path = ''): Core {
  const { same, ...node } = rule
  const core = nodeToCore(node as RuleNode, named, path)
  return same === undefined ? core : { kind: 'same', property: same, of: core }
}

function nodeToCore(node: RuleNode, named: Named, path: string): Core {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`)
  if ('all' in node || 'any' in node) {
    const [kind, parts] = 'all' in node ? (['all', node.all] as const) : (['any', node.any] as const)
    return { kind, of: parts.map((part, index) => nodeToCore(part, named, at(`${kind}.${index}`))) }
  }
  if ('not' in node) return { kind: 'not', of: nodeToCore(node.not, named, at('not')) }
  if ('did' in node) return didToCore(node.did, at('did'))
  if ('didNot' in node) return { kind: 'not', of: didToCore(node.didNot, at('didNot')) }
  if ('user' in node) return { kind: 'user', condition: node.user, path: at('user') }
  if ('interest' in node) return interestToCore(node.interest, at('interest'))
  if ('list' in node) {
    const generation = named.generations.get(node.list)
    if (generation === undefined) throw new Error(`The list ${node.list} was not looked up`)
    return { kind: 'list', listId: node.list, generation, path: at('list') }
  }
  const rule = named.segments.get(node.segment)
  if (rule === undefined) throw new Error(`The segment ${node.segment} was not looked up`)
  return toCore(rule, named, at('segment'))
}

function didToCore({ event, where = [], times, sum, average, within }: Did, path: string): DidLeaf {
  const measures: Measure[] = []
  if (times !== undefined) measures.push({ of: 'times', compare: times })
  for (const [of, measure] of [
    ['sum', sum],
    ['average', average],
  ] as const) {
    if (measure === undefined) continue
    const { property, ...compare } = measure
    measures.push({ of, property, compare })
  }
  if (measures.length === 0) measures.push({ of: 'times', compare: { op: 'gte', value: 1 } })
  return { kind: 'did', event, where, measures, within, path }
}

function interestToCore(interest: Interest, path: string): InterestLeaf {
  const { event, where = [], property, value, share = 'most', within } = interest
  return { kind: 'interest', event, where, property, value, share, within, path }
}

/** How deep the SQL of a leaf may be, its conditions apart, and what a `same` adds to what it holds; both as measured. */
const LEAF_DEPTH = 66
const SAME_DEPTH = 24

/** How deep the SQL of a rule may be at most: segments within segments go far beyond the depth of any one rule. */
export function depthOf(core: Core): number {
  switch (core.kind) {
    case 'all':
    case 'any':
      return 1 + Math.ceil(Math.log2(core.of.length)) + Math.max(...core.of.map(depthOf))
    case 'not':
      return 1 + depthOf(core.of)
    case 'same':
      return SAME_DEPTH + depthOf(core.of)
    default:
      return LEAF_DEPTH + ('where' in core ? Math.ceil(Math.log2(core.where.length + 1)) : 0)
  }
}
