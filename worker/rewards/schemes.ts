import Big from 'big.js'
import type { Issue } from '../platform/problem.ts'
import type { Scheme } from './contract.ts'

/** Why a scheme gives nothing. */
export type NoAward = 'property_missing' | 'amount_zero'

/**
 * So many independent uniform numbers from 0 up to 1 (not in it). Asked again it gives the same ones, see `draw.ts`.
 */
export type Draw = (count: number) => number[]

/** What a scheme needs to know of a grant. */
export interface SchemeInput {
  /** The value of the property that the scheme reads, as the event has it. */
  property: unknown
  /** The chance of this grant, for a scheme that draws. */
  draw: Draw
}

/** How a wallet or an external purse counts. */
export interface Precision {
  decimals: number
  rounding: 'up' | 'down'
}

/** An amount of points, exactly: what its factors make, divided; a third of a point has no decimal text. */
interface Amount {
  factors: (number | Big)[]
  by: number
}

/** One way of working out points: pure, exact, before any rounding. */
interface SchemeKind<S> {
  /** Whether it reads a property of an event, so that there is nothing to work out without one. */
  needsEvent: boolean
  /** Why its awards are not capped; undefined for those that are. */
  capRefusal?: string
  amount: (scheme: S, input: SchemeInput, decimals: number) => Amount | NoAward
}

type SchemeOf<K extends Scheme['kind']> = Extract<Scheme, { kind: K }>
type Bias = SchemeOf<'random'>['bias']

/** No honest price or quantity is beyond this; what is, would not be exact any more. */
const LARGEST_PROPERTY = 1e15
/** As many points as a flat scheme may give; with three decimals still a safe integer of units. */
const LARGEST_AWARD = 1e12

/** Big numbers whose quotients are whole: cut off, or rounded up, on the exact remainder. */
const CutOff = Big()
CutOff.DP = 0
CutOff.RM = Big.roundDown
const RoundedUp = Big()
RoundedUp.DP = 0
RoundedUp.RM = Big.roundUp
const dividers = { up: RoundedUp, down: CutOff }

const schemes: { [K in Scheme['kind']]: SchemeKind<SchemeOf<K>> } = {
  flat: {
    needsEvent: false,
    capRefusal: 'a flat scheme always gives the same, so there is nothing to cap; leave it out',
    amount: ({ value }) => ({ factors: [value], by: 1 }),
  },
  percentage: {
    needsEvent: true,
    amount: ({ percent }, { property }) =>
      isAmount(property) ? { factors: [property, percent], by: 100 } : 'property_missing',
  },
  proportional: {
    needsEvent: true,
    amount: ({ value, per, prorate }, { property }) => {
      if (!isAmount(property)) return 'property_missing'
      if (prorate === true) return { factors: [property, value], by: per }
      return { factors: [wholeTimes(property, per), value], by: 1 }
    },
  },
  random: {
    needsEvent: false,
    capRefusal: 'max is the most that a random scheme gives; lower it instead of capping',
    amount: (scheme, { draw }, decimals) => {
      const { low, high } = unitsWithin(scheme, decimals)
      if (low > high) return 'amount_zero'
      return { factors: [unitDrawn[scheme.bias](low, high, draw)], by: 10 ** decimals }
    },
  },
}

const kindOf = (scheme: Scheme) => schemes[scheme.kind] as SchemeKind<Scheme>

/**
 * How each bias picks a whole unit from `low` to `high` (`product.md`, rewards). Without one every unit is as likely
 * as the next, the outermost included, as with a die; with one the unit nearest to the place drawn in the range.
 */
const unitDrawn: Record<Bias, (low: number, high: number, draw: Draw) => number> = {
  none: (low, high, draw) => Math.min(low + Math.floor((draw(1)[0] ?? 0) * (high - low + 1)), high),
  min: (low, high, draw) => nearestUnit(low, high, Math.min(...draw(4))),
  max: (low, high, draw) => nearestUnit(low, high, Math.max(...draw(4))),
  avg: (low, high, draw) => nearestUnit(low, high, draw(7).sort((one, other) => one - other)[3] ?? 0),
}

function nearestUnit(low: number, high: number, place: number): number {
  return low + Math.round(place * (high - low))
}

/** The units of a purse that lie in the range of a random scheme, the outermost of them. */
function unitsWithin({ min, max }: SchemeOf<'random'>, decimals: number): { low: number; high: number } {
  return { low: unitsOf(min, decimals, Big.roundUp), high: unitsOf(max, decimals, Big.roundDown) }
}

