import { posix } from 'node:path'
import { type Files, withoutComments } from './files.ts'

/** The rooms of the Worker, each of which may import itself and those before it. */
export const ROOMS = [
  'platform',
  'users',
  'segments',
  'wallets',
  'codes',
  'webhooks',
  'coupons',
  'vouchers',
  'rewards',
  'campaigns',
  'ingest',
  'tray',
  'team',
  'compat',
] as const

const CODE = /\.tsx?$/
const FRONT = /^(?:widget|admin)\//
const IMPORT = /\bimport(\s+type)?\s+[\w$*{][^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g
const EXPORT = /\bexport(\s+type)?\s+(?:\*[^'"`;{}]*?|\{[^}]*\}\s*)from\s*['"]([^'"]+)['"]/g
/** Imports for their effect, dynamic ones and types named in place: none of them can be type-only. */
const BARE = /\bimport()\s*\(?\s*['"]([^'"]+)['"]/g

type Import = { from: string; to: string; typeOnly: boolean }

/**
 * Every import that runs against the order of the rooms, as `from → to: why`: from a room to a later one or to the
 * Worker's root, from a room out of the Worker, and from a front end to anything but the types of a room's contract.
 * Only relative imports are looked at; packages are nobody's room.
 */
export function importFaults(files: Files): string[] {
  const faults: string[] = []
  for (const [from, text] of files) {
    if (!CODE.test(from)) continue
    for (const found of importsOf(from, text)) {
      const fault = from.startsWith('worker/')
        ? roomFault(found)
        : FRONT.test(from)
          ? frontFault(found)
          : undefined
      if (fault !== undefined) faults.push(`${found.from} → ${found.to}: ${fault}`)
    }
  }
  return faults
}

function importsOf(from: string, text: string): Import[] {
  const code = withoutComments(text)
  return [IMPORT, EXPORT, BARE].flatMap((pattern) =>
    [...code.matchAll(pattern)]
      .filter(([, , to]) => to?.startsWith('.'))
      .map(([, type, to]) => ({
        from,
        to: posix.join(posix.dirname(from), to ?? ''),
        typeOnly: type !== undefined && type !== '',
      })),
  )
}

function roomFault({ from, to, typeOnly }: Import): string | undefined {
  const own = roomOf(from)
  if (own === undefined) return undefined
  const rank = rankOf(own)
  if (rank < 0) return `${own} is no room of the list`
  if (!to.startsWith('worker/')) return 'a room imports nothing from outside the Worker'
  const other = roomOf(to)
  if (other === undefined) {
    if (to !== 'worker/env.ts') return 'a room does not import the root'
    return typeOnly ? undefined : 'of env.ts only types are for rooms'
  }
  return rankOf(other) >= 0 && rankOf(other) <= rank ? undefined : `${own} comes before ${other}`
}

function frontFault({ to, typeOnly }: Import): string | undefined {
  if (!to.startsWith('worker/')) return undefined
  if (posix.basename(to) !== 'contract.ts') return "a front end sees a room's contract.ts only"
  return typeOnly ? undefined : 'a front end imports types only'
}

/** The room a file of the Worker is in; undefined for a file of its root. */
function roomOf(path: string): string | undefined {
  const [, room, file] = path.split('/')
  return file === undefined ? undefined : room
}

function rankOf(room: string): number {
  return (ROOMS as readonly string[]).indexOf(room)
}
