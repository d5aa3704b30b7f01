import type { App } from '../platform/http.ts'
import { assignRoutes } from './assignRoutes.ts'
import { voucherCodeRoutes } from './codeRoutes.ts'
import { voucherListRoutes } from './listRoutes.ts'
import { partnerRoutes } from './partnerRoutes.ts'
import type { VoucherOptions } from './store.ts'

/** `/v1/partners` and `/v1/voucher-lists`. */
export function voucherRoutes(app: App, options: VoucherOptions): void {
  partnerRoutes(app)
  voucherListRoutes(app, options)
  voucherCodeRoutes(app)
  assignRoutes(app, options)
}
