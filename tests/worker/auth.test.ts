import { SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { now } from '../../worker/platform/clock.ts'
import { call, clock, env, KEY, ok, PUBLISHABLE_KEY, setUp } from './boon.ts'
import { expectProblem } from './problems.ts'

beforeAll(setUp)

const event = (userId: string, key: string) =>
  call('POST', '/v1/events', { events: [{ userId, name: 'X' }] }, { key })
const tray = (token: string | null, options: { path?: string; key?: string; body?: unknown } = {}) =>
  call(options.body === undefined ? 'GET' : 'POST', options.path ?? '/v1/tray', options.body, {
    key: options.key ?? PUBLISHABLE_KEY,
    headers: token === null ? {} : { 'x-user-token': token },
  })
const trayEvents = (token: string | null, events: unknown[], key?: string) =>
  tray(token, { path: '/v1/tray/events', body: { events }, ...(key === undefined ? {} : { key }) })

/** A token as a shop's own backend might make it, right or wrong. */
async function token(claims: Record<string, unknown>, secret = env.TOKEN_SECRET, alg = 'HS256') {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret))
}
const soon = () => Math.floor(now() / 1_000) + 600

describe('keys', () => {
  test('are shown once and kept as a hash', async () => {
    const made = await ok('POST', '/v1/keys', { name: 'shop', kind: 'secret' })
    expect(made).toMatchObject({
      id: expect.stringMatching(/^key_/),
      name: 'shop',
      kind: 'secret',
      scopes: null,
    })
    expect(made.key).toMatch(/^sk_[\w-]{43}$/)
    const { results } = await env.DB.prepare('SELECT * FROM keys').all()
    expect(JSON.stringify(results)).not.toContain(made.key.slice(3))
    expect(await event('u1', made.key)).toMatchObject({ status: 200 })
    const pk = await ok('POST', '/v1/keys', { name: 'page', kind: 'publishable' })
    expect(pk.key).toMatch(/^pk_/)
    const scoped = { name: 'x', kind: 'publishable', scopes: ['users:read'] }
    expectProblem(await call('POST', '/v1/keys', scoped), 422, 'invalid', ['scopes'])
    expectProblem(
      await call('POST', '/v1/keys', { name: 'x', kind: 'secret', scopes: ['all'] }),
      422,
      'invalid',
    )
  })

  test('do within their scopes what they may, and cannot make a key that may more', async () => {
    const scopes = ['users:read', 'account:write']
    const { key } = await ok('POST', '/v1/keys', { name: 'narrow', kind: 'secret', scopes })
    await ok('PUT', '/v1/users/u1', {})
    expect(await call('GET', '/v1/users/u1', undefined, { key })).toMatchObject({ status: 200 })
    expectProblem(await call('PUT', '/v1/users/u1', {}, { key }), 403, 'forbidden')
    expectProblem(await event('u1', key), 403, 'forbidden')
    for (const more of [{}, { scopes: ['users:write'] }]) {
      const wanted = { name: 'wide', kind: 'secret', ...more }
      expectProblem(await call('POST', '/v1/keys', wanted, { key }), 403, 'forbidden')
    }
    const same = { name: 'same', kind: 'secret', scopes: ['users:read'] }
    expect(await call('POST', '/v1/keys', same, { key })).toMatchObject({ status: 201 })
  })

  test('stop at once when they are deleted, on the paths that remember them as well', async () => {
    const made = await ok('POST', '/v1/keys', { name: 'gone', kind: 'secret' })
    for (let round = 0; round < 3; round++) {
      expect(await event('gone', made.key)).toMatchObject({ status: 200 })
    }
    expect(await call('DELETE', `/v1/keys/${made.id}`)).toMatchObject({ status: 204, text: '' })
    expectProblem(await event('gone', made.key), 401, 'unauthenticated')
    expectProblem(await call('GET', '/v1/users/gone', undefined, { key: made.key }), 401, 'unauthenticated')
    expectProblem(await call('DELETE', `/v1/keys/${made.id}`), 404, 'not_found')
    const { data } = await ok('GET', '/v1/users/gone/timeline')
    expect(data).toHaveLength(3)
    // Others that are remembered go on working.
    expect(await event('gone', KEY)).toMatchObject({ status: 200 })
    const pk = await ok('POST', '/v1/keys', { name: 'page', kind: 'publishable' })
    const signed = await token({ sub: 'gone', exp: soon() })
    expect(await trayEvents(signed, [{ name: 'X' }], pk.key)).toMatchObject({ status: 200 })
    await ok('DELETE', `/v1/keys/${pk.id}`)
    expectProblem(await trayEvents(signed, [{ name: 'X' }], pk.key), 401, 'unauthenticated')
  })

  test('must come as a bearer, in any case of the word', async () => {
    const send = (authorization: string) =>
      call('GET', '/v1/settings', undefined, { key: null, headers: { authorization } })
    expect(await send(`bearer ${KEY}`)).toMatchObject({ status: 200 })
    for (const wrong of [
      KEY,
      `Basic ${btoa(`${KEY}:`)}`,
      'Bearer ',
      `Bearer ${'k'.repeat(300)}`,
      `Bearer ${KEY} x`,
    ]) {
      expectProblem(await send(wrong), 401, 'unauthenticated')
    }
  })
})

