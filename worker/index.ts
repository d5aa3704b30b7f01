import { makeApp } from './app.ts'
import type { Env } from './env.ts'
import type { App } from './platform/http.ts'

export { CampaignLedger } from './campaigns/ledger.ts'
export { CouponLedger } from './coupons/ledger.ts'
export { Intake } from './ingest/intake.ts'

let app: App | undefined

export default {
  fetch(req, env, context) {
    app ??= makeApp(env.BOON_MODE === 'local')
    return app.fetch(req, env, context)
  },
} satisfies ExportedHandler<Env>
