import Big from 'big.js'

/**
 * Turns a decimal number into a whole number of its smallest units: `toUnits(12.3, 2)` is 1230. The number counts as
 * its shortest decimal text, so that 0.1 is a tenth and not the binary fraction nearest to it.
 * Refused (undefined): more decimals than allowed, not finite, or units beyond `Number.MAX_SAFE_INTEGER`.
 * @param decimals how many decimals the units have, 0 or more.
 */
export function toUnits(value: number, decimals: number): number | undefined {
  if (!Number.isFinite(value)) return undefined
  const units = Number.isInteger(value) && decimals === 0 ? value : exactUnits(value, decimals)
  // Adding 0 turns minus zero into zero.
  return units !== undefined && Number.isSafeInteger(units) ? units + 0 : undefined
}

function exactUnits(value: number, decimals: number): number | undefined {
  const scaled = new Big(value).times(scale(decimals))
  // Compared as decimals: as a number, a huge value with a fraction would round to a whole one.
  return scaled.eq(scaled.round(0, Big.roundDown)) ? scaled.toNumber() : undefined
}

/**
 * Turns whole units back into a decimal number: `fromUnits(1230, 2)` is 12.3. The result is the number nearest to the
 * exact quotient, so {@link toUnits} gives the same units back up to 15 digits.
 */
export function fromUnits(units: number, decimals: number): number {
  // IEEE division rounds the exact quotient of two whole numbers once, so this is as exact as decimal arithmetic.
  return units / 10 ** decimals + 0
}

function scale(decimals: number): Big {
  return new Big(`1e${decimals}`)
}

/** A number rounded half away from zero to so many decimals, as its shortest decimal text says it. */
export function rounded(value: number, decimals: number): number {
  return new Big(value).round(decimals, Big.roundHalfUp).toNumber() + 0
}
