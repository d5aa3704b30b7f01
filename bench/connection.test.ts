import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Connection, parseAnswer, postRequest } from './connection.ts'
import { drive } from './load.ts'

describe('an answer', () => {
  const whole = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')
  const chunked = Buffer.from(
    'HTTP/1.1 503 Busy\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n',
  )

  test.each([
    [whole, 200],
    [chunked, 503],
  ])('is read when it is whole, not before', (bytes, status) => {
    expect(parseAnswer(bytes)).toEqual({ status, body: Buffer.from('hello') })
    for (let length = 0; length < bytes.length; length += 1) {
      expect(parseAnswer(bytes.subarray(0, length))).toBeUndefined()
    }
  })

  test('may have no body', () => {
    expect(parseAnswer(Buffer.from('HTTP/1.1 204 No Content\r\n\r\n'))).toMatchObject({ status: 204 })
  })
})

describe('a connection', () => {
  let server: Server
  let port: number
  const bodies: string[] = []
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let body = ''
      request.setEncoding('utf8')
      for await (const chunk of request) body += chunk
      bodies.push(body)
      response.writeHead(body === '"bad"' ? 422 : 200).end(`${request.headers.authorization} ${body}`)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => server.close())

  test('carries one request after the other', async () => {
    const connection = await Connection.open(port)
    for (const text of ['é'.repeat(100_000), 'b']) {
      const { status, body } = await connection.send(postRequest('/', JSON.stringify(text), 'key'))
      expect([status, body.toString()]).toEqual([200, `Bearer key ${JSON.stringify(text)}`])
    }
    connection.close()
  })

  test('a load sends every request once and stops at a refusal', async () => {
    bodies.length = 0
    const requests = Array.from({ length: 50 }, (_, at) => postRequest('/', String(at)))
    expect(await drive(port, requests, 8)).toBeGreaterThan(0)
    expect(bodies.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, at) => at))
    await expect(drive(port, [postRequest('/', '"bad"')], 1)).rejects.toThrow(/422/)
  })
})
