import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { now } from '../platform/clock.ts'
import { type Credentials, requestHeaders } from './endpointStore.ts'
import { newSigningSecret } from './sign.ts'

const body = '{"a":1}'
const [newest, older] = [newSigningSecret(), newSigningSecret()]

function headersWith(more: Partial<Credentials>, nowMs = now()): Record<string, string> {
  const credentials: Credentials = {
    secrets: [{ secret: newest, untilMs: null }],
    headers: {},
    basicAuth: null,
    ...more,
  }
  return requestHeaders({ credentials }, nowMs, 'dlv_1', body)
}

test('an attempt says what it carries, who sends it, and signs it', () => {
  expect(headersWith({})).toEqual({
    'content-type': 'application/json',
    'user-agent': expect.stringMatching(/^Boon\//),
    'webhook-id': 'dlv_1',
    'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
    'webhook-signature': expect.stringMatching(/^v1,\S+$/),
  })
  expect(new Webhook(newest).verify(body, headersWith({}))).toEqual({ a: 1 })
})

test('headers of its own go along, but take the place of none that matter', () => {
  const headers = {
    'X-Key': 'k',
    'User-Agent': 'Ours/1',
    'Content-Type': 'text/plain',
    'Webhook-Id': 'forged',
    'webhook-signature': 'v1,forged',
    Authorization: 'Bearer x',
  }
  const sent = headersWith({ headers })
  expect(sent).toMatchObject({
    'x-key': 'k',
    'user-agent': 'Ours/1',
    'content-type': 'application/json',
    'webhook-id': 'dlv_1',
    authorization: 'Bearer x',
  })
  expect(new Set(Object.keys(sent).map((name) => name.toLowerCase())).size).toBe(Object.keys(sent).length)
  expect(new Webhook(newest).verify(body, sent)).toEqual({ a: 1 })
})

test('basic auth is written in UTF-8 (RFC 7617) and wins over a header', () => {
  const basicAuth = { username: 'test', password: '123£:' }
  const { authorization } = headersWith({ basicAuth, headers: { Authorization: 'Bearer x' } })
  expect(authorization).toBe(`Basic ${Buffer.from('test:123£:').toString('base64')}`)
})

test('a secret that was replaced signs until its time is over, and not at it', () => {
  const nowMs = now()
  const signatures = (untilMs: number) => {
    const secrets = [
      { secret: newest, untilMs: null },
      { secret: older, untilMs },
    ]
    return headersWith({ secrets }, nowMs)['webhook-signature']?.split(' ')
  }
  expect(signatures(nowMs + 1)).toHaveLength(2)
  expect(signatures(nowMs)).toHaveLength(1)
  expect(signatures(nowMs - 1)).toEqual(signatures(nowMs))
})
