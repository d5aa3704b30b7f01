import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Paths from the project's root, with `/` between their parts, and what the files hold. */
export type Files = ReadonlyMap<string, string>

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Every text file of the project that git tracks or would track, so that a new file is checked before it is committed.
 * Files deleted but not yet committed, and binary ones, are left out.
 */
export function projectFiles(): Files {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64_000_000,
  })
  const files = new Map<string, string>()
  for (const path of listed.split('\0')) {
    const text = path === '' ? undefined : read(path)
    if (text !== undefined && !text.includes('\0')) files.set(path, text)
  }
  return files
}

function read(path: string): string | undefined {
  try {
    return readFileSync(ROOT + path, 'utf8')
  } catch {
    return undefined
  }
}

const STRING_OR_COMMENT =
  /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g

/** Code without its comments; strings stay, whatever they look like. */
export function withoutComments(code: string): string {
  return code.replace(STRING_OR_COMMENT, (_, text: string | undefined) => text ?? '')
}
