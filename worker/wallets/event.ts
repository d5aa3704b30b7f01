import { fromUnits } from '../platform/decimal.ts'
import { derivedId } from '../platform/ids.ts'
import type { UserEvent } from '../users/event.ts'
import type { EntryRow } from './entries.ts'

/**
 * The event of the user that a movement by API is, keyed by its entry, so that making it twice makes it once. The view
 * `wallet_events` shows the same to the letter.
 */
export function movementEvent(row: EntryRow): UserEvent {
  const takesAway = row.kind === 'debit' || row.units < 0
  return {
    id: derivedId('evt', row.id),
    userId: row.user_id,
    name: takesAway ? 'CT Points Debited' : 'CT Points Credited',
    atMs: row.at_ms,
    properties: {
      'CT Source': 'Promo Module',
      walletId: row.wallet_id,
      points: fromUnits(Math.abs(row.units), row.decimals),
      kind: row.kind,
      entryId: row.id,
      orderId: row.order_id,
      description: row.description,
    },
  }
}
