import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders = new Set<string>()

/** Makes an empty folder that is gone when this process ends, or before with `removeFolder`. */
export function temporaryFolder(purpose: string): string {
  if (folders.size === 0) process.once('exit', removeAll)
  const folder = mkdtempSync(join(tmpdir(), `boon-${purpose}-`))
  folders.add(folder)
  return folder
}

/** Takes a folder away, also one whose user has only just ended. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  folders.delete(folder)
}

function removeAll(): void {
  for (const folder of folders) removeFolder(folder)
}
