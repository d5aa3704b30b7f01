import type { Result, Row, Sides } from './row.ts'

export interface Rates {
  median: number
  /** How far the slowest and the fastest round lie apart, as a part of the median. */
  spread: number
}

const ROUNDS = 7

/**
 * Measures both sides in turn, so that whatever slows the machine for a while slows both. The order within a pair
 * changes from round to round; the first pair warms up and does not count.
 */
export async function measure(
  row: Row,
  sides: Sides,
): Promise<{ result: Result; baseline: Rates; measured: Rates }> {
  const rates = { baseline: [] as number[], measured: [] as number[] }
  for (let round = 0; round <= (row.rounds ?? ROUNDS); round += 1) {
    for (const side of round % 2 === 0
      ? (['baseline', 'measured'] as const)
      : (['measured', 'baseline'] as const)) {
      const rate = await sides[side]()
      if (round > 0) rates[side].push(rate)
    }
  }
  const baseline = summarize(rates.baseline)
  const measured = summarize(rates.measured)
  const result = {
    row: row.row,
    baseline: Math.round(baseline.median),
    measured: Math.round(measured.median),
    ratio: Math.round((measured.median / baseline.median) * 1000) / 1000,
    atLeast: row.atLeast,
  }
  return { result, baseline, measured }
}

/** Median and spread of at least one rate. */
export function summarize(rates: number[]): Rates {
  const sorted = rates.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
  return { median, spread: ((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)) / median }
}
