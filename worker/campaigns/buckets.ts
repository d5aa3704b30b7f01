import { formatInstant, periodAt } from '../platform/calendar.ts'
import { fromUnits } from '../platform/decimal.ts'
import type { Slot } from './ledgerCounts.ts'

const HOUR_MS = 3_600_000

/** One stretch of time and what happened in it, as answered. */
export interface Bucket {
  at: string
  granted: number
  value: number
  refused: number
}

/** Adds up quarters of an hour to the hours or days of a zone. Stretches in which nothing happened are left out. */
export function bucketsOf(slots: Slot[], bucket: 'hour' | 'day', zone: string, decimals: number): Bucket[] {
  const sums = new Map<number, Slot>()
  for (const slot of slots) {
    const day = periodAt('day', slot.atMs, zone).startMs
    const atMs = bucket === 'day' ? day : day + Math.floor((slot.atMs - day) / HOUR_MS) * HOUR_MS
    const sum = sums.get(atMs) ?? { atMs, granted: 0, units: 0, refused: 0 }
    sum.granted += slot.granted
    sum.units += slot.units
    sum.refused += slot.refused
    sums.set(atMs, sum)
  }
  return [...sums.values()].map(({ atMs, granted, units, refused }) => ({
    at: formatInstant(atMs),
    granted,
    value: fromUnits(units, decimals),
    refused,
  }))
}
