/** Every text of the tray. `{name}` is filled in; a name ending in `One` is the singular of its neighbour. */
export const english = {
  title: 'Your rewards',
  wallets: 'Points',
  coupons: 'Coupons',
  vouchers: 'Vouchers',
  loading: 'Loading your rewards',
  emptyTitle: 'Nothing here yet',
  emptyHint: 'Rewards you earn will show up here.',
  guest: 'Sign in to see your own coupons and points.',
  failedTitle: 'Your rewards could not be loaded',
  failedHint: 'Check your connection and try again.',
  sessionEnded: 'Your session has ended. Sign in again to see your rewards.',
  stale: 'This list may be out of date.',
  retry: 'Try again',
  copy: 'Copy',
  copyCode: 'code {code}',
  copied: 'Copied',
  copiedCode: 'Copied code {code}',
  copyFailed: 'The code could not be copied. It is selected: copy it from there.',
  fresh: 'New',
  freshSaid: 'New in your rewards: {names}',
  percentOff: '{percent} off',
  amountOff: '{amount} off',
  percentBack: '{percent} back',
  amountBack: '{amount} back',
  upTo: 'up to {amount}',
  opens: 'Opens {when}',
  ends: 'Ends {when}',
  ended: 'Ended {when}',
  usesLeft: '{count} uses left',
  usesLeftOne: '1 use left',
  locked: 'Not open yet',
  used: 'Used',
  expired: 'Expired',
  folded: 'Used and expired ({count})',
  terms: 'Terms',
  promised: '{points} more on the way',
  expiring: '{points} will expire {when}',
  zone: 'Times are in your time zone: {zone}.',
  open: 'Show your rewards',
  openCount: 'Show your rewards: {count} to use',
  close: 'Close',
} as const satisfies Record<string, string>

export type TextName = keyof typeof english
export type Texts = Readonly<Record<TextName, string>>

/** Puts values in the places of `{name}`; a place without a value stays as it is written. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) =>
    String(Object.hasOwn(values, name) ? values[name] : place),
  )
}

/**
 * The English table with a page's own texts over it. Unknown names and anything that is not text are left out, so
 * that a typo costs one text and not the tray.
 */
export function withTexts(override: unknown): Texts {
  const known = Object.entries(override ?? {}).filter(
    ([name, text]) => Object.hasOwn(english, name) && typeof text === 'string',
  )
  return { ...english, ...Object.fromEntries(known) }
}

/** The `texts` attribute, which is a JSON object; anything else counts as absent. */
export function parseTexts(attribute: string | null): unknown {
  try {
    return JSON.parse(attribute ?? '{}')
  } catch {
    return {}
  }
}