describe('user tokens', () => {
  test('let a browser act for one user until they expire, with 60 s for clocks that differ', async () => {
    const { token: signed, expiresAt } = await ok('POST', '/v1/users/ann/token', { ttl: 'PT10M' })
    expect(await tray(signed)).toMatchObject({ status: 200, json: { user: { id: 'ann' } } })
    const expiresMs = Date.parse(expiresAt)
    await clock(new Date(expiresMs + 50_000).toISOString())
    expect(await tray(signed)).toMatchObject({ status: 200 })
    await clock(new Date(expiresMs + 61_000).toISOString())
    const late = await tray(signed)
    expectProblem(late, 401, 'unauthenticated')
    expect(late.json.detail).toContain('expired')
    expectProblem(await trayEvents(signed, [{ name: 'X' }]), 401, 'unauthenticated')
    expectProblem(await call('POST', '/v1/users/ann/token', { ttl: 'P2D' }), 422, 'invalid', ['ttl'])
    expectProblem(await call('POST', '/v1/users/ann/token', { ttl: 'PT0S' }), 422, 'invalid', ['ttl'])
  })

  test('are refused when they are tampered with, unsigned, signed otherwise, or name nobody', async () => {
    const good = await token({ sub: 'ann', exp: soon() })
    expect(await tray(good)).toMatchObject({ status: 200 })
    const [head, , signature] = good.split('.')
    const other = btoa(JSON.stringify({ sub: 'bob', exp: soon() })).replaceAll('=', '')
    const bad = [
      `${head}.${other}.${signature}`,
      `${good}x`,
      new UnsecuredJWT({ sub: 'ann', exp: soon() }).encode(),
      await token({ sub: 'ann', exp: soon() }, 'another secret that is long enough for it'),
      await token({ sub: 'ann', exp: soon() }, env.TOKEN_SECRET.padEnd(64, ' '), 'HS512'),
      await token({ sub: 'ann' }),
      await token({ exp: soon() }),
      await token({ sub: '', exp: soon() }),
      await token({ sub: 'u'.repeat(129), exp: soon() }),
      await token({ sub: 'ann', exp: soon(), nbf: soon() }),
      '',
      'rubbish',
      '..',
    ]
    for (const one of bad) {
      expectProblem(await tray(one), 401, 'unauthenticated')
      expectProblem(await trayEvents(one, [{ name: 'X' }]), 401, 'unauthenticated')
    }
  })

  test('reach nobody else', async () => {
    const ann = await token({ sub: 'ann', exp: soon() })
    await ok('PUT', '/v1/users/bob', { name: 'Bob' })
    const foreign = [{ name: 'X' }, { userId: 'bob', name: 'X' }]
    expectProblem(await trayEvents(ann, foreign), 403, 'forbidden')
    expectProblem(await trayEvents(ann, [{ userId: 5, name: 'X' }]), 403, 'forbidden')
    expect(await call('GET', '/v1/users/ann')).toMatchObject({ status: 404 })
    expect((await ok('GET', '/v1/users/bob/timeline')).data).toEqual([])
    expect(await trayEvents(ann, [{ userId: 'ann', name: 'X' }, { name: 'Y' }])).toMatchObject({
      json: { accepted: 2 },
    })
    expect((await ok('GET', '/v1/users/ann/timeline')).data).toHaveLength(2)
    // A token is no key: the rest of the API stays shut.
    expectProblem(await tray(ann, { path: '/v1/users/ann' }), 403, 'forbidden')
    expectProblem(await tray(ann, { key: ann }), 401, 'unauthenticated')
  })

  test('are not needed by a guest, who sees nothing of anybody and sends nothing', async () => {
    expect(await tray(null)).toMatchObject({ status: 200, json: { user: null, wallets: [], vouchers: [] } })
    expectProblem(await trayEvents(null, [{ name: 'X' }]), 401, 'unauthenticated')
    const { key } = await ok('POST', '/v1/keys', { name: 'n', kind: 'secret', scopes: ['coupons:read'] })
    expectProblem(await tray(null, { key }), 403, 'forbidden')
  })
})

