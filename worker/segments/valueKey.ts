import { foldText } from '../platform/text.ts'

/**
 * A value as a key, by which values are one or are not: texts without regard to case, and told apart from numbers and
 * truth values. Undefined for what does not compare: nothing, lists and objects.
 */
export function keyOf(value: unknown): string | undefined {
  if (typeof value === 'string') return JSON.stringify(foldText(value))
  return typeof value === 'number' || typeof value === 'boolean' ? JSON.stringify(value) : undefined
}

/** A key taken apart as SQL tells values apart: the kind (`text`, `real`, `true`, `false`) and the value. */
export function partsOfKey(key: string): [kind: string, value: string | number] | [kind: null, value: null] {
  if (key === '') return [null, null]
  const value = JSON.parse(key) as string | number | boolean
  if (typeof value === 'string') return ['text', value]
  return typeof value === 'number' ? ['real', value] : [String(value), Number(value)]
}
