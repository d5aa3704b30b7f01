import { makeApp } from './app.ts'
import type { Env } from './env.ts'
import { react } from './ingest/react.ts'
import type { App } from './platform/http.ts'
import type { Reaction } from './rewards/reactions.ts'

export { CampaignLedger } from './campaigns/ledger.ts'
export { CouponLedger } from './coupons/ledger.ts'
export { Intake } from './ingest/intake.ts'
export { ListLoader } from './segments/listLoader.ts'

let app: App | undefined

const worker = {
  fetch(req, env, context) {
    app ??= makeApp(env.BOON_MODE === 'local')
    return app.fetch(req, env, context)
  },
  queue(batch, env) {
    return react(env, batch)
  },
} satisfies ExportedHandler<Env, Reaction[]>

export default worker

/** The same under a name of its own: local mode listens on it directly, without the router of the assets in between. */
export const direct = worker
