/** What the names of Boon's own events begin with. */
export const OWN_PREFIX = 'CT '

/**
 * The views `(user_id, id, name, at_ms, properties)` in the user databases that show the events of Boon's own, whose
 * names begin with `CT `. The rooms below make them (`rewards/userTables.ts`). Each is asked by itself.
 */
export const ownEventViews = ['granted_events', 'voucher_events', 'wallet_events'] as const
