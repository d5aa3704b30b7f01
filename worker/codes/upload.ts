import { type Refusal, refuse } from '../platform/problem.ts'

/** How large an upload of codes may be. */
export const UPLOAD_MAX_BYTES = 64_000_000

const PART_CHARACTERS = 64_000
/** No line that means anything is longer; without a bound, a file with no line ends would be held whole. */
const LONGEST_LINE = 1_000_000
const LINE_END = /\r\n|\n|\r/g

/**
 * Cuts an uploaded text into parts of whole lines, passing each on as it comes, so that memory stays flat whatever the
 * size of the file. Answers the number of lines.
 *
 * Refuses what is not UTF-8 text, empty, or larger than {@link UPLOAD_MAX_BYTES}; parts passed on before that are the
 * caller's to discard.
 */
export async function readUpload(
  req: Request,
  pass: (firstLine: number, text: string) => Promise<void>,
): Promise<number | Refusal> {
  const type = req.headers.get('content-type') ?? ''
  if (!/^text\/(csv|plain)\b/i.test(type)) {
    return wrong('Content-Type', 'must be text/csv')
  }
  if (Number(req.headers.get('content-length')) > UPLOAD_MAX_BYTES) return tooLarge()
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let carry = ''
  let nextLine = 1
  let size = 0
  const flush = async (text: string) => {
    if (text === '') return
    const firstLine = nextLine
    nextLine += linesIn(text)
    await pass(firstLine, text)
  }
  try {
    for await (const bytes of (req.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      size += bytes.byteLength
      if (size > UPLOAD_MAX_BYTES) return tooLarge()
      carry += decoder.decode(bytes, { stream: true })
      // A closing CR waits: its LF may come with the next bytes.
      const cut = Math.max(carry.lastIndexOf('\n'), carry.lastIndexOf('\r', carry.length - 2)) + 1
      if (carry.length - cut > LONGEST_LINE)
        return wrong('body', `line ${nextLine} or one after it is far too long`)
      if (cut < PART_CHARACTERS) continue
      await flush(carry.slice(0, cut))
      carry = carry.slice(cut)
    }
    await flush(carry + decoder.decode())
  } catch (error) {
    if (error instanceof TypeError) return wrong('body', 'must be text in UTF-8')
    throw error
  }
  return size === 0 ? wrong('body', 'is empty') : nextLine - 1
}

function linesIn(text: string): number {
  const ends = text.match(LINE_END)?.length ?? 0
  return /[\r\n]$/.test(text) ? ends : ends + 1
}

function tooLarge(): Refusal {
  return refuse('too_large', `An upload may be ${UPLOAD_MAX_BYTES / 1_000_000} MB at most.`)
}

function wrong(path: string, message: string): Refusal {
  return refuse('invalid', `${path}: ${message}.`, { issues: [{ path, message }] })
}