describe('pages of other origins', () => {
  const shop = 'https://shop.example'
  const from = (origin: string, method: string, key: string | null = PUBLISHABLE_KEY, more: object = {}) =>
    call(method, '/v1/tray', undefined, { key, headers: { origin, ...more } })

  test('read the tray if they are allowed to, its refusals included', async () => {
    await ok('PATCH', '/v1/settings', { allowedOrigins: [shop] })
    const preflight = await from(shop, 'OPTIONS', null, {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,x-user-token,content-type',
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(shop)
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
    const allowed = (preflight.headers.get('access-control-allow-headers') ?? '').toLowerCase()
    for (const name of ['authorization', 'content-type', 'x-user-token']) expect(allowed).toContain(name)
    const seen = await from(shop, 'GET')
    expect(seen.headers.get('access-control-allow-origin')).toBe(shop)
    expect(seen.headers.get('vary')?.toLowerCase()).toContain('origin')
    expect(seen.headers.get('access-control-expose-headers')?.toLowerCase()).toContain('x-request-id')
    const refused = await from(shop, 'GET', 'pk_unknown')
    expectProblem(refused, 401, 'unauthenticated')
    expect(refused.headers.get('access-control-allow-origin')).toBe(shop)
  })

  test('do not otherwise, and never reach the rest of the API', async () => {
    for (const origin of [
      'https://evil.example',
      'null',
      'https://shop.example.evil',
      'http://shop.example',
    ]) {
      for (const method of ['GET', 'OPTIONS']) {
        const answer = await from(origin, method)
        expect(answer.headers.get('access-control-allow-origin')).toBeNull()
      }
    }
    const elsewhere = await call('GET', '/v1/users/bob', undefined, { headers: { origin: shop } })
    expect(elsewhere.headers.get('access-control-allow-origin')).toBeNull()
  })
})

test('a browser cannot say what only Boon knows: that somebody was rewarded', async () => {
  const session = await token({ sub: 'forger', exp: soon() })
  for (const name of ['CT Partner Voucher Rewarded', 'ct points credited', 'CT ']) {
    const answer = await trayEvents(session, [{ userId: 'forger', name }])
    expectProblem(answer, 403, 'forbidden')
  }
  expect((await trayEvents(session, [{ userId: 'forger', name: 'CTA Clicked' }])).status).toBe(200)
})
