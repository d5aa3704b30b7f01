import { foldCode, isCode, lengthOf, MAX_CODE_LENGTH, normalCode, trimCode } from './normal.ts'

/** How generated codes look: `prefix`, then `length` characters drawn from `alphabet`, then `suffix`. */
export type Pattern = { length: number; alphabet: string; prefix: string; suffix: string }

/** A pattern as it is asked for. `alphabet` is one of three names or the characters themselves. */
export type PatternInput = {
  length: number
  alphabet?: string | undefined
  prefix?: string | undefined
  suffix?: string | undefined
}

/** Why a pattern is refused, and which field of it. */
export type PatternProblem = { path: keyof Pattern; message: string }

const DIGITS = '0123456789'
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const ALPHABETS: ReadonlyMap<string, string> = new Map([
  ['numeric', DIGITS],
  ['alphabetic', LETTERS],
  ['alphanumeric', LETTERS + DIGITS],
])
const MAX_ALPHABET = 256

/**
 * Marks, and the few letters (Hangul, Kirat Rai) that merge with what stands before them: two draws would no longer
 * be two characters.
 */
const MERGING = /^[\p{M}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff\u{16d67}]/u

/**
 * Reads a pattern. Without an alphabet it is `alphanumeric`: exactly A–Z and 0–9, look-alikes included, because a
 * marketer who minds them can name the characters.
 * Refused: no length; more than 100 characters in all; characters that cannot be in a code; an alphabet in which two
 * characters are the same once folded, for then two drawn codes could be the same code.
 */
export function readPattern(input: PatternInput): Pattern | PatternProblem {
  const { length, alphabet: named = 'alphanumeric', prefix = '', suffix = '' } = input
  if (!Number.isInteger(length) || length < 1)
    return { path: 'length', message: 'must be a whole number from 1' }
  if (length + lengthOf(prefix) + lengthOf(suffix) > MAX_CODE_LENGTH) {
    return {
      path: 'length',
      message: `a code has at most ${MAX_CODE_LENGTH} characters, prefix and suffix included`,
    }
  }
  const alphabet = ALPHABETS.get(named) ?? named
  const message = alphabetProblem(alphabet)
  if (message !== undefined) return { path: 'alphabet', message }
  // With a letter beside it, because a blank at the inner edge will stand inside the code.
  if (!isWhole(`${prefix}A`)) return { path: 'prefix', message: 'cannot begin a code' }
  if (!isWhole(`A${suffix}`) || MERGING.test(foldCode(suffix))) {
    return { path: 'suffix', message: 'cannot end a code' }
  }
  return { length, alphabet, prefix, suffix }
}

/** Whether a text is a code of which nothing gets lost when it is trimmed. */
function isWhole(text: string): boolean {
  return isCode(text) && trimCode(text) === text && normalCode(text) === foldCode(text)
}

function alphabetProblem(alphabet: string): string | undefined {
  const characters = Array.from(alphabet)
  if (characters.length < 1 || characters.length > MAX_ALPHABET)
    return `needs 1 to ${MAX_ALPHABET} characters`
  const seen = new Map<string, string>()
  for (const character of characters) {
    const folded = foldCode(character)
    if (!isCode(character) || MERGING.test(folded) || lengthOf(folded) !== 1) {
      return `"${character}" cannot be drawn as a single character`
    }
    const twin = seen.get(folded)
    if (twin !== undefined) return `"${twin}" and "${character}" are the same character in a code`
    seen.set(folded, character)
  }
  return undefined
}

/** How many different codes a pattern has, no more than `Number.MAX_SAFE_INTEGER`. */
export function space(pattern: Pattern): number {
  return Math.min(lettersOf(pattern).length ** pattern.length, Number.MAX_SAFE_INTEGER)
}

/** The code whose drawn characters stand at these places of the alphabet, one place a character, from 0. */
export function codeAt(pattern: Pattern, digits: ArrayLike<number>): string {
  const letters = lettersOf(pattern)
  let drawn = ''
  for (let at = 0; at < pattern.length; at++) {
    const letter = letters[digits[at] ?? -1]
    if (letter === undefined) throw new RangeError('one place of the alphabet a character')
    drawn += letter
  }
  return pattern.prefix + drawn + pattern.suffix
}

/** The places of the code with a number from 0 to below {@link space}: counting through the numbers names every code. */
export function digitsAt(pattern: Pattern, number: number): number[] {
  const base = lettersOf(pattern).length
  const digits = new Array<number>(pattern.length).fill(0)
  let rest = number
  for (let at = pattern.length - 1; at >= 0 && rest > 0; at--) {
    digits[at] = rest % base
    rest = Math.floor(rest / base)
  }
  return digits
}

/**
 * Draws a code in which every one is equally likely. Bytes that would favour the beginning of the alphabet are thrown
 * away (rejection sampling), so more of them may be asked for than the code is long.
 * @param random gives that many random bytes; its quality is the caller's.
 */
export function draw(pattern: Pattern, random: (bytes: number) => Uint8Array): string {
  const base = lettersOf(pattern).length
  const fair = 256 - (256 % base)
  const digits: number[] = []
  while (digits.length < pattern.length) {
    for (const byte of random(pattern.length - digits.length)) if (byte < fair) digits.push(byte % base)
  }
  return codeAt(pattern, digits)
}

/** Whether a code, in its normal form, is one that the pattern could draw. */
export function fits(pattern: Pattern, code: string): boolean {
  const prefix = foldCode(pattern.prefix)
  const suffix = foldCode(pattern.suffix)
  if (!code.startsWith(prefix) || !code.endsWith(suffix)) return false
  const drawn = Array.from(code.slice(prefix.length, code.length - suffix.length))
  if (code.length < prefix.length + suffix.length || drawn.length !== pattern.length) return false
  const letters = foldedOf(pattern)
  return drawn.every((character) => letters.has(character))
}

const split = new WeakMap<Pattern, string[]>()
const foldedSplit = new WeakMap<Pattern, Set<string>>()

/** The alphabet's characters; taken apart once, because a million codes may be drawn from one pattern. */
function lettersOf(pattern: Pattern): string[] {
  const letters = split.get(pattern) ?? Array.from(pattern.alphabet)
  split.set(pattern, letters)
  return letters
}

function foldedOf(pattern: Pattern): Set<string> {
  const letters = foldedSplit.get(pattern) ?? new Set(lettersOf(pattern).map(foldCode))
  foldedSplit.set(pattern, letters)
  return letters
}
