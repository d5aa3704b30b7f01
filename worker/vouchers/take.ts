import type { CodeTable } from '../codes/codeTable.ts'
import type { VoucherDetails } from './event.ts'
import type { PoolHead } from './poolHead.ts'

/** A grant that asks for a code of a list. */
export interface VoucherAsking {
  grantId: string
  userId: string
  atMs: number
}

/** What a grant was given: the code, until when it is good, and what its event says of the list. */
export interface VoucherTaken {
  code: string
  expiresMs: number
  details: VoucherDetails
}

/** Why a grant gets no code. */
export type VoucherNotTaken = 'out_of_stock' | 'reward_inactive'

/**
 * Gives codes to grants, in order, within a transaction of their pool. A grant that was given one before gets it again
 * as it was then, whatever has become of the list.
 */
export function takeVouchers(
  head: PoolHead,
  table: CodeTable,
  askings: VoucherAsking[],
): Record<string, VoucherTaken | VoucherNotTaken> {
  const { definition, status, terms } = head.get()
  const ids = askings.map(({ grantId }) => grantId)
  const taken = table.takenBy(ids)
  const fresh = askings.filter(({ grantId }) => !taken.has(grantId))
  if (status === 'active' && fresh.length > 0) {
    const { expiresMs } = definition
    const dated = fresh.map((asking) => ({ ...asking, redeemableMs: asking.atMs, expiresMs, terms }))
    for (const [grantId, given] of table.takeUnique(dated)) taken.set(grantId, given)
  }
  const details = head.detailsOf([...taken.values()].map((given) => given.terms))
  const nothing: VoucherNotTaken = status === 'active' ? 'out_of_stock' : 'reward_inactive'
  return Object.fromEntries(
    ids.map((id) => {
      const given = taken.get(id)
      const said = given && details.get(given.terms)
      if (given?.expiresMs == null || said === undefined) return [id, nothing]
      return [id, { code: given.code, expiresMs: given.expiresMs, details: said }]
    }),
  )
}
