import { foldText } from '../platform/text.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is looked for.
const ASCII = /^[\u0000-\u007f]*$/

/**
 * A copy in which texts are folded (`platform/text.ts`), kept beside values that SQL compares without regard to case:
 * SQLite knows upper case of ASCII only. Texts of ASCII alone stay as they are, so that a time remains one. Null when
 * all are, so that nothing need be kept.
 */
export function foldedCopy(value: Record<string, unknown>): Record<string, unknown> | null {
  return isAscii(value) ? null : (folded(value) as Record<string, unknown>)
}

function isAscii(value: unknown): boolean {
  if (typeof value === 'string') return ASCII.test(value)
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isAscii)
  for (const name in value) if (!isAscii((value as Record<string, unknown>)[name])) return false
  return true
}

function folded(value: unknown): unknown {
  if (typeof value === 'string') return ASCII.test(value) ? value : foldText(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(folded)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, folded(part)]))
}
