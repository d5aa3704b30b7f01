import { expect, test } from 'vitest'
import type { Activation, Expiry, WalletExpiry } from './contract.ts'
import { validityOf } from './validity.ts'

/** Earned at, activation, expiry, the wallet's expiry, zone; active from, until. */
test.each<[string, Activation | undefined, Expiry | undefined, WalletExpiry, string, string, string | null]>([
  ['2026-03-01T10:00:00Z', undefined, undefined, 'never', 'UTC', '2026-03-01T10:00:00.000Z', null],
  ['2026-03-01T10:00:00Z', 'immediate', 'never', { after: 'P1D' }, 'UTC', '2026-03-01T10:00:00.000Z', null],
  [
    '2026-03-01T10:00:00Z',
    undefined,
    undefined,
    { after: 'P1D' },
    'UTC',
    '2026-03-01T10:00:00.000Z',
    '2026-03-02T10:00:00.000Z',
  ],
  // T8: a month after the 31st is the last day of February.
  [
    '2026-01-31T10:00:00Z',
    undefined,
    { after: 'P1M' },
    'never',
    'UTC',
    '2026-01-31T10:00:00.000Z',
    '2026-02-28T10:00:00.000Z',
  ],
  [
    '2028-01-31T10:00:00Z',
    undefined,
    { after: 'P1M' },
    'never',
    'UTC',
    '2028-01-31T10:00:00.000Z',
    '2028-02-29T10:00:00.000Z',
  ],
  // A relative expiry counts from the activation.
  [
    '2026-03-01T10:00:00Z',
    { after: 'PT48H' },
    { after: 'P7D' },
    'never',
    'UTC',
    '2026-03-03T10:00:00.000Z',
    '2026-03-10T10:00:00.000Z',
  ],
  [
    '2026-03-01T10:00:00Z',
    { after: 'P1D' },
    { at: '2026-04-01T00:00:00+05:30' },
    { after: 'P1D' },
    'UTC',
    '2026-03-02T10:00:00.000Z',
    '2026-03-31T18:30:00.000Z',
  ],
  // A day has 23 hours when the clocks go forward in Berlin, and hours are exact.
  [
    '2026-03-28T12:00:00Z',
    undefined,
    { after: 'P1D' },
    'never',
    'Europe/Berlin',
    '2026-03-28T12:00:00.000Z',
    '2026-03-29T11:00:00.000Z',
  ],
  [
    '2026-03-28T12:00:00Z',
    undefined,
    { after: 'PT24H' },
    'never',
    'Europe/Berlin',
    '2026-03-28T12:00:00.000Z',
    '2026-03-29T12:00:00.000Z',
  ],
  // The month is the zone's: in Kolkata it is already the 31st.
  [
    '2026-01-30T19:00:00Z',
    undefined,
    { after: 'P1M' },
    'never',
    'Asia/Kolkata',
    '2026-01-30T19:00:00.000Z',
    '2026-02-27T19:00:00.000Z',
  ],
])(
  'earned %s, activation %j, expiry %j, wallet %j in %s',
  (earned, activation, expiry, ofWallet, zone, from, until) => {
    const { activatesMs, expiresMs } = validityOf(Date.parse(earned), activation, expiry, ofWallet, zone)
    expect(new Date(activatesMs).toISOString()).toBe(from)
    expect(expiresMs === null ? null : new Date(expiresMs).toISOString()).toBe(until)
  },
)
