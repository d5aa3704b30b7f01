import { OpenAPIHono, z } from '@hono/zod-openapi'
import { routePath } from 'hono/route'
import { assetRoutes } from './assets.ts'
import { campaignInsightRoutes } from './campaigns/insightRoutes.ts'
import { campaignRoutes } from './campaigns/routes.ts'
import { campaignLedger } from './campaigns/store.ts'
import { campaignNames, campaignsGivingVouchers, campaignsUsing } from './campaigns/uses.ts'
import { holdingRecord } from './codes/holdings.ts'
import { couponCodeRoutes } from './coupons/codeRoutes.ts'
import { couponRoutes } from './coupons/routes.ts'
import { configurationFaults, type Env } from './env.ts'
import { forgetUser, userErased } from './forget.ts'
import { announce } from './ingest/announce.ts'
import { ingestRoutes } from './ingest/routes.ts'
import { localRoutes } from './local.ts'
import { loadClock, now } from './platform/clock.ts'
import { type App, type HonoEnv, operation, reply } from './platform/http.ts'
import { newId } from './platform/ids.ts'
import { findJob, jobSchema } from './platform/jobs.ts'
import { describeError, log } from './platform/log.ts'
import { outageOf } from './platform/outage.ts'
import { problemResponse, Refusal, refuse } from './platform/problem.ts'
import { grantRecords } from './rewards/fulfil.ts'
import { estimateRoutes } from './segments/estimateRoutes.ts'
import { listRoutes } from './segments/listRoutes.ts'
import { memberRecord } from './segments/members.ts'
import { segmentRoutes } from './segments/segmentRoutes.ts'
import { teamRoutes } from './team/routes.ts'
import { trayCors } from './tray/cors.ts'
import { trayRoutes } from './tray/routes.ts'
import { userRoutes } from './users/routes.ts'
import { eventRecord } from './users/timeline.ts'
import { voucherRoutes } from './vouchers/routes.ts'
import { walletRecords } from './wallets/balances.ts'
import { walletRoutes } from './wallets/routes.ts'
import { catalogueRoutes } from './webhooks/catalogueRoutes.ts'
import { deliveryRoutes } from './webhooks/deliveryRoutes.ts'
import { deliveryRecord } from './webhooks/deliveryStore.ts'
import { endpointRoutes } from './webhooks/endpointRoutes.ts'

/** The version that `/healthz` and the OpenAPI document name. */
export const VERSION = '0.1.0'

/** The whole HTTP surface: middleware in order, then every room's operations, then the pages. */
export function makeApp(local: boolean): App {
  const app: App = new OpenAPIHono<HonoEnv>()
  middleware(app)
  serviceRoutes(app)
  userRoutes(app, {
    records: [eventRecord, ...grantRecords, holdingRecord, deliveryRecord, memberRecord, ...walletRecords],
    forget: forgetUser,
    erased: userErased,
  })
  walletRoutes(app, { announce })
  couponRoutes(app)
  couponCodeRoutes(app)
  segmentRoutes(app, { campaignNames })
  estimateRoutes(app)
  listRoutes(app, { campaignNames })
  endpointRoutes(app)
  catalogueRoutes(app, { campaignsUsing })
  deliveryRoutes(app, {
    reinstate: (env, campaignId, grant) => campaignLedger(env, campaignId).reinstate(grant),
  })
  voucherRoutes(app, { campaignsUsing: campaignsGivingVouchers, announce })
  campaignRoutes(app)
  campaignInsightRoutes(app)
  ingestRoutes(app)
  trayRoutes(app)
  teamRoutes(app)
  if (local) localRoutes(app)
  assetRoutes(app, local)
  return app
}

function middleware(app: App): void {
  app.use(async (context, next) => {
    const requestId = newId('req', now())
    context.set('requestId', requestId)
    // For what hono itself answers; operations and problems name it when they are made.
    context.header('X-Request-Id', requestId)
    const startedMs = now()
    const faults = configurationFaults(context.env)
    if (faults.length > 0) {
      log('error', 'The configuration is not complete', { requestId, faults })
      context.res = problemResponse(
        refuse('unavailable', 'The service is not configured; see its log.'),
        requestId,
      )
    } else {
      if (context.req.path !== '/healthz') await loadClock(context.env)
      await next()
    }
    log('info', 'request', {
      requestId,
      method: context.req.method,
      // The route, not the path: a path may hold who a user is.
      route: routePath(context, -1),
      status: context.res.status,
      ms: now() - startedMs,
      keyId: context.get('principal')?.keyId,
      refusedWith: context.get('refusedWith'),
    })
  })
  app.use('/v1/tray/*', trayCors)
  app.use('/v1/tray', trayCors)

  app.notFound((context) => {
    const detail = `${context.req.method} ${context.req.path} is not an operation; see /openapi.json.`
    return problemResponse(refuse('not_found', detail), context.get('requestId'))
  })
  app.onError((error, context) => {
    const requestId = context.get('requestId')
    log('error', 'request failed', { requestId, route: routePath(context, -1), ...describeError(error) })
    const refusal =
      outageOf(error) ?? refuse('internal', 'Something went wrong on our side; the log has more.')
    return problemResponse(refusal, requestId)
  })
}

/** Local mode is set up by its starter, keys last, while the Worker answers already. */
async function isSetUp(env: Env): Promise<boolean> {
  const question = env.BOON_MODE === 'local' ? 'EXISTS (SELECT 1 FROM keys)' : 'EXISTS (SELECT 1 FROM meta)'
  try {
    const row = await env.DB.prepare(`SELECT ${question} AS found`).first<{ found: number }>()
    return row?.found === 1
  } catch {
    return false
  }
}

function serviceRoutes(app: App): void {
  operation(
    app,
    {
      method: 'get',
      path: '/healthz',
      summary: 'Whether the service can do its work: its catalogue answers and has been set up',
      access: 'public',
      answers: { 200: z.object({ ok: z.literal(true), version: z.string() }) },
      refusals: ['unavailable'],
    },
    async ({ env }) =>
      (await isSetUp(env))
        ? reply(200, { ok: true, version: VERSION })
        : refuse('unavailable', 'The catalogue does not answer, or has not been set up yet.', {
            retryAfterS: 1,
          }),
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/jobs/{jobId}',
      summary: 'How far a job is',
      access: { scope: 'coupons:read', or: ['campaigns:read', 'vouchers:read'] },
      params: z.object({ jobId: z.string() }),
      answers: { 200: jobSchema },
      refusals: ['not_found'],
    },
    async ({ env, params }) => {
      const job = await findJob(env, params.jobId)
      return job instanceof Refusal ? job : reply(200, job)
    },
  )

  app.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' })
  app.get('/openapi.json', (context) =>
    context.json(
      app.getOpenAPI31Document({
        openapi: '3.1.0',
        info: { title: 'Boon', version: VERSION, description: 'An open promotion engine at the edge.' },
      }),
    ),
  )
}
