import type { Identifiers } from './contract.ts'

/** Who a reward is for, as far as it is known. */
export interface Recipient {
  id: string
  email: string | null
  phone: string | null
}

/** What is given: goods of the catalogue, or credits of somebody else's wallet. */
export interface GivenOutside {
  value?: number
  item?: { clientRewardId: string; name: string }
  wallet?: { id: string; name: string }
}

/** The JSON that an endpoint receives for a custom reward (`api.md`, endpoints). Its keys come in a fixed order. */
export function customPayload(given: {
  user: Recipient
  identifiers?: Identifiers | undefined
  reward: GivenOutside
  metadata: Record<string, unknown>
}): Record<string, unknown> {
  const { value, item, wallet } = given.reward
  return {
    user: identified(given.user, given.identifiers),
    reward: {
      type: 'custom',
      // Goods are given as such: there is no amount of them.
      ...(value === undefined || item !== undefined ? {} : { value }),
      ...(item === undefined ? {} : { item: { clientRewardId: item.clientRewardId, name: item.name } }),
      ...(wallet === undefined ? {} : { wallet: { id: wallet.id, name: wallet.name } }),
      metadata: given.metadata,
    },
  }
}

/** The JSON that an endpoint receives for a message (`api.md`, campaigns). */
export function messagePayload(given: {
  user: Recipient
  identifiers?: Identifiers | undefined
  subject?: string | undefined
  text: string
}): Record<string, unknown> {
  return {
    user: identified(given.user, given.identifiers),
    message: { ...(given.subject === undefined ? {} : { subject: given.subject }), text: given.text },
  }
}

/** Who the user is, under the keys that the endpoint wants; what is not known is left out. */
function identified(user: Recipient, identifiers: Identifiers = {}): Record<string, string> {
  const known: [string, string | null][] = [
    [identifiers.userId ?? 'userId', user.id],
    [identifiers.email ?? 'email', user.email],
    [identifiers.phone ?? 'phone', user.phone],
  ]
  return Object.fromEntries(known.filter((entry): entry is [string, string] => entry[1] !== null))
}
