import { makeApp } from './app.ts'
import type { Env } from './env.ts'
import { react } from './ingest/react.ts'
import type { App } from './platform/http.ts'
import type { Reaction } from './rewards/reactions.ts'
import { consumeDeliveries } from './webhooks/consume.ts'
import type { DeliveryRef } from './webhooks/queue.ts'

export { CampaignLedger } from './campaigns/ledger.ts'
export { CouponLedger } from './coupons/ledger.ts'
export { Intake } from './ingest/intake.ts'
export { ListLoader } from './segments/listLoader.ts'
export { VoucherPool } from './vouchers/pool.ts'
export { EndpointSender } from './webhooks/sender.ts'
export { DeliverySweeper } from './webhooks/sweeper.ts'

let app: App | undefined

const worker = {
  fetch(req, env, context) {
    app ??= makeApp(env.BOON_MODE === 'local')
    return app.fetch(req, env, context)
  },
  queue(batch, env) {
    switch (batch.queue) {
      case 'boon-webhooks':
        return consumeDeliveries(env, batch as MessageBatch<DeliveryRef[]>, false)
      case 'boon-webhooks-dead':
        return consumeDeliveries(env, batch as MessageBatch<DeliveryRef[]>, true)
      default:
        return react(env, batch as MessageBatch<Reaction[]>)
    }
  },
} satisfies ExportedHandler<Env, Reaction[] | DeliveryRef[]>

export default worker

/** The same under a name of its own: local mode listens on it directly, without the router of the assets in between. */
export const direct = worker
