import { formatInstant } from '../platform/calendar.ts'
import { derivedId } from '../platform/ids.ts'
import type { UserEvent } from '../users/event.ts'

/** What the event of a voucher says of its list, as the list was at that moment. A holding keeps it. */
export type VoucherDetails = {
  partner: string
  listTag: string
  listDescription: string | null
  /** In UTC, to the second: `2024-03-31T23:59:59Z`. */
  listExpiry: string
}

/** A voucher that was given to a user. */
export interface GivenVoucher {
  holdingId: string
  userId: string
  atMs: number
  /** The campaign that gave it; null when it was assigned by API. */
  campaignId: string | null
  code: string
  voucherListId: string
  /** {@link VoucherDetails}, as they were kept. */
  details: Readonly<Record<string, unknown>>
}

/** What the event of a voucher is to say of a list with this definition. */
export function voucherDetails(list: {
  partner: string
  tag: string
  description: string | null
  expiresMs: number
}): VoucherDetails {
  return {
    partner: list.partner,
    listTag: list.tag,
    listDescription: list.description,
    listExpiry: formatInstant(list.expiresMs).replace(/\.\d+Z$/, 'Z'),
  }
}

/**
 * The event of the user that a voucher is, keyed by the holding, so that making it twice makes it once. The view
 * `voucher_events` shows the same to the letter.
 */
export function voucherEvent(given: GivenVoucher): UserEvent {
  const { holdingId, userId, atMs, campaignId, code, voucherListId, details } = given
  return {
    id: derivedId('evt', holdingId),
    userId,
    name: 'CT Partner Voucher Rewarded',
    atMs,
    properties: {
      'CT Source': 'Promo Module',
      campaignId,
      eventTimestamp: Math.floor(atMs / 1_000),
      listDescription: details['listDescription'] ?? null,
      listExpiry: details['listExpiry'] ?? null,
      listTag: details['listTag'] ?? null,
      partner: details['partner'] ?? null,
      source: campaignId === null ? 'API' : 'Campaign',
      voucherCode: code,
      voucherListId,
    },
  }
}
