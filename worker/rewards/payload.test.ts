import { expect, test } from 'vitest'
import { customPayload, messagePayload, type Recipient } from './payload.ts'

const user: Recipient = { id: '12345', email: 'user@example.com', phone: '+1234567890' }
const stranger: Recipient = { id: '12345', email: null, phone: null }

/** What is given, and the bytes that are sent, in which the order of keys counts too. */
test.each<[string, Parameters<typeof customPayload>[0], string]>([
  [
    'credits, with the metadata of the product',
    { user, reward: { value: 100 }, metadata: { orderType: 'electronics', promoType: 'festival' } },
    '{"user":{"userId":"12345","email":"user@example.com","phone":"+1234567890"},"reward":{"type":"custom","value":100,"metadata":{"orderType":"electronics","promoType":"festival"}}}',
  ],
  [
    'credits of a wallet, under keys of the endpoint',
    {
      user,
      identifiers: { userId: 'customerId', phone: 'mobile' },
      reward: { value: 100.5, wallet: { id: 'ext', name: 'Ext' } },
      metadata: {},
    },
    '{"user":{"customerId":"12345","email":"user@example.com","mobile":"+1234567890"},"reward":{"type":"custom","value":100.5,"wallet":{"id":"ext","name":"Ext"},"metadata":{}}}',
  ],
  [
    'goods, which have no value',
    {
      user: stranger,
      reward: { item: { clientRewardId: 'SPK-1', name: 'Speaker' }, value: 1 },
      metadata: {},
    },
    '{"user":{"userId":"12345"},"reward":{"type":"custom","item":{"clientRewardId":"SPK-1","name":"Speaker"},"metadata":{}}}',
  ],
  [
    'a user without an address, under a key that is only a key',
    {
      user: { ...user, email: null },
      identifiers: { userId: '__proto__' },
      reward: { value: 1 },
      metadata: {},
    },
    '{"user":{"__proto__":"12345","phone":"+1234567890"},"reward":{"type":"custom","value":1,"metadata":{}}}',
  ],
  [
    'keys that change places',
    { user, identifiers: { email: 'phone', phone: 'email' }, reward: { value: 1 }, metadata: {} },
    '{"user":{"userId":"12345","phone":"user@example.com","email":"+1234567890"},"reward":{"type":"custom","value":1,"metadata":{}}}',
  ],
])('the payload of %s', (_, given, sent) => {
  expect(JSON.stringify(customPayload(given))).toBe(sent)
})

test.each<[Parameters<typeof messagePayload>[0], string]>([
  [
    { user, text: 'Use PM500FF' },
    '{"user":{"userId":"12345","email":"user@example.com","phone":"+1234567890"},"message":{"text":"Use PM500FF"}}',
  ],
  [
    { user: stranger, subject: 'A voucher', text: '', identifiers: { userId: 'id' } },
    '{"user":{"id":"12345"},"message":{"subject":"A voucher","text":""}}',
  ],
  [{ user: stranger, subject: undefined, text: 'a' }, '{"user":{"userId":"12345"},"message":{"text":"a"}}'],
])('the payload of a message, %#', (given, sent) => {
  expect(JSON.stringify(messagePayload(given))).toBe(sent)
})
