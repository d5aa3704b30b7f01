import { parseArgs } from 'node:util'
import { loadDemo } from './demo.ts'
import { freePort } from './free-port.ts'
import type { Local } from './local.ts'

const USAGE = `npm start -- [--port 8787] [--state .wrangler/state] [--no-demo]

  --port     where to listen
  --state    the folder that holds all data; the same folder started again continues
  --no-demo  do not load the demo account`

/** How often to look whether whoever started this is still there. */
const PARENT_WATCH_MS = 500

function readOptions(): { port: number; state: string; demo: boolean } {
  try {
    const { values } = parseArgs({
      allowNegative: true,
      options: {
        port: { type: 'string', default: '8787' },
        state: { type: 'string', default: '.wrangler/state' },
        demo: { type: 'boolean', default: true },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help === true) end(0, USAGE)
    const port = Number(values.port)
    if (!Number.isInteger(port) || port < 1 || port > 65_535) end(2, `--port must be 1 to 65535.\n\n${USAGE}`)
    return { port, state: values.state, demo: values.demo }
  } catch (error) {
    return end(2, `${error instanceof Error ? error.message : error}\n\n${USAGE}`)
  }
}

function end(code: number, message: string): never {
  if (code === 0) console.log(message)
  else console.error(message)
  process.exit(code)
}

const { port, state, demo } = readOptions()
let boon: Local | undefined
let ending = false

// Installed before anything is started: Ctrl-C during the start must end workerd too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (ending) return
    ending = true
    void stop()
  })
}

async function stop(): Promise<void> {
  await boon?.stop()
  process.exit(0)
}

// A signal that npm alone gets ends npm and its shell, and would leave this behind.
if (process.env['npm_lifecycle_event'] === 'start') {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
  }, PARENT_WATCH_MS).unref()
}

// Loaded late: it brings wrangler along, which takes seconds, and a wrong option should be told at once.
const { PortTaken, startLocal } = await import('./local.ts')
try {
  boon = await startLocal({ port, state })
  if (demo) await loadDemo(boon.url, 'sk_local_boon')
  console.log(`Boon is ready at http://localhost:${port}`)
  if (demo) console.log(`The demo shop is at http://localhost:${port}/demo`)
} catch (error) {
  await boon?.stop()
  if (ending) process.exit(0)
  if (error instanceof PortTaken)
    end(1, `${error.message} Choose another: npm start -- --port ${await freePort()}`)
  throw error
}
