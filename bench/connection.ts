import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface Answer {
  status: number
  body: Buffer
}

const HEAD_END = '\r\n\r\n'

/**
 * One keep-alive HTTP/1.1 connection that carries one request at a time. On two cores the client competes with what it
 * measures, and a bare socket costs a fraction of `node:http` or `fetch`.
 */
export class Connection {
  readonly #socket: Socket
  #received: Buffer[] = []
  #waiting: { done: (answer: Answer) => void; failed: (error: Error) => void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (data) => {
      this.#received.push(data)
      this.#settle()
    })
    socket.on('error', (error) => this.#waiting?.failed(error))
    socket.on('close', () => this.#waiting?.failed(new Error('The connection was closed before the answer')))
  }

  /** Connects to a port of this machine. */
  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new Connection(socket)
  }

  /** Sends the bytes of one whole request and waits for its answer. */
  send(request: Buffer): Promise<Answer> {
    return new Promise((done, failed) => {
      this.#waiting = { done, failed }
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #settle(): void {
    // One chunk is the rule: joining costs only for large answers.
    const received = this.#received.length === 1 ? this.#received[0] : Buffer.concat(this.#received)
    if (received === undefined || this.#waiting === undefined) return
    this.#received = [received]
    const answer = parseAnswer(received)
    if (answer === undefined) return
    const { done } = this.#waiting
    this.#waiting = undefined
    this.#received = []
    done(answer)
  }
}

/** The bytes of a POST with a JSON body. */
export function postRequest(path: string, body: string, key?: string): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(key === undefined ? [] : [`authorization: Bearer ${key}`]),
  ]
  return Buffer.from(head.join('\r\n') + HEAD_END + body)
}

/** Reads an answer from the beginning of the bytes; `undefined` while it is not whole. */
export function parseAnswer(bytes: Buffer): Answer | undefined {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd < 0) return undefined
  const head = bytes.toString('latin1', 0, headEnd)
  const status = Number(head.slice(9, 12))
  const start = headEnd + HEAD_END.length
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
    const body = joinChunks(bytes, start)
    return body && { status, body }
  }
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
  return bytes.length < start + length ? undefined : { status, body: bytes.subarray(start, start + length) }
}

function joinChunks(bytes: Buffer, start: number): Buffer | undefined {
  const chunks: Buffer[] = []
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const next = lineEnd + 2 + size + 2
    if (bytes.length < next) return undefined
    if (size === 0) return Buffer.concat(chunks)
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = next
  }
}
