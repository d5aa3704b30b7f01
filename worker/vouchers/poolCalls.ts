import type { VoucherListStatus } from './lifecycle.ts'
import type { VoucherListDefinition } from './poolHead.ts'

/** What a pool says of its list. */
export interface PoolStats {
  definition: VoucherListDefinition
  status: VoucherListStatus
  stock: { total: number; available: number }
  /** How many codes were given, by campaigns and by API. */
  assigned: number
}

/** What may be changed of a list. What is left out stays. */
export type VoucherListChange = Partial<
  Pick<VoucherListDefinition, 'partner' | 'name' | 'description' | 'expiresMs' | 'lowStock'>
>
