import type { Rule, RuleNode } from './ruleContract.ts'

/** What a rule names, and where. */
export interface Naming {
  kind: 'segment' | 'list'
  id: string
  /** Dotted, within the rule. */
  path: string
}

/** The segments and lists that a rule names itself. */
export function namesIn(rule: Rule): Naming[] {
  const { same: _, ...node } = rule
  return namesInNode(node as RuleNode, '')
}

function namesInNode(node: RuleNode, path: string): Naming[] {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`)
  if ('all' in node) return node.all.flatMap((part, index) => namesInNode(part, at(`all.${index}`)))
  if ('any' in node) return node.any.flatMap((part, index) => namesInNode(part, at(`any.${index}`)))
  if ('not' in node) return namesInNode(node.not, at('not'))
  if ('segment' in node) return [{ kind: 'segment', id: node.segment, path: at('segment') }]
  if ('list' in node) return [{ kind: 'list', id: node.list, path: at('list') }]
  return []
}
