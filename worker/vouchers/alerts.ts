import type { VoucherList } from './contract.ts'
import type { VoucherListStatus } from './lifecycle.ts'

/**
 * What a person should look at: that codes run out, or have run out. Only of a list that may still give some.
 *
 * @param lowStock how many codes are few; null for no threshold
 */
export function alertsOf(
  status: VoucherListStatus,
  available: number,
  lowStock: number | null,
): VoucherList['alerts'] {
  if (status === 'expired' || status === 'archived') return []
  if (available === 0) {
    return [{ code: 'out_of_stock', message: 'There are no codes left; import more.', available }]
  }
  if (lowStock === null || available >= lowStock) return []
  const message = `Codes run out: ${available} left, fewer than ${lowStock}.`
  return [{ code: 'low_stock', message, available, lowStock }]
}
