import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { type SendOptions, sendOnce } from './outbound.ts'
import type { Ask } from './resolver.ts'

const local = { BOON_MODE: 'local' } as const
const production = { BOON_MODE: 'production' } as const
const headers = { 'content-type': 'application/json', 'x-own': 'yes' }

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

interface Received {
  method: string | undefined
  url: string | undefined
  headers: IncomingMessage['headers']
  body: string
}

/** Somebody else's server, on a free port. What it was sent is written down before it answers. */
async function receiver(answer: (res: ServerResponse, req: IncomingMessage) => void) {
  const received: Received[] = []
  const started = createServer((req, res) => {
    let body = ''
    req.setEncoding('utf8')
    req.on('data', (part: string) => {
      body += part
    })
    req.on('end', () => {
      received.push({ method: req.method, url: req.url, headers: req.headers, body })
      answer(res, req)
    })
  })
  server = started
  await new Promise<void>((done) => started.listen(0, '127.0.0.1', done))
  const address = started.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const post = (options?: SendOptions, body = '{"a":1}') =>
    sendOnce(local, { url: `http://127.0.0.1:${port}/hook?x=1`, headers, body }, options)
  return { post, received, port, started }
}

test('one POST goes out, with the headers and the very bytes given, and what comes back is told', async () => {
  const { post, received } = await receiver((res) => {
    res.writeHead(201, { 'retry-after': '7' }).end('thanks')
  })
  const body = '{"text":"₹500 🎁"}'
  expect(await post({}, body)).toEqual({
    status: 201,
    error: null,
    ms: expect.any(Number),
    excerpt: 'thanks',
    retryAfter: '7',
    startedMs: expect.any(Number),
  })
  expect(received).toMatchObject([{ method: 'POST', url: '/hook?x=1', headers: { ...headers }, body }])
})

test.each([200, 204, 299, 301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503])(
  'an answer of %d is its status and no error',
  async (status) => {
    const { post } = await receiver((res) => res.writeHead(status).end(status === 204 ? undefined : 'said'))
    expect(await post()).toMatchObject({
      status,
      error: null,
      excerpt: status === 204 ? '' : 'said',
      retryAfter: null,
    })
  },
)

test('a redirect is not followed', async () => {
  const { post, received } = await receiver((res, req) => {
    if (req.url === '/hook?x=1') res.writeHead(302, { location: '/elsewhere' }).end()
    else res.end('followed')
  })
  expect(await post()).toMatchObject({ status: 302, excerpt: '' })
  expect(received).toHaveLength(1)
})

describe('an attempt that takes too long', () => {
  test('ends without a status when no answer has begun', async () => {
    const { post } = await receiver(() => {})
    expect(await post({ limitMs: 100 })).toMatchObject({ status: null, error: 'timeout', excerpt: '' })
  })

  test('keeps its status, and what came of a body that never ends', async () => {
    const { post } = await receiver((res) => {
      res.writeHead(200).write('so far')
    })
    expect(await post({ limitMs: 200 })).toMatchObject({ status: 200, error: null, excerpt: 'so far' })
  })

  test('keeps its status when not a byte of the body comes', async () => {
    const { post } = await receiver((res) => {
      res.writeHead(500)
      res.flushHeaders()
    })
    expect(await post({ limitMs: 200 })).toMatchObject({ status: 500, error: null, excerpt: '' })
  })
})

describe('what comes back', () => {
  test('is read no further than its first 500 characters', async () => {
    let closed: (() => void) | undefined
    const ended = new Promise<void>((done) => {
      closed = done
    })
    const { post } = await receiver((res) => {
      res.on('close', () => closed?.())
      // Far more than all buffers on the way hold: a reader that wants it all would wait for ever.
      const more = () => {
        while (res.write('x'.repeat(65_536)));
        res.once('drain', more)
      }
      more()
    })
    const sent = await post()
    expect(sent).toMatchObject({ status: 200, error: null, excerpt: 'x'.repeat(500) })
    await ended
  })

  test('is never cut within a character', async () => {
    const { post } = await receiver((res) => res.end(`${'x'.repeat(499)}🎁🎁`))
    expect((await post()).excerpt).toBe('x'.repeat(499))
  })

  test('may be cut anywhere on its way here', async () => {
    const bytes = Buffer.from('gift: 🎁!')
    const { post } = await receiver((res) => {
      res.write(bytes.subarray(0, 8))
      setTimeout(() => res.end(bytes.subarray(8)), 20)
    })
    expect((await post()).excerpt).toBe('gift: 🎁!')
  })

  test('need not be text', async () => {
    const { post } = await receiver((res) => res.end(Buffer.from([0, 0xff, 0x41])))
    expect((await post()).excerpt).toBe('\u0000\ufffdA')
  })

  test('keeps its status when it breaks off', async () => {
    const { post } = await receiver((res) => {
      res.writeHead(200, { 'content-length': '100' })
      res.write('half', () => setTimeout(() => res.destroy(), 50))
    })
    expect(await post()).toMatchObject({ status: 200, error: null, excerpt: 'half' })
  })
})

