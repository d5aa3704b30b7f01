import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildWidget } from './build-widget.ts'

/** The project's folder. */
export const ROOT = resolve(import.meta.dirname, '..')

const PUBLIC = join(ROOT, 'dist/public')
const WORKER = join(ROOT, 'dist/worker/index.js')

/** Builds the pages and scripts that browsers load. */
export async function buildPages(): Promise<void> {
  await buildWidget(PUBLIC)
}

/**
 * Builds what is older than its sources: the pages, then the Worker, exactly as `wrangler deploy` bundles it.
 * Answers the path of the Worker's script.
 */
export async function buildStale(): Promise<string> {
  if (isStale(join(PUBLIC, 'boon.js'), ['widget', 'scripts/build-widget.ts', 'package-lock.json']))
    await buildPages()
  if (isStale(WORKER, ['worker', 'wrangler.toml', 'package-lock.json'])) buildWorker()
  return WORKER
}

function buildWorker(): void {
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
  const args = [wrangler, 'deploy', '--dry-run', '--outdir', 'dist/worker']
  try {
    execFileSync(process.execPath, args, {
      cwd: ROOT,
      // The pages are built already; the hook of wrangler.toml need not do it again.
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', BOON_PAGES_BUILT: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: Buffer; stderr?: Buffer }
    throw new Error(`The Worker could not be built:\n${stdout ?? ''}${stderr ?? ''}`)
  }
}

function isStale(target: string, sources: string[]): boolean {
  if (!existsSync(target)) return true
  const built = statSync(target).mtimeMs
  return sources.some((source) => newestIn(join(ROOT, source)) > built)
}

function newestIn(path: string): number {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))))
}

// `wrangler deploy` and `wrangler dev` call this through wrangler.toml, so that pages are never forgotten.
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.env['BOON_PAGES_BUILT'] === undefined) await buildPages()
}
