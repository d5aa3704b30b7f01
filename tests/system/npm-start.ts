import { execFileSync, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** An `npm start` in a process group of its own, as a terminal would run it. */
export interface Started {
  /** Resolves once this has been printed; rejects if it ends before. */
  printed(text: string): Promise<void>
  /** How it ended, with all that it printed. */
  ended: Promise<{ code: number | null; output: string }>
  /** The programs of its group that run at this moment. */
  programs(): string[]
  signal(signal: NodeJS.Signals): void
}

/** Runs `npm start` with these arguments, without waiting for anything. */
export function npmStart(...args: string[]): Started {
  const child = spawn('npm', ['start', '--', ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const group = child.pid ?? 0
  let output = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data
      for (const listener of listeners) listener()
    })
  }
  const ended = new Promise<{ code: number | null; output: string }>((done) => {
    child.once('close', (code) => done({ code, output }))
  })
  const killed = () => signalGroup(group, 'SIGKILL')
  process.once('exit', killed)
  ended.then(() => process.off('exit', killed))
  return {
    ended,
    printed: (text) =>
      new Promise((done, failed) => {
        const look = () => {
          if (output.includes(text)) done()
        }
        listeners.add(look)
        look()
        ended.then(() => failed(new Error(`It ended without "${text}":\n${output}`)))
      }),
    programs: () => programsOf(group),
    signal: (signal) => signalGroup(group, signal),
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch {
    // It has ended already.
  }
}

/** Those that are dead and only wait for somebody to take note of it do not count. */
function programsOf(group: number): string[] {
  const table = execFileSync('ps', ['-A', '-o', 'pgid=,stat=,comm='], { encoding: 'utf8' })
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([pgid, stat]) => Number(pgid) === group && !stat?.startsWith('Z'))
    .map(([, , program = '']) => program)
}
