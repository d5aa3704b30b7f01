import type { Env } from '../env.ts'
import { type Issue, Refusal } from '../platform/problem.ts'
import { type Core, toCore } from '../segments/core.ts'
import { resolveNames } from '../segments/resolve.ts'
import type { Rule, RuleNode } from '../segments/ruleContract.ts'
import type { Audience } from './contract.ts'

/** The rule that an audience comes to. */
export function ruleOf({ segmentId, listId, rule }: Audience): Rule {
  if (segmentId !== undefined) return { segment: segmentId }
  if (listId !== undefined) return { list: listId }
  if (rule === undefined) throw new Error('An audience holds a segment, a list or a rule')
  return rule
}

/** An audience ready to be asked about, or what it names that is not there, by the path in the campaign. */
export async function audienceCore(env: Env, audience: Audience): Promise<Core | Issue[]> {
  const rule = ruleOf(audience)
  const named = await resolveNames(env, rule, audience.rule === undefined ? 'audience' : 'audience.rule')
  if (!(named instanceof Refusal))
    return toCore(rule, named, audience.rule === undefined ? 'audience' : 'audience.rule')
  const issues = named.extras.issues ?? [{ path: 'audience', message: named.detail }]
  // A segment or list that is named directly is a part of no rule.
  return issues.map(({ path, message }) => ({
    path: audience.rule === undefined ? path.replace(/^audience\.(segment|list)$/, 'audience.$1Id') : path,
    message,
  }))
}

/**
 * Many audiences at once, with one look at what they all name. What names something that is not there is null: nobody
 * belongs to it.
 */
export async function audienceCores(env: Env, audiences: readonly Audience[]): Promise<(Core | null)[]> {
  const rules = audiences.map(ruleOf)
  if (rules.length === 0) return []
  const named = await resolveNames(env, { any: rules.map(({ same: _, ...node }) => node as RuleNode) }, '')
  if (!(named instanceof Refusal)) return rules.map((rule) => toCore(rule, named))
  const cores = await Promise.all(audiences.map((audience) => audienceCore(env, audience)))
  return cores.map((core) => (Array.isArray(core) ? null : core))
}
