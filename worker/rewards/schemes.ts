import Big from 'big.js'
import type { Scheme } from './contract.ts'

/** Why a scheme gives nothing. */
export type NoAward = 'property_missing' | 'amount_zero'

/** What a scheme needs to know of a grant. */
export interface SchemeInput {
  /** The value of the property that the scheme reads, as the event has it. */
  property: unknown
}

/** One way of working out points: pure, exact, before any rounding. */
interface SchemeKind<S> {
  /** Why a campaign may not use it; undefined when it may. */
  refusal: (scheme: S) => string | undefined
  amount: (scheme: S, input: SchemeInput) => Big | NoAward
}

type SchemeOf<K extends Scheme['kind']> = Extract<Scheme, { kind: K }>

/** A scheme whose turn has not come: refused when a campaign is created, so it is never worked out. */
const announced: SchemeKind<unknown> = {
  refusal: () => 'this scheme is not available in this version; use flat',
  amount: () => 'amount_zero',
}

const schemes: { [K in Scheme['kind']]: SchemeKind<SchemeOf<K>> } = {
  flat: { refusal: () => undefined, amount: (scheme) => new Big(scheme.value) },
  percentage: announced,
  proportional: announced,
  random: announced,
}

/** Why a campaign may not use this scheme; undefined when it may. */
export function schemeRefusal(scheme: Scheme): string | undefined {
  return (schemes[scheme.kind] as SchemeKind<Scheme>).refusal(scheme)
}

/** How a wallet or an external purse counts. */
export interface Precision {
  decimals: number
  rounding: 'up' | 'down'
}

/**
 * What a scheme awards, in units of the purse's smallest part: worked out, then capped, then rounded as the purse does.
 *
 * @param cap the most that one award may be, in points
 */
export function award(
  scheme: Scheme,
  input: SchemeInput,
  cap: number | undefined,
  precision: Precision,
): number | NoAward {
  if (scheme.kind !== 'flat') return workOut(scheme, input, cap, precision)
  // A flat award is the same each time, and it is asked for on every event.
  const before = flatAwards.get(scheme)
  if (before !== undefined) return before
  const units = workOut(scheme, input, cap, precision)
  flatAwards.set(scheme, units)
  return units
}

/** By the scheme itself: a ledger holds one, with one purse, for as long as it is in memory. */
const flatAwards = new WeakMap<Scheme, number | NoAward>()

function workOut(
  scheme: Scheme,
  input: SchemeInput,
  cap: number | undefined,
  precision: Precision,
): number | NoAward {
  const worked = (schemes[scheme.kind] as SchemeKind<Scheme>).amount(scheme, input)
  if (typeof worked === 'string') return worked
  const capped = cap !== undefined && worked.gt(cap) ? new Big(cap) : worked
  const units = capped
    .times(new Big(10).pow(precision.decimals))
    .round(0, precision.rounding === 'up' ? Big.roundUp : Big.roundDown)
    .toNumber()
  return units > 0 ? units : 'amount_zero'
}
