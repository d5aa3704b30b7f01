import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import type { HonoEnv } from '../platform/http.ts'
import { readMeta } from '../platform/settings.ts'

/** Lets the pages of the account's allowed origins read the tray, and no others. Same-origin pages need no leave. */
export const trayCors: MiddlewareHandler<HonoEnv> = async (context, next) => {
  if (context.req.header('origin') === undefined) return next()
  const { settings } = await readMeta(context.env)
  const allow = cors({
    origin: settings.allowedOrigins,
    allowMethods: ['GET', 'POST'],
    allowHeaders: ['Authorization', 'Content-Type', 'X-User-Token'],
    exposeHeaders: ['X-Request-Id', 'Retry-After'],
    maxAge: 600,
  })
  return allow(context, next)
}
