import { createServer } from 'node:http'
import type { TestProject } from 'vitest/node'

/** A request that came in, as it came. */
export interface Received {
  headers: Record<string, string>
  body: string
}

/** How the receiver answers: a status, perhaps headers, or not at all. */
export interface Script {
  status: number
  headers?: Record<string, string>
  /** Never answers. */
  hangs?: boolean
}

declare module 'vitest' {
  interface ProvidedContext {
    receiverUrl: string
  }
}

/**
 * The other end of webhooks, for tests that run in workerd and cannot listen themselves. `/hook/{name}` is an endpoint,
 * `PUT /script/{name}` says what it answers in turn (the last answer stays), `GET /seen/{name}` what has come in.
 */
export default async function serve(project: TestProject): Promise<() => Promise<void>> {
  const scripts = new Map<string, Script[]>()
  const seen = new Map<string, Received[]>()
  const server = createServer((req, res) => {
    const [, what = '', name = ''] = (req.url ?? '').split('/')
    let body = ''
    req.on('data', (part) => {
      body += part
    })
    req.on('end', () => {
      if (what === 'script') {
        scripts.set(name, JSON.parse(body))
        res.end()
      } else if (what === 'seen') {
        res.end(JSON.stringify(seen.get(name) ?? []))
      } else {
        const received = seen.get(name) ?? []
        received.push({ headers: req.headers as Record<string, string>, body })
        seen.set(name, received)
        const script = scripts.get(name) ?? []
        const answer = (script.length > 1 ? script.shift() : script[0]) ?? { status: 200 }
        if (answer.hangs === true) return
        res.writeHead(answer.status, answer.headers).end(`answered ${answer.status}`)
      }
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The receiver has no port')
  project.provide('receiverUrl', `http://127.0.0.1:${address.port}`)
  return async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
}
