import { z } from '@hono/zod-openapi'
import type { Env } from '../env.ts'
import { now } from '../platform/clock.ts'
import { type App, operation, reply } from '../platform/http.ts'
import { decodeCursor, pageOf, toPage } from '../platform/paging.ts'
import { refuse } from '../platform/problem.ts'
import { deliveryListQuery, deliverySchema } from './contract.ts'
import { findDelivery, listDeliveries, presentDelivery, reopenDelivery } from './deliveryStore.ts'
import { endpointStatus } from './endpointStore.ts'
import { expectDeliveries, queueDeliveries } from './queue.ts'

/** What this room needs of the campaigns, which lie below it. */
export interface DeliveryRoutesOptions {
  /**
   * Counts a grant again that had failed and had been taken out of the count. Answers the limit that leaves no room
   * for it; undefined when there is room.
   */
  reinstate: (
    env: Env,
    campaignId: string,
    grant: { id: string; userId: string; eventId: string | null },
  ) => Promise<string | undefined>
}

const deliveryParams = z.object({ deliveryId: z.string() })
const unknownDelivery = (id: string) => refuse('not_found', `There is no delivery ${id}.`)

/** `/v1/deliveries`: what became of webhooks, and sending them again. */
export function deliveryRoutes(app: App, options: DeliveryRoutesOptions): void {
  operation(
    app,
    {
      method: 'get',
      path: '/v1/deliveries',
      summary: 'List deliveries, newest first',
      access: { scope: 'webhooks:read' },
      query: deliveryListQuery,
      answers: { 200: pageOf(deliverySchema) },
    },
    async ({ env, query: { limit, cursor, endpointId, status } }) => {
      const before = cursor === undefined ? undefined : decodeCursor(cursor)
      const rows = await listDeliveries(env, { endpointId, status }, limit, before)
      return reply(
        200,
        toPage(rows, limit, (row) => row.id, presentDelivery),
      )
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/deliveries/{deliveryId}',
      summary: 'One delivery with every attempt',
      access: { scope: 'webhooks:read' },
      params: deliveryParams,
      answers: { 200: deliverySchema },
      refusals: ['not_found'],
    },
    async ({ env, params }) => {
      const row = await findDelivery(env, params.deliveryId)
      return row === undefined ? unknownDelivery(params.deliveryId) : reply(200, presentDelivery(row))
    },
  )

  operation(
    app,
    {
      method: 'post',
      path: '/v1/deliveries/{deliveryId}/replay',
      summary: 'Send a delivery again: the same id, the same bytes',
      access: { scope: 'webhooks:write' },
      params: deliveryParams,
      answers: { 200: deliverySchema },
      refusals: ['not_found', 'wrong_status', 'limit_reached'],
    },
    async ({ env, params }) => {
      const row = await findDelivery(env, params.deliveryId)
      if (row === undefined) return unknownDelivery(params.deliveryId)
      if (row.status === 'pending') return refuse('wrong_status', 'The delivery is under way already.')
      if (row.body === null) {
        return refuse('wrong_status', `There is nothing to send: ${row.fault ?? 'it was never made'}.`)
      }
      if ((await endpointStatus(env, row.endpoint_id)) !== 'enabled') {
        return refuse('wrong_status', 'The endpoint is disabled; enable it first.')
      }
      if (row.grant_status === 'failed') {
        const grant = { id: row.grant_id, userId: row.user_id, eventId: row.event_id }
        const limit = await options.reinstate(env, row.campaign_id, grant)
        if (limit !== undefined) {
          return refuse(
            'limit_reached',
            `The campaign gave back what had failed, and has no room for it now: ${limit}.`,
          )
        }
      }
      // Told before, so that it is found should this die right after; and again with the queue, see there.
      const ref = { id: row.id, userId: row.user_id, endpointId: row.endpoint_id }
      await expectDeliveries(env, [ref])
      if (!(await reopenDelivery(env, row, now()))) {
        return refuse('wrong_status', 'The delivery is under way already.')
      }
      await queueDeliveries(env, [ref])
      const reopened = (await findDelivery(env, row.id)) ?? row
      return reply(200, presentDelivery(reopened))
    },
  )
}
