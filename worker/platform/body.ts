import { type Refusal, refuse } from './problem.ts'

/**
 * Reads a body whole, but never more than `maxBytes` of it, whatever the Content-Length claims.
 * Refuses a larger one with 413 `too_large`.
 */
export async function readBytes(req: Request, maxBytes: number): Promise<Uint8Array | Refusal> {
  const tooLarge = () => refuse('too_large', `The body may be ${maxBytes} bytes at most.`)
  const claimed = Number(req.headers.get('content-length') ?? Number.NaN)
  if (claimed > maxBytes) return tooLarge()
  if (req.body === null) return new Uint8Array()
  // A claimed length is enforced by the runtime, so the body can be taken in one piece.
  if (Number.isFinite(claimed)) return new Uint8Array(await req.arrayBuffer())
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of req.body as unknown as AsyncIterable<Uint8Array>) {
    size += part.byteLength
    if (size > maxBytes) return tooLarge()
    parts.push(part)
  }
  const whole = new Uint8Array(size)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.byteLength
  }
  return whole
}

/** Reads bytes as JSON in UTF-8 (RFC 8259). Refuses anything else with 400 `malformed_json`. */
export function readJson(bytes: Uint8Array): unknown | Refusal {
  if (bytes.byteLength === 0) return refuse('malformed_json', 'The body is empty; send JSON.')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    return refuse('malformed_json', 'The body is not UTF-8.')
  }
  try {
    return JSON.parse(text)
  } catch {
    return refuse('malformed_json', 'The body is not valid JSON.')
  }
}