describe('a connection that fails', () => {
  test('says so when it is reset', async () => {
    const { post } = await receiver((res) => res.destroy())
    expect(await post()).toMatchObject({
      status: null,
      error: expect.stringMatching(/^network: /),
      excerpt: '',
    })
  })

  test('says so when nobody listens', async () => {
    const { post, started } = await receiver((res) => res.end())
    await new Promise((done) => started.close(done))
    expect(await post()).toMatchObject({ status: null, error: 'network: the connection was refused' })
  })

  test.each([
    [new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 10.1.1.1:80') }), 'refused'],
    [new Error('Network connection lost.'), 'lost'],
    [new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND x.example') }), 'resolved'],
    [new TypeError('fetch failed', { cause: new Error('self-signed certificate') }), 'secure'],
    [new Error('internal error; reference = abc123'), 'the request failed'],
    ['not even an error', 'the request failed'],
  ])('never tells more of %s than is known to be harmless', async (thrown, word) => {
    const ask: Ask = () => Promise.reject(thrown)
    const sent = await sendOnce(local, { url: 'https://example.com/', headers, body: '' }, { ask })
    expect(sent).toMatchObject({ status: null, error: expect.stringMatching(/^network: [a-z ]+$/) })
    expect(sent.error).toContain(word)
  })

  test('is told apart from a request that cannot even be made', async () => {
    const { post, received } = await receiver((res) => res.end())
    expect(
      await post({ ask: (url, init) => fetch(url, { ...init, headers: { 'not a name': 'x' } }) }),
    ).toMatchObject({
      status: null,
      error: 'network: the request failed',
    })
    expect(received).toEqual([])
  })
})

describe('where it leads', () => {
  /** A network that must not be touched, but to ask for names. */
  const network = (addresses: string[]) => {
    const asked: string[] = []
    const ask: Ask = async (url) => {
      const { hostname } = new URL(url)
      asked.push(hostname)
      return hostname === 'cloudflare-dns.com'
        ? Response.json({ Status: 0, Answer: addresses.map((data) => ({ type: 1, data })) })
        : new Response('sent')
    }
    return { ask, asked }
  }
  const to = (url: string) => ({ url, headers, body: '{}' })

  test.each([
    'https://10.0.0.1/',
    'http://127.0.0.1:1/',
    'http://example.com/',
    'https://localhost/',
    'nonsense',
  ])('is looked at again: %s is not sent to', async (url) => {
    const { ask, asked } = network([])
    const sent = await sendOnce(production, to(url), { ask })
    expect(sent).toMatchObject({ status: null, error: expect.stringMatching(/^address_refused: .+/) })
    expect(asked).toEqual([])
  })

  test('a name of a private address is not sent to', async () => {
    const { ask, asked } = network(['8.8.8.8', '10.0.0.1'])
    const sent = await sendOnce(production, to('https://inside.example/'), { ask })
    expect(sent).toMatchObject({ status: null, error: expect.stringMatching(/^address_refused: .*name/) })
    expect(new Set(asked)).toEqual(new Set(['cloudflare-dns.com']))
  })

  test('a name of a public address is', async () => {
    const { ask, asked } = network(['8.8.8.8'])
    expect(await sendOnce(production, to('https://outside.example/'), { ask })).toMatchObject({
      status: 200,
      excerpt: 'sent',
    })
    expect(asked.at(-1)).toBe('outside.example')
  })

  test('an address needs no name, and local mode asks for none', async () => {
    const { ask, asked } = network(['10.0.0.1'])
    expect(await sendOnce(production, to('https://8.8.8.8/'), { ask })).toMatchObject({ status: 200 })
    expect(await sendOnce(local, to('https://somewhere.example/'), { ask })).toMatchObject({ status: 200 })
    expect(asked).toEqual(['8.8.8.8', 'somewhere.example'])
  })
})
