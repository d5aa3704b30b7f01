import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './build.ts'
import { freePort } from './free-port.ts'
import { LOCAL_SECRETS, startLocal } from './local.ts'

// `npm run dev`: wrangler dev with reloading, for contributors. The state is made ready by local mode itself, which
// applies migrations and makes the local keys, and is then handed to wrangler, which keeps its data in `v3`.
const state = join(ROOT, '.wrangler/dev')
const prepared = await startLocal({ port: await freePort(), state: join(state, 'v3') })
await prepared.stop()

const wrangler = spawn(
  process.execPath,
  [
    join(ROOT, 'node_modules/wrangler/bin/wrangler.js'),
    'dev',
    '--persist-to',
    state,
    '--var',
    'BOON_MODE:local',
    ...Object.entries(LOCAL_SECRETS).flatMap(([name, secret]) => ['--var', `${name}:${secret}`]),
    ...process.argv.slice(2),
  ],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => wrangler.kill(signal))
wrangler.on('exit', (code) => process.exit(code ?? 0))
