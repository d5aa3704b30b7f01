import type { Context } from 'hono'
import type { App, HonoEnv } from './platform/http.ts'

const POLICY = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'"

/** The pages and scripts that are built ahead: the tray's script for shops, and the demo shop of local mode. */
export function assetRoutes(app: App, local: boolean): void {
  // Shops on other origins load it as a module too.
  app.get('/boon.js', (context) =>
    asset(context, context.req.url, {
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    }),
  )
  if (!local) return
  app.get('/', (context) => context.redirect('/demo'))
  app.get('/demo', (context) =>
    asset(context, new URL('/demo/', context.req.url), { 'content-security-policy': POLICY }),
  )
  app.get('/demo/*', (context) => asset(context, context.req.url, {}))
}

async function asset(
  context: Context<HonoEnv>,
  url: string | URL,
  headers: Record<string, string>,
): Promise<Response> {
  const found = await context.env.ASSETS.fetch(new Request(url, context.req.raw))
  const answer = new Response(found.body, found)
  answer.headers.set('x-request-id', context.get('requestId'))
  for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value)
  return answer
}
