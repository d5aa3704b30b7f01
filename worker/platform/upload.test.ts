import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Refusal } from './problem.ts'
import { readUpload } from './upload.ts'

/** A request whose body comes in these pieces. */
function requestOf(pieces: Uint8Array[], type = 'text/csv'): Request {
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  // Node wants to be told that it need not wait for the answer before it sends.
  return new Request('http://boon.test/', {
    method: 'PUT',
    body,
    headers: { 'content-type': type },
    duplex: 'half',
  } as RequestInit)
}

async function read(pieces: Uint8Array[], maxBytes = 10_000_000) {
  const parts: { firstLine: number; text: string }[] = []
  let discarded = 0
  const lines = await readUpload(
    requestOf(pieces),
    maxBytes,
    async (firstLine, text) => {
      parts.push({ firstLine, text })
    },
    async () => {
      discarded += 1
    },
  )
  // What was passed on of an upload that is refused is forgotten, of any other kept.
  expect(discarded).toBe(lines instanceof Refusal ? 1 : 0)
  return { lines, parts }
}

const nothing = async () => {}
const bytesOf = (text: string) => new TextEncoder().encode(text)
const linesIn = (text: string) => text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? []

test('a file comes in parts of whole lines, none of them large, however its bytes were cut', async () => {
  const line = fc.tuple(
    fc.constantFrom('', 'a', 'ü😀', 'x'.repeat(30_000)),
    fc.constantFrom('\n', '\r\n', '\r'),
  )
  const file = fc.array(line, { minLength: 1, maxLength: 40 }).map((lines) => lines.flat().join(''))
  await fc.assert(
    fc.asyncProperty(file, fc.constantFrom(7_001, 64_000, 131_072, 10_000_000), async (text, size) => {
      const bytes = bytesOf(text)
      const pieces: Uint8Array[] = []
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.slice(at, at + size))
      const { lines, parts } = await read(pieces)
      expect(lines).toBe(linesIn(text).length)
      expect(parts.map((part) => part.text).join('')).toBe(text)
      let nextLine = 1
      for (const part of parts) {
        expect(part.firstLine).toBe(nextLine)
        expect(part.text.length).toBeLessThanOrEqual(160_000)
        nextLine += linesIn(part.text).length
      }
      // Cut between CR and LF, a line would be counted twice.
      expect(nextLine - 1).toBe(lines)
    }),
    { numRuns: 50 },
  )
})

test('a line of 400,000 characters is passed on, and one of 600,000 refused, in one piece or in many', async () => {
  for (const [length, isTaken] of [
    [400_000, true],
    [600_000, false],
  ] as const) {
    const bytes = bytesOf(`first\n${'😀'.repeat(length / 2)}\r\nlast\n${'x\n'.repeat(200_000)}`)
    const halves = [bytes.slice(0, 300_000), bytes.slice(300_000)]
    for (const pieces of [[bytes], halves]) {
      const { lines, parts } = await read(pieces)
      expect(lines instanceof Refusal ? lines.code : lines).toBe(isTaken ? 200_003 : 'invalid')
      if (isTaken) expect(parts.some((part) => part.text.includes('😀'.repeat(length / 2)))).toBe(true)
    }
  }
})

test('what is no text, empty or too large is refused', async () => {
  const codeOf = async (pieces: Uint8Array[], maxBytes?: number) => {
    const { lines } = await read(pieces, maxBytes)
    return lines instanceof Refusal ? lines.code : lines
  }
  expect(await codeOf([])).toBe('invalid')
  expect(await codeOf([new Uint8Array([0x61, 0xff])])).toBe('invalid')
  expect(await codeOf([bytesOf('ü').slice(0, 1)])).toBe('invalid')
  expect(await codeOf([bytesOf('abc'), bytesOf('de')], 5)).toBe(1)
  expect(await codeOf([bytesOf('abc'), bytesOf('def')], 5)).toBe('too_large')
  const outcome = await readUpload(requestOf([bytesOf('a')], 'application/json'), 10, nothing, nothing)
  expect(outcome).toMatchObject({ code: 'invalid', extras: { issues: [{ path: 'Content-Type' }] } })
})

test('an upload that its caller cannot take is forgotten, and the failure told', async () => {
  let discarded = 0
  const failing = async () => {
    throw new Error('full')
  }
  const discard = async () => {
    discarded += 1
  }
  await expect(readUpload(requestOf([bytesOf('a\n')]), 10, failing, discard)).rejects.toThrow('full')
  expect(discarded).toBe(1)
})
