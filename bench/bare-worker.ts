import { join } from 'node:path'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { freePort } from '../scripts/free-port.ts'
import { removeFolder, temporaryFolder } from '../scripts/temporary-folder.ts'

export interface BareWorker {
  port: number
  /** Runs statements on its database `DB`, one after the other. */
  sql(statements: string[]): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts one of the Workers in `baseline/` on an empty state: bundled, in a workerd of its own, reached without a
 * proxy through a direct socket. It has a D1 database `DB`, a queue `QUEUE` that it consumes itself, and the given
 * Durable Objects (binding to class name).
 */
export async function startBareWorker(
  script: string,
  durableObjects: Record<string, string> = {},
): Promise<BareWorker> {
  const folder = temporaryFolder('baseline')
  const out = join(folder, 'worker')
  await build({
    entryPoints: [join(import.meta.dirname, 'baseline', script)],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:*'],
    outfile: join(out, 'index.js'),
    logLevel: 'warning',
  })
  const port = await freePort()
  const objects = Object.entries(durableObjects)
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions({
      port: 0,
      workers: [
        {
          name: 'baseline',
          modules: true,
          modulesRoot: out,
          scriptPath: join(out, 'index.js'),
          compatibilityDate: '2026-10-01',
          d1Databases: { DB: 'baseline' },
          queueProducers: { QUEUE: 'baseline' },
          // As the product's queue of webhooks is set up.
          queueConsumers: { baseline: { maxBatchSize: 100, maxBatchTimeout: 1 } },
          durableObjects: Object.fromEntries(
            objects.map(([binding, className]) => [binding, { className, useSQLite: true }]),
          ),
          unsafeDirectSockets: [{ host: '127.0.0.1', port }],
        },
      ],
    }),
    resourcePersistencePath: join(folder, 'state'),
  })
  await miniflare.ready
  const db = await miniflare.getD1Database('DB')
  return {
    port,
    sql: async (statements) => {
      for (const statement of statements) await db.prepare(statement).run()
    },
    stop: async () => {
      await miniflare.dispose()
      removeFolder(folder)
    },
  }
}
