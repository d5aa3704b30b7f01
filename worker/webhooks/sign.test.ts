import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { now } from '../platform/clock.ts'
import { newSigningSecret, signedHeaders } from './sign.ts'

const body = '{"text":"₹500 🎁"}'

test('signs the known example of the specification', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  expect(
    signedHeaders([secret], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_999, '{"test": 2432232314}'),
  ).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('a receiver verifies with the new secret and with the one before, across a rotation', () => {
  const [before, after, stranger] = [newSigningSecret(), newSigningSecret(), newSigningSecret()]
  const verifies = (secret: string, secrets: string[], text = body) => {
    try {
      return new Webhook(secret).verify(text, signedHeaders(secrets, 'dlv_1', now(), body))
    } catch {
      return 'refused'
    }
  }
  const sent = { text: '₹500 🎁' }
  expect(verifies(before, [before])).toEqual(sent)
  expect(verifies(after, [before])).toBe('refused')
  expect([verifies(before, [after, before]), verifies(after, [after, before])]).toEqual([sent, sent])
  expect([verifies(before, [after]), verifies(after, [after])]).toEqual(['refused', sent])
  expect(verifies(stranger, [after, before])).toBe('refused')
  expect(verifies(after, [after], body.replace('500', '501'))).toBe('refused')
})

test('the newest secret signs first', () => {
  const [one, two] = [newSigningSecret(), newSigningSecret()]
  const of = (secrets: string[]) => signedHeaders(secrets, 'dlv_1', 5_000, body)['webhook-signature'] ?? ''
  expect(of([two, one])).toBe(`${of([two])} ${of([one])}`)
})

test('a new secret is 32 random bytes in base64, never the same', () => {
  const secrets = Array.from({ length: 50 }, newSigningSecret)
  for (const secret of secrets) expect(atob(secret.replace(/^whsec_/, ''))).toHaveLength(32)
  expect(new Set(secrets).size).toBe(50)
})
