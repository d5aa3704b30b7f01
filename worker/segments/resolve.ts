import type { Env } from '../env.ts'
import { type Issue, invalid, type Refusal, refuse } from '../platform/problem.ts'
import type { Named } from './core.ts'
import { type Naming, namesIn } from './names.ts'
import type { Rule } from './ruleContract.ts'

/** How many segments may name each other in a row. */
export const MAX_NESTING = 8

/** Through segments a rule may name thousands; whoever mends it needs the first few. */
const ISSUES_NAMED = 50

/**
 * Looks up all segments and lists that a rule names, itself or through segments: one hop a level of nesting.
 *
 * Refuses, each at the path where the rule reaches it: a segment or list that does not exist, more than
 * {@link MAX_NESTING} segments in each other (`invalid`), segments that name each other in a circle
 * (`segment_cycle`).
 *
 * @param path where the rule stands in the body, dotted; empty when the rule is the body itself
 */
export function resolveNames(env: Env, rule: Rule, path: string): Promise<Named | Refusal> {
  return follow(env, rule, path, new Map(), MAX_NESTING)
}

/**
 * Looks up what the rule of a segment names, as {@link resolveNames} does, before that rule is saved.
 *
 * @param saved the segment that is changed, and how many others in a row lead to it; absent for a new one
 */
export function resolveSegment(
  env: Env,
  rule: Rule,
  path: string,
  saved?: { id: string; above: number },
): Promise<Named | Refusal> {
  // The segment counts as what it will be, so that a rule which leads back to it is seen to be a circle.
  const known = new Map(saved === undefined ? [] : [[saved.id, rule] as const])
  return follow(env, rule, path, known, MAX_NESTING - 1 - (saved?.above ?? 0))
}

/** A name on the way down. */
interface Reached extends Naming {
  /** The segment whose rule it stands in, where that is not the rule asked about. */
  through?: string
}

async function follow(
  env: Env,
  rule: Rule,
  path: string,
  segments: Map<string, Rule>,
  deepest: number,
): Promise<Named | Refusal> {
  const generations = new Map<string, number>()
  const own = namesIn(rule).map((naming) => ({ ...naming, path: below(path, naming.path) }))
  let reached: Reached[] = own
  for (let level = 1; ; level++) {
    const unknown = reached.filter(({ kind, id }) => !(kind === 'list' ? generations : segments).has(id))
    const deeper = unknown.filter(({ kind }) => kind === 'segment')
    // Not at `deepest`: a circle leads deeper, and is to be seen as what it is.
    if (deeper.length > 0 && level > MAX_NESTING) return tooDeep(deeper, deepest)
    if (unknown.length === 0) break
    const found = await load(env, unknown)
    for (const [id, generation] of found.generations) generations.set(id, generation)
    for (const [id, foundRule] of found.segments) segments.set(id, foundRule)
    const missing = unknown.filter(({ kind, id }) => !(kind === 'list' ? generations : segments).has(id))
    if (missing.length > 0) return invalid(missing.slice(0, ISSUES_NAMED).map(missingIssue))
    // Whatever a segment names is reached where the rule names the first segment on the way to it.
    const paths = new Map(deeper.toReversed().map((naming) => [naming.id, naming.path]))
    reached = [...found.segments].flatMap(([through, foundRule]) =>
      namesIn(foundRule).map((naming) => ({ ...naming, path: paths.get(through) ?? path, through })),
    )
  }
  return nestingFault(own, segments, deepest) ?? { segments, generations }
}

/** Segments and lists by their ids, whichever exist. */
async function load(env: Env, namings: Naming[]) {
  const idsOf = (kind: Naming['kind']) =>
    JSON.stringify([...new Set(namings.filter((naming) => naming.kind === kind).map(({ id }) => id))])
  const [segments, lists] = await env.DB.batch<{ id: string; rule: string; generation: number }>([
    env.DB.prepare('SELECT id, rule FROM segments WHERE id IN (SELECT value FROM json_each(?1))').bind(
      idsOf('segment'),
    ),
    env.DB.prepare('SELECT id, generation FROM lists WHERE id IN (SELECT value FROM json_each(?1))').bind(
      idsOf('list'),
    ),
  ])
  return {
    segments: new Map(segments?.results.map(({ id, rule }) => [id, JSON.parse(rule) as Rule])),
    generations: new Map(lists?.results.map(({ id, generation }) => [id, generation])),
  }
}

function nestingFault(
  own: Naming[],
  segments: ReadonlyMap<string, Rule>,
  deepest: number,
): Refusal | undefined {
  const heights = new Map<string, number>()
  const named = own.filter(({ kind }) => kind === 'segment')
  for (const { id, path } of named) {
    if (heightOf(id, segments, heights) !== Number.POSITIVE_INFINITY) continue
    const message = `the segment ${id} leads back to a segment on the way to it`
    return refuse('segment_cycle', `${path}: ${message}.`, { issues: [{ path, message }] })
  }
  const deep = named.filter(({ id }) => heightOf(id, segments, heights) > deepest)
  return deep.length > 0 ? tooDeep(deep, deepest) : undefined
}

/** How many segments stand in a row from this one down; infinite when they go round in a circle. */
function heightOf(id: string, segments: ReadonlyMap<string, Rule>, heights: Map<string, number>): number {
  const known = heights.get(id)
  if (known !== undefined) return known
  const rule = segments.get(id)
  if (rule === undefined) return 0
  // As long as this one is open, whoever comes by it again has gone round.
  heights.set(id, Number.POSITIVE_INFINITY)
  let height = 1
  for (const naming of namesIn(rule)) {
    if (naming.kind === 'segment') height = Math.max(height, 1 + heightOf(naming.id, segments, heights))
  }
  heights.set(id, height)
  return height
}

function missingIssue({ kind, id, path, through }: Reached): Issue {
  const by = through === undefined ? '' : `, which the segment ${through} names`
  return { path, message: `there is no ${kind} ${id}${by}` }
}

function tooDeep(namings: Naming[], deepest: number): Refusal {
  const message =
    deepest < MAX_NESTING
      ? `would make more than ${MAX_NESTING} segments that name each other in a row`
      : `leads through more than ${MAX_NESTING} segments in a row`
  return invalid(namings.slice(0, ISSUES_NAMED).map(({ path }) => ({ path, message })))
}

function below(path: string, inner: string): string {
  return path === '' ? inner : `${path}.${inner}`
}
