import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join, resolve } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { buildStale, ROOT } from './build.ts'
import { type MigratedDatabase, migrate } from './migrations.ts'

/** What wrangler makes of `wrangler.toml`, as far as it is looked at here; the rest is passed on as it is. */
interface WorkerOptions {
  modulesRules?: unknown
  rootPath?: unknown
  bindings?: Record<string, string>
  d1Databases?: Record<string, { id: string }>
}

/** What local mode needs to know. */
export interface LocalOptions {
  port: number
  /** The folder that holds all data. */
  state: string
  /** `production` leaves out the test clock; the bench measures so. */
  mode?: 'local' | 'production'
}

/** A running Boon. */
export interface Local {
  url: string
  db(binding: string): Promise<MigratedDatabase>
  /** Ends it, workerd included. */
  stop(): Promise<void>
}

/** A port that cannot be had; the message says why. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken'
}

/** Known to everybody: local mode keeps nothing from whoever has the machine. */
export const LOCAL_SECRETS = {
  TOKEN_SECRET: 'local-mode-only-this-is-no-secret-at-all',
  SEALING_SECRET: 'local-mode-only-neither-is-this-a-secret',
}
const LOCAL_KEYS = [
  { id: 'key_local_secret', name: 'Local secret key', kind: 'secret', key: 'sk_local_boon' },
  { id: 'key_local_publishable', name: 'Local publishable key', kind: 'publishable', key: 'pk_local_boon' },
] as const

/**
 * Starts the built product in workerd, with everything that `wrangler.toml` says, on sockets of its own: no proxy
 * stands between a client and the Worker, and nobody but this machine can reach it. Builds what is stale, applies
 * migrations, makes the local keys. Throws {@link PortTaken} when the port is in use.
 */
export async function startLocal({ port, state, mode = 'local' }: LocalOptions): Promise<Local> {
  const hosts = loopbackHosts()
  for (const host of hosts) await claimPort(host, port)
  const scriptPath = await buildStale()
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(ROOT, 'wrangler.toml'))
  const {
    modulesRules: _rules,
    rootPath: _root,
    ...options
  } = withoutUndefined(workerOptions as WorkerOptions)
  const mf = new Miniflare({
    ...convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      workers: [
        {
          ...options,
          bindings: { ...options.bindings, BOON_MODE: mode, ...LOCAL_SECRETS },
          name: 'boon',
          modules: true,
          modulesRoot: join(ROOT, 'dist/worker'),
          scriptPath,
          // The entry point by its own name, because the default one of a Worker with assets lies behind their router.
          unsafeDirectSockets: hosts.map((host) => ({ host, port, entrypoint: 'direct' })),
        },
      ],
    }),
    resourcePersistencePath: resolve(state),
  })
  try {
    await mf.ready
    const db = (binding: string) => mf.getD1Database(binding) as unknown as Promise<MigratedDatabase>
    await migrate(await db('DB'), 'catalogue')
    const userBindings = Object.keys(options.d1Databases ?? {}).filter((name) => /^USERS_\d+$/.test(name))
    for (const name of userBindings) await migrate(await db(name), 'users')
    await makeKeys(await db('DB'))
    return { url: `http://127.0.0.1:${port}`, db, stop: () => mf.dispose() }
  } catch (error) {
    await mf.dispose()
    throw error
  }
}

/** What `localhost` may mean on this machine. */
function loopbackHosts(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  return addresses.some(({ address }) => address === '::1') ? ['127.0.0.1', '::1'] : ['127.0.0.1']
}

function claimPort(host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') fail(new PortTaken(`Port ${port} is taken.`))
      else if (error.code === 'EACCES') fail(new PortTaken(`Port ${port} needs more rights than you have.`))
      else fail(error)
    })
    server.listen(port, host, () => server.close(() => done()))
  })
}

async function makeKeys(db: MigratedDatabase): Promise<void> {
  await db.batch(
    LOCAL_KEYS.map(({ id, name, kind, key }) =>
      db
        .prepare(
          'INSERT INTO keys (id, name, kind, hash, created_ms) VALUES (?1, ?2, ?3, ?4, 0) ON CONFLICT DO NOTHING',
        )
        .bind(id, name, kind, createHash('sha256').update(key).digest('hex')),
    ),
  )
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}
