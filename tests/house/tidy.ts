import { type Files, withoutComments } from './files.ts'

const MAX_LINES = 300
const CODE = /\.(?:tsx?|m?js)$/
const NAMELESS = /^(?:utils?|helpers?)$/
const REEXPORT = /\bexport\s+(?:type\s+)?(?:\*|\{[^}]*\}\s*from)/
/** The Worker's entry hands the classes of its objects to the runtime. */
const ENTRY = 'worker/index.ts'
/** Written so that none of them finds itself here. */
const MARKS = /\b(?:TO(?:DO)|FIX(?:ME)|XX(?:X))\b/
const MACHINE = /(?:^|[^\w.-])\/(?:work|root)\//m
const REGISTRY = /\bregistry\.(?:npmjs|yarnpkg)\.|\bnpm\.pkg\.github\.|"resolved": "https?:/
const CLOCK =
  /\bDate\.now\b|\bnew Date\b(?!\s*\(\s*[^)\s])|\bMath\.random\b|\bTemporal\.Now\b|(?<!\bnew\s+)\bDate\(\)/
const MAY_READ_THE_CLOCK = new Set(['worker/platform/clock.ts', 'worker/platform/ids.ts'])

/** Files and folders whose name says nothing of what is in them, and index files that only pass on. */
export function nameFaults(files: Files): string[] {
  return faultsOf(files, CODE, (text, path) => {
    const parts = path.replace(/\.[^/]*$/, '').split('/')
    if (parts.some((part) => NAMELESS.test(part))) return 'is named after nothing'
    const barrel = parts.at(-1) === 'index' && path !== ENTRY && REEXPORT.test(withoutComments(text))
    return barrel ? 'is a barrel: import from the file itself' : undefined
  })
}

/** Files of the Worker that have grown past what one idea takes. */
export function lengthFaults(files: Files): string[] {
  return faultsOf(files, /^worker\/.*\.tsx?$/, (text) => {
    const lines = text.replace(/\n$/, '').split('\n').length
    return lines > MAX_LINES ? `has ${lines} lines, more than ${MAX_LINES}` : undefined
  })
}

/** Notes to oneself: what is not done belongs in an issue. The lock file holds hashes, which may spell anything. */
export function markFaults(files: Files): string[] {
  return faultsOf(files, /^(?!package-lock\.json$)/, (text) => {
    const mark = MARKS.exec(text)
    return mark === null ? undefined : `holds ${mark[0]}`
  })
}

/** Traces of the machine or network that a file was made on, the lock file included. */
export function machineFaults(files: Files): string[] {
  return faultsOf(files, /^/, (text) => {
    if (MACHINE.test(text)) return 'holds a path of one machine'
    return REGISTRY.test(text) ? 'names the host of a registry' : undefined
  })
}

/** Code of the Worker that asks the machine for the time or for chance, instead of being given them. */
export function clockFaults(files: Files): string[] {
  return faultsOf(files, /^worker\/.*\.tsx?$/, (text, path) => {
    const found = MAY_READ_THE_CLOCK.has(path) ? null : CLOCK.exec(withoutComments(text))
    return found === null ? undefined : `reads ${found[0]}`
  })
}

function faultsOf(
  files: Files,
  which: RegExp,
  judge: (text: string, path: string) => string | undefined,
): string[] {
  const faults: string[] = []
  for (const [path, text] of files) {
    const fault = which.test(path) ? judge(text, path) : undefined
    if (fault !== undefined) faults.push(`${path} ${fault}`)
  }
  return faults
}
