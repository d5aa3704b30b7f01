import { Refusal, refuse } from './problem.ts'

const PART_CHARACTERS = 64_000
/**
 * No line that means anything is longer; without a bound, a file with no line ends would be held whole. A part of this
 * size still fits into a value of SQLite, whatever its letters.
 */
const LONGEST_LINE = 500_000
const LINE_END = /\r\n|\n|\r/g

/**
 * Cuts an uploaded text into parts of whole lines, passing each on as it comes, so that memory stays flat whatever the
 * size of the file. Answers the number of lines.
 *
 * Refuses what is not UTF-8 text, empty, or larger than `maxBytes`.
 *
 * @param discard forgets the parts that were passed on, when the upload is refused or breaks off
 */
export async function readUpload(
  req: Request,
  maxBytes: number,
  pass: (firstLine: number, text: string) => Promise<void>,
  discard: () => Promise<void>,
): Promise<number | Refusal> {
  let lines: number | Refusal
  try {
    lines = await readLines(req, maxBytes, pass)
  } catch (error) {
    await discard()
    throw error
  }
  if (lines instanceof Refusal) await discard()
  return lines
}

async function readLines(
  req: Request,
  maxBytes: number,
  pass: (firstLine: number, text: string) => Promise<void>,
): Promise<number | Refusal> {
  const type = req.headers.get('content-type') ?? ''
  if (!/^text\/(csv|plain)\b/i.test(type)) {
    return wrong('Content-Type', 'must be text/csv')
  }
  if (Number(req.headers.get('content-length')) > maxBytes) return tooLarge(maxBytes)
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
      if (size > maxBytes) return tooLarge(maxBytes)
      carry += decoder.decode(bytes, { stream: true })
      for (let cut = cutIn(carry); cut > 0; cut = cutIn(carry)) {
        if (cut > LONGEST_LINE) return tooLong(nextLine)
        await flush(carry.slice(0, cut))
        carry = carry.slice(cut)
      }
      if (carry.length > LONGEST_LINE) return tooLong(nextLine)
    }
    await flush(carry + decoder.decode())
  } catch (error) {
    if (error instanceof TypeError) return wrong('body', 'must be text in UTF-8')
    throw error
  }
  return size === 0 ? wrong('body', 'is empty') : nextLine - 1
}

/** Where a text is cut after whole lines, so that parts are neither small nor large; 0 when more must come first. */
function cutIn(text: string): number {
  if (text.length < PART_CHARACTERS) return 0
  const window = text.slice(0, 2 * PART_CHARACTERS)
  // A closing CR waits: its LF may come next.
  const last = Math.max(window.lastIndexOf('\n'), window.lastIndexOf('\r', window.length - 2))
  if (last >= 0) return last + 1
  const end = /\r\n|\n|\r(?=.)/s.exec(text)
  return end === null ? 0 : end.index + end[0].length
}

function linesIn(text: string): number {
  const ends = text.match(LINE_END)?.length ?? 0
  return /[\r\n]$/.test(text) ? ends : ends + 1
}

function tooLarge(maxBytes: number): Refusal {
  return refuse('too_large', `An upload may be ${maxBytes / 1_000_000} MB at most.`)
}

function tooLong(line: number): Refusal {
  return wrong('body', `line ${line} or one after it is far too long`)
}

function wrong(path: string, message: string): Refusal {
  return refuse('invalid', `${path}: ${message}.`, { issues: [{ path, message }] })
}
