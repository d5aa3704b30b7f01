import { holdingSchema, presentHolding } from '../codes/holdings.ts'
import { now } from '../platform/clock.ts'
import { type App, operation, reply } from '../platform/http.ts'
import { idempotencyKey, keyConflict } from '../platform/idempotency.ts'
import { newId } from '../platform/ids.ts'
import { Refusal, refuse } from '../platform/problem.ts'
import type { AssignRefusal } from './assign.ts'
import { assignSchema, voucherListParams } from './contract.ts'
import { voucherEvent } from './event.ts'
import { type VoucherOptions, voucherListExists, voucherPool } from './store.ts'

/** `POST /v1/voucher-lists/{voucherListId}/assign`: codes that no campaign gives. */
export function assignRoutes(app: App, { announce }: VoucherOptions): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/voucher-lists/{voucherListId}/assign',
      summary: 'Give a user a code of a list. With an Idempotency-Key, asking again answers the same code',
      access: { scope: 'vouchers:write' },
      params: voucherListParams,
      body: assignSchema,
      answers: { 201: holdingSchema },
      refusals: ['not_found', 'out_of_stock', 'list_expired', 'list_not_active', 'idempotency_conflict'],
    },
    async ({ env, req, params: { voucherListId }, body: { userId } }) => {
      const key = await idempotencyKey(req, [new URL(req.url).pathname, { userId }])
      if (key instanceof Refusal) return key
      if (!(await voucherListExists(env, voucherListId))) {
        return refuse('not_found', `There is no voucher list ${voucherListId}.`)
      }
      const nowMs = now()
      const asking = { holdingId: newId('hld', nowMs), userId, atMs: nowMs, key: key ?? null }
      const outcome = await voucherPool(env, voucherListId).assign(asking)
      if (typeof outcome === 'string') return refusalOf(outcome)
      const { holdingId, code, atMs, expiresMs, details, replayed } = outcome
      const event = voucherEvent({ holdingId, userId, atMs, campaignId: null, code, voucherListId, details })
      await announce(env, [event])
      const holding = presentHolding({
        id: holdingId,
        kind: 'voucher',
        source_id: voucherListId,
        code,
        grant_id: null,
        campaign_id: null,
        redeemable_ms: atMs,
        expires_ms: expiresMs,
        at_ms: atMs,
      })
      return reply(201, holding, replayed ? { 'idempotent-replayed': 'true' } : undefined)
    },
  )
}

function refusalOf(reason: AssignRefusal): Refusal {
  switch (reason) {
    case 'list_expired':
      return refuse('list_expired', 'The voucher list has expired.')
    case 'list_not_active':
      return refuse('list_not_active', 'The voucher list is paused or archived.')
    case 'out_of_stock':
      return refuse('out_of_stock', 'The voucher list has no codes left.')
    case 'idempotency_conflict':
      return keyConflict()
  }
}
