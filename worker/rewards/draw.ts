import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Draw } from './schemes.ts'

/** What a digest of SHA-256 makes: four numbers of 8 bytes. */
const NUMBERS_A_BLOCK = 4

/**
 * The chance of one grant, as a pure function of its campaign's secret seed and its id: the same grant draws the same
 * numbers, and nobody who does not know the seed can tell them beforehand. Block n of four numbers is HMAC-SHA-256
 * (RFC 2104) of `<grant id>:<n>`, keyed with the seed's text; a number is the first 53 bits of 8 bytes, big-endian.
 * Nothing is worked out before it is asked for. Not Web Crypto, because decisions are made without waiting.
 */
export function drawOf(seed: string, grantId: string): Draw {
  return (count) => {
    const numbers: number[] = []
    for (let block = 0; numbers.length < count; block++) {
      const digest = digestOf(seed, `${grantId}:${block}`)
      const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength)
      for (let n = 0; n < NUMBERS_A_BLOCK; n++) numbers.push(numberAt(view, n * 8))
    }
    return numbers.slice(0, count)
  }
}

const encoder = new TextEncoder()
let last: { seed: string; keyed: ReturnType<typeof hmac.create> } | undefined

/** The last seed is remembered, because a ledger draws for one campaign and keying costs as much as a digest. */
function digestOf(seed: string, text: string): Uint8Array {
  if (last?.seed !== seed) last = { seed, keyed: hmac.create(sha256, encoder.encode(seed)) }
  return last.keyed.clone().update(encoder.encode(text)).digest()
}

function numberAt(view: DataView, at: number): number {
  return (view.getUint32(at) * 2 ** 21 + (view.getUint32(at + 4) >>> 11)) / 2 ** 53
}
