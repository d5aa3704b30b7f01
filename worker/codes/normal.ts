import { foldText } from '../platform/text.ts'

/** The longest code, in characters (code points). */
export const MAX_CODE_LENGTH = 100

/** Blanks of every script and the invisible marks that come along when a code is copied from a page or a chat. */
const EDGE = /^[\p{White_Space}\p{Cf}]$/u
/** Control characters, line breaks, halves of a surrogate pair, and what would end a column in some spreadsheet. */
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs},;"]/u
/** What nearly every code looks like; it needs none of the care below. */
const PLAIN = /^[A-Za-z0-9_-]*$/

/** A code as it is shown: as it was written, without the blanks around it. */
export function trimCode(text: string): string {
  if (PLAIN.test(text)) return text
  // Stepwise and not by a pattern: one that looks for blanks before the end takes quadratic time on a line of blanks.
  let start = 0
  let end = text.length
  while (start < end && EDGE.test(pointAt(text, start))) start += pointAt(text, start).length
  while (end > start && EDGE.test(pointBefore(text, end))) end -= pointBefore(text, end).length
  return text.slice(start, end)
}

function pointAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0)
}

function pointBefore(text: string, end: number): string {
  const pair = end >= 2 ? pointAt(text, end - 2) : ''
  return pair.length === 2 ? pair : text.slice(end - 1, end)
}

/**
 * The form in which codes are stored for look-up and compared: `CODE40`, ` code40 ` and `ｃｏｄｅ４０` are one code, and so
 * are a composed and a decomposed `ü`, a ligature and its letters (NFKC, then folded). Normalising twice changes nothing.
 */
export function normalCode(text: string): string {
  return PLAIN.test(text) ? text.toUpperCase() : trimCode(foldCode(trimCode(text)))
}

/** {@link normalCode} of a piece of a code, whose blanks at the edges lie inside the whole and stay. */
export function foldCode(text: string): string {
  return foldText(text.normalize('NFKC')).normalize('NFKC')
}

/**
 * Whether a text can be a code: 1 to 100 characters once the blanks around it are gone, without control characters,
 * line breaks, commas, semicolons and double quotes (in any width), so that every code survives a CSV file.
 */
export function isCode(text: string): boolean {
  const code = trimCode(text)
  const length = lengthOf(code)
  if (length < 1 || length > MAX_CODE_LENGTH) return false
  return (
    PLAIN.test(code) || !(FORBIDDEN.test(code) || FORBIDDEN.test(normalCode(code)) || normalCode(code) === '')
  )
}

/** The length of a text in characters (code points), counted no further than needed to know that it is too long. */
export function lengthOf(text: string): number {
  if (text.length > 2 * MAX_CODE_LENGTH) return text.length
  return PLAIN.test(text) ? text.length : Array.from(text).length
}
