import { normalCode } from './normal.ts'
import { codeAt, digitsAt, draw, type Pattern, space } from './pattern.ts'

/** Up to this many codes a pattern is gone through as a whole, so that its last free codes are found at once. */
const SMALL_SPACE = 200_000

/**
 * Codes of a pattern that a series does not have yet, each free one equally likely, all different; `count` of them, or
 * fewer when a small pattern has fewer left. Randomness comes from Web Crypto.
 *
 * @param present tells which of some codes, by their normal form, the series has
 */
export function freshCodes(
  pattern: Pattern,
  count: number,
  present: (keys: string[]) => Map<string, unknown>,
): string[] {
  const size = space(pattern)
  if (size > SMALL_SPACE) return drawn(pattern, count)
  const all = Array.from({ length: size }, (_, number) => codeAt(pattern, digitsAt(pattern, number)))
  const taken = present(all.map(normalCode))
  return shuffled(
    all.filter((code) => !taken.has(normalCode(code))),
    count,
  )
}

function drawn(pattern: Pattern, count: number): string[] {
  const random = randomBytes()
  const codes = new Set<string>()
  while (codes.size < count) codes.add(draw(pattern, random))
  return [...codes]
}

/** Hands out random bytes from a pool, because asking for a few at a time costs more than making them. */
function randomBytes(): (bytes: number) => Uint8Array {
  let pool = new Uint8Array()
  let used = 0
  return (bytes) => {
    if (used + bytes > pool.length) {
      pool = crypto.getRandomValues(new Uint8Array(65_536))
      used = 0
    }
    used += bytes
    return pool.subarray(used - bytes, used)
  }
}

/** The first `count` of a fair shuffle (Fisher–Yates). */
function shuffled(codes: string[], count: number): string[] {
  const wanted = Math.min(count, codes.length)
  for (let index = 0; index < wanted; index++) {
    const other = index + below(codes.length - index)
    const held = codes[index] as string
    codes[index] = codes[other] as string
    codes[other] = held
  }
  return codes.slice(0, wanted)
}

/** A fair random number from 0 to below `bound`, by rejection. */
function below(bound: number): number {
  const fair = 2 ** 32 - (2 ** 32 % bound)
  for (;;) {
    const number = crypto.getRandomValues(new Uint32Array(1))[0] as number
    if (number < fair) return number % bound
  }
}
