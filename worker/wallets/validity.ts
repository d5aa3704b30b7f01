import { addDuration, parseInstant } from '../platform/calendar.ts'
import type { Activation, Expiry, WalletExpiry } from './contract.ts'

/** From when until when points count: from `activatesMs` until just before `expiresMs` (null: for ever). */
export interface Validity {
  activatesMs: number
  expiresMs: number | null
}

/**
 * The validity of points earned at `earnedMs`. A relative expiry counts from the activation, on the calendar of the
 * zone: a month after 31 January is the last day of February.
 */
export function validityOf(
  earnedMs: number,
  activation: Activation | undefined,
  expiry: Expiry | undefined,
  walletExpiry: WalletExpiry,
  zone: string,
): Validity {
  const activatesMs =
    activation === undefined || activation === 'immediate'
      ? earnedMs
      : addDuration(earnedMs, activation.after, zone)
  const rule = expiry ?? walletExpiry
  if (rule === 'never') return { activatesMs, expiresMs: null }
  if ('at' in rule) return { activatesMs, expiresMs: parseInstant(rule.at) ?? null }
  return { activatesMs, expiresMs: addDuration(activatesMs, rule.after, zone) }
}