function unitsOf(points: number, decimals: number, mode: Big.RoundingMode): number {
  if (Number.isInteger(points)) return points * 10 ** decimals
  return new Big(points)
    .times(10 ** decimals)
    .round(0, mode)
    .toNumber()
}

/** Whether a property can be reckoned with. Text is no number, and beyond the bound is no price or quantity. */
function isAmount(property: unknown): property is number {
  return typeof property === 'number' && Math.abs(property) <= LARGEST_PROPERTY
}

/** How many whole times a number holds another. What is below one has no part in it where the other is whole. */
function wholeTimes(property: number, per: number): number | Big {
  if (!Number.isSafeInteger(per)) return new CutOff(property).div(per)
  const whole = Math.floor(property)
  return (whole - (whole % per)) / per
}

/** What a scheme cannot have beside it, with paths within the reward (or within its `credits`). */
export function schemeFaults(scheme: Scheme, maxPerReward: number | undefined): Issue[] {
  const { capRefusal } = kindOf(scheme)
  return maxPerReward === undefined || capRefusal === undefined
    ? []
    : [{ path: 'maxPerReward', message: capRefusal }]
}

/** Whether a scheme reads a property of an event, and so is only for campaigns that an event triggers. */
export function needsEvent(scheme: Scheme): boolean {
  return kindOf(scheme).needsEvent
}

/** What of a scheme could never give anything in a purse that counts so, with paths within the scheme. */
export function emptyFaults(scheme: Scheme, precision: Precision): Issue[] {
  const message = 'is less than the smallest amount that can be given'
  if (scheme.kind === 'flat') {
    return workOut(scheme, NOTHING, undefined, precision) === 'amount_zero'
      ? [{ path: 'value', message }]
      : []
  }
  if (!rangeIsEmpty(scheme, precision.decimals)) return []
  return [{ path: 'max', message: 'no amount that can be given lies in the range' }]
}

const NOTHING: SchemeInput = { property: undefined, draw: () => [] }

/** Whether no amount of so many decimals lies in the range of a random scheme, so that it could never give any. */
export function rangeIsEmpty(scheme: Scheme, decimals: number): boolean {
  if (scheme.kind !== 'random') return false
  const { low, high } = unitsWithin(scheme, decimals)
  return low > high
}

/**
 * What a scheme awards, in units of the purse's smallest part: worked out, then capped, then rounded as the purse does.
 * More than 1e12 points after the cap are no award but a property that is not what it should be.
 *
 * @param cap the most that one award may be, in points; never exceeded, not by rounding either
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
  { decimals, rounding }: Precision,
): number | NoAward {
  const { amount, capRefusal } = kindOf(scheme)
  const worked = amount(scheme, input, decimals)
  if (typeof worked === 'string') return worked
  const units = inWholeNumbers(worked, decimals, rounding) ?? inDecimals(worked, decimals, rounding)
  if (units <= 0) return 'amount_zero'
  if (cap === undefined || capRefusal !== undefined) {
    return units > LARGEST_AWARD * 10 ** decimals ? 'property_missing' : units
  }
  const most = Math.min(units, unitsOf(cap, decimals, Big.roundDown))
  return most > 0 ? most : 'amount_zero'
}

type Rounding = Precision['rounding']

/**
 * The amount in units where it is made of whole numbers and of hundredths, and small enough to be exact, as most are:
 * ten times as fast. Undefined for any other.
 */
function inWholeNumbers({ factors, by }: Amount, decimals: number, rounding: Rounding): number | undefined {
  let product = 10 ** decimals
  let divisor = by
  for (const factor of factors) {
    if (typeof factor !== 'number') return undefined
    if (Number.isInteger(factor)) {
      product *= factor
      continue
    }
    const hundredths = Math.round(factor * 100)
    // A quotient of whole numbers is rounded once, so it is the factor only if the factor's decimal text is that.
    if (hundredths / 100 !== factor) return undefined
    product *= hundredths
    divisor *= 100
  }
  if (!Number.isSafeInteger(product) || !Number.isSafeInteger(divisor)) return undefined
  const over = product % divisor
  return (product - over) / divisor + (rounding === 'up' && over > 0 ? 1 : 0)
}

function inDecimals({ factors, by }: Amount, decimals: number, rounding: Rounding): number {
  const product = factors.reduce<Big>((made, factor) => made.times(factor), new Big(10 ** decimals))
  const Divider = dividers[rounding]
  return new Divider(product).div(by).toNumber()
}
