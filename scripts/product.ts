import { type ChildProcess, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { type Call, caller } from './http-call.ts'
import { removeFolder, temporaryFolder } from './temporary-folder.ts'

export interface Product {
  url: string
  port: number
  /** The folder that holds its data. */
  state: string
  call: Call
  /** What it has printed so far. */
  log(): string
  /** Asks it to end as Ctrl-C does, and takes a state folder of its own away. */
  stop(): Promise<void>
  /** Ends it without a warning, as a power cut would. The state stays when it was given. */
  kill(): Promise<void>
}

export interface ProductOptions {
  /** Data to go on with. Without it the product starts on an empty temporary folder. */
  state?: string
  /** Load the demo (default: no). */
  demo?: boolean
  /** The checkout to start (default: this one). */
  root?: string
  readyWithinMs?: number
}

const READY = /Boon is ready at http/
const KILL_AFTER_MS = 10_000
const LOG_CHARACTERS = 200_000

/** Leaders of the process groups that this process has started and that may still run. */
const groups = new Set<number>()

/**
 * Starts the product as a person would, with `npm start` on a free port, and waits until it answers.
 * It runs in a process group of its own, workerd included, which is ended by its id: by `stop`, by `kill`, or when
 * this process ends. Throws with the captured output if it does not become ready.
 */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const { demo = false, root = resolve(import.meta.dirname, '..'), readyWithinMs = 120_000 } = options
  const port = await freePort()
  // Before the folder is made: what runs at the exit ends the processes first, then takes their data away.
  endGroupsWithThisProcess()
  const state = options.state ?? temporaryFolder('state')
  const args = ['start', '--', '--port', String(port), '--state', state, ...(demo ? [] : ['--no-demo'])]
  const child = spawn('npm', args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  if (child.pid !== undefined) groups.add(child.pid)
  let log = ''
  const capture = (data: Buffer) => {
    log = (log + data).slice(-LOG_CHARACTERS)
  }
  child.stdout.on('data', capture)
  child.stderr.on('data', capture)
  child.on('error', (error) => capture(Buffer.from(`${error.message}\n`)))

  const finish = async (signal: 'SIGINT' | 'SIGKILL') => {
    await endGroup(child, signal)
    if (options.state === undefined) removeFolder(state)
  }
  const url = `http://127.0.0.1:${port}`
  try {
    await ready(child, url, () => log, readyWithinMs)
  } catch (error) {
    await finish('SIGKILL')
    throw error
  }
  return {
    url,
    port,
    state,
    call: caller(url),
    log: () => log,
    stop: () => finish('SIGINT'),
    kill: () => finish('SIGKILL'),
  }
}

async function ready(child: ChildProcess, url: string, log: () => string, withinMs: number): Promise<void> {
  const until = Date.now() + withinMs
  while (Date.now() < until && child.exitCode === null && child.signalCode === null) {
    if (READY.test(log()) && (await answers(url))) return
    await sleep(50)
  }
  const what =
    child.exitCode === null ? `is not ready after ${withinMs / 1000} s` : `ended with ${child.exitCode}`
  throw new Error(`npm start ${what}. Its output:\n${log().slice(-4_000)}`)
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) })).ok
  } catch {
    return false
  }
}

/** Signals the whole group and waits until its last process is gone; one that does not listen is killed. */
async function endGroup(child: ChildProcess, signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
  const { pid } = child
  if (pid === undefined || !groups.has(pid)) return
  signalGroup(pid, signal)
  const until = Date.now() + KILL_AFTER_MS
  while (groupLives(pid)) {
    if (Date.now() > until) signalGroup(pid, 'SIGKILL')
    // Dead processes that no one reaps (a container without an init) still count as a group.
    if (Date.now() > until + 2_000) break
    await sleep(25)
  }
  groups.delete(pid)
}

function groupLives(pid: number): boolean {
  return signalGroup(pid, 0)
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}

let watching = false

/** A group of its own does not hear this terminal's Ctrl-C, so it is passed on. */
function endGroupsWithThisProcess(): void {
  if (watching) return
  watching = true
  const killAll = () => {
    for (const pid of groups) signalGroup(pid, 'SIGKILL')
  }
  process.on('exit', killAll)
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => process.exit(code))
  }
}
