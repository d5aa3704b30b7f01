const LANES = 3 // two halves of a fingerprint, then the count
const FIRST_SLOTS = 1 << 16

/**
 * Counts how often the same content was seen, knowing contents only by 64 bits of their hash. Rows of a file number
 * in the millions, so this is one flat table that doubles when it is three quarters full: 16 to 32 bytes a row.
 * Two contents with the same 64 bits would share their numbers, which is harmless: numbers never repeat.
 */
export class Occurrences {
  #slots = FIRST_SLOTS
  #table = new Uint32Array(FIRST_SLOTS * LANES)
  #used = 0

  /** Answers 1 for a content seen first, 2 for the second time, and so on. `hash` has at least 8 bytes. */
  next(hash: Buffer): number {
    if (this.#used >= this.#slots * 0.75) this.#grow()
    const at = this.#find(hash.readUInt32LE(0), hash.readUInt32LE(4))
    const count = (this.#table[at + 2] ?? 0) + 1
    if (count === 1) this.#used += 1
    this.#table[at] = hash.readUInt32LE(0)
    this.#table[at + 1] = hash.readUInt32LE(4)
    this.#table[at + 2] = count
    return count
  }

  #find(low: number, high: number): number {
    let slot = low & (this.#slots - 1)
    for (;;) {
      const at = slot * LANES
      const free = this.#table[at + 2] === 0
      if (free || (this.#table[at] === low && this.#table[at + 1] === high)) return at
      slot = (slot + 1) & (this.#slots - 1)
    }
  }

  #grow(): void {
    const old = this.#table
    this.#slots *= 2
    this.#table = new Uint32Array(this.#slots * LANES)
    for (let at = 0; at < old.length; at += LANES) {
      if (old[at + 2] === 0) continue
      this.#table.set(old.subarray(at, at + LANES), this.#find(old[at] ?? 0, old[at + 1] ?? 0))
    }
  }
}
