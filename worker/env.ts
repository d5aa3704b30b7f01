import type { CampaignLedger } from './campaigns/ledger.ts'
import type { CouponLedger } from './coupons/ledger.ts'
import type { Intake } from './ingest/intake.ts'
import type { Reaction } from './rewards/reactions.ts'
import type { ListLoader } from './segments/listLoader.ts'
import type { VoucherPool } from './vouchers/pool.ts'
import type { DeliveryRef } from './webhooks/queue.ts'
import type { EndpointSender } from './webhooks/sender.ts'
import type { DeliverySweeper } from './webhooks/sweeper.ts'

/** Everything this Worker is bound to; `wrangler.toml` says the same. Further `USERS_n` are found by their names. */
export interface Env {
  BOON_MODE: 'production' | 'local'
  /** Signs user tokens. A secret of at least 32 characters; local mode brings its own. */
  TOKEN_SECRET: string
  /** Seals what endpoints are reached with, see `platform/sealed.ts`. A secret of at least 32 characters. */
  SEALING_SECRET: string
  DB: D1Database
  USERS_0: D1Database
  INTAKE: DurableObjectNamespace<Intake>
  CAMPAIGN_LEDGER: DurableObjectNamespace<CampaignLedger>
  COUPON_LEDGER: DurableObjectNamespace<CouponLedger>
  LIST_LOADER: DurableObjectNamespace<ListLoader>
  VOUCHER_POOL: DurableObjectNamespace<VoucherPool>
  ENDPOINT_SENDER: DurableObjectNamespace<EndpointSender>
  DELIVERY_SWEEPER: DurableObjectNamespace<DeliverySweeper>
  /** Reward events on their way through the pipeline. */
  REACTIONS: Queue<Reaction[]>
  /** Webhooks to send. */
  WEBHOOKS: Queue<DeliveryRef[]>
  ASSETS: Fetcher
}

/**
 * What is wrong with the configuration, in words for the operator; empty when all is well. Looked at once an
 * isolate, before the first request is served.
 */
export function configurationFaults(env: Partial<Env>): string[] {
  const faults: string[] = []
  if (env.BOON_MODE !== 'production' && env.BOON_MODE !== 'local') {
    faults.push('BOON_MODE must be "production" or "local"')
  }
  for (const name of ['TOKEN_SECRET', 'SEALING_SECRET'] as const) {
    if ((env[name]?.length ?? 0) < 32) {
      faults.push(`${name} must be a secret of at least 32 characters (wrangler secret put ${name})`)
    }
  }
  for (const name of [
    'DB',
    'USERS_0',
    'INTAKE',
    'CAMPAIGN_LEDGER',
    'COUPON_LEDGER',
    'LIST_LOADER',
    'VOUCHER_POOL',
    'ENDPOINT_SENDER',
    'DELIVERY_SWEEPER',
    'REACTIONS',
    'WEBHOOKS',
    'ASSETS',
  ] as const) {
    if (env[name] === undefined) faults.push(`${name} is not bound; see wrangler.toml`)
  }
  return faults
}
