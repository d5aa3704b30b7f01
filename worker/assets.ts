import type { App } from './platform/http.ts'

const POLICY = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'"

/** The pages and scripts that are built ahead: the tray's script for shops, and the demo shop of local mode. */
export function assetRoutes(app: App, local: boolean): void {
  app.get('/boon.js', async (context) => {
    const found = await context.env.ASSETS.fetch(context.req.raw)
    const answer = new Response(found.body, found)
    // Shops on other origins load it as a module too.
    answer.headers.set('access-control-allow-origin', '*')
    answer.headers.set('cross-origin-resource-policy', 'cross-origin')
    return answer
  })
  if (!local) return
  app.get('/', (context) => context.redirect('/demo'))
  app.get('/demo', async (context) => {
    const found = await context.env.ASSETS.fetch(new Request(new URL('/demo/', context.req.url)))
    const answer = new Response(found.body, found)
    answer.headers.set('content-security-policy', POLICY)
    return answer
  })
  app.get('/demo/*', (context) => context.env.ASSETS.fetch(context.req.raw))
}
