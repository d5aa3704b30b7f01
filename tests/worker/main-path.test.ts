import { beforeAll, describe, expect, test } from 'vitest'
import { call, campaign, ok, send, setUp, wallet } from './boon.ts'

beforeAll(setUp)

describe('the main path', () => {
  test('E1: an event is answered with its reward; sent twice, it earns once and answers the same grant', async () => {
    const purse = await wallet()
    await campaign('Charged', purse.id, {
      reward: { type: 'points', walletId: purse.id, scheme: { kind: 'flat', value: 500 } },
    })
    const event = { id: 'e1', userId: 'u1', name: 'Charged', properties: { Amount: 500 } }
    const first = await send([event])
    const second = await send([event])
    expect(first).toMatchObject({ accepted: 1, duplicates: 0, decisions: [{ outcome: 'granted' }] })
    expect(second).toMatchObject({ accepted: 0, duplicates: 1 })
    const { grant } = first.decisions[0]
    expect(grant).toMatchObject({ value: 500, status: 'fulfilled', userId: 'u1', eventId: 'e1' })
    expect(second.decisions[0].grant).toEqual({ ...grant, replayed: true })
    expect(await ok('GET', '/v1/users/u1/wallets')).toMatchObject([{ walletId: purse.id, active: 500 }])
  })

  test('a request without a key is 401 before anything else is looked at', async () => {
    expect(await call('POST', '/v1/events', '{', { key: null })).toMatchObject({ status: 401 })
  })
})

describe('every answer', () => {
  test.each([
    ['an operation', 'GET', '/v1/wallets', {}],
    ['a refusal', 'GET', '/v1/wallets/none', {}],
    ['no operation at all', 'GET', '/none', {}],
    ['the document', 'GET', '/openapi.json', {}],
    ['a redirect', 'GET', '/', {}],
    ['a preflight', 'OPTIONS', '/v1/tray', { origin: 'https://shop.example' }],
  ])('%s names its request', async (_, method, path, headers) => {
    const { headers: answered } = await call(method, path, undefined, { headers, redirect: 'manual' })
    expect(answered.get('x-request-id')).toMatch(/^req_[0-9a-z]{26}$/)
  })
})
