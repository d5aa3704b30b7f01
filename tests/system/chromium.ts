import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const run = promisify(execFile)
const UNPACK = `import packed from '@sparticuz/chromium'; await packed.executablePath()`

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))
/** It lies in `node_modules`, so a new version, which is a new installation, is unpacked anew. */
const HOME = join(CACHE, 'chromium')

/** Nothing that a browser does for its own sake: a test talks to the product and to nobody else. */
const QUIET = [
  '--headless=shell',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Starts the Chromium that comes from npm, on a profile of its own that is gone when it is closed. A context of it is
 * one person's browser: `browser.newContext()` knows nothing of the others.
 */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: await unpacked(), args: QUIET, chromiumSandbox: false })
}

/** The browser's program. Unpacked aside and moved in whole, so that an interrupted unpacking leaves none behind. */
async function unpacked(): Promise<string> {
  const program = join(HOME, 'chromium')
  if (existsSync(program)) return program
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(join(CACHE, 'unpacking-'))
  // The package unpacks to the temporary folder and knows no other place. It does so in a process of its own, because
  // whatever else this process starts meanwhile must not get that folder for its temporary one.
  await run(process.execPath, ['--input-type=module', '--eval', UNPACK], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, TMPDIR: folder },
  })
  try {
    renameSync(folder, HOME)
  } catch (error) {
    rmSync(folder, { recursive: true })
    // Somebody else was first, which is as good.
    if (!existsSync(program)) throw error
  }
  return program
}
