import { beforeAll, describe, expect, test } from 'vitest'
import { userDatabases } from '../../worker/platform/databases.ts'
import { call, env, ok, send, setUp } from './boon.ts'
import { expectProblem } from './problems.ts'
import { userAt } from './records.ts'

beforeAll(setUp)

const path = (userId: string) => `/v1/users/${encodeURIComponent(userId)}`

describe('PUT /v1/users/{userId}', () => {
  test('merges what it names, keeps the rest, and removes what is null', async () => {
    const first = await ok('PUT', path('u1'), {
      name: 'Ann',
      email: 'ann@example.org',
      timezone: 'Asia/Kolkata',
      properties: { city: 'Pune', plan: { tier: 'gold', since: 2020 }, tags: ['a', 'b'] },
    })
    expect(first).toMatchObject({ id: 'u1', name: 'Ann', phone: null, language: null, lastSeenAt: null })
    const second = await ok('PUT', path('u1'), {
      email: null,
      language: 'en-IN',
      properties: { plan: { tier: 'black', since: null }, tags: ['c'], city: null, age: 7 },
    })
    expect(second).toEqual({
      ...first,
      email: null,
      language: 'en-IN',
      properties: { plan: { tier: 'black' }, tags: ['c'], age: 7 },
    })
    expect(await ok('PUT', path('u1'), {})).toEqual(second)
    expect(await ok('GET', path('u1'))).toEqual(second)
  })

  test.each([
    'a/b',
    '100%',
    '%2F',
    'a b',
    '😀',
    'a?b#c',
    'ü',
    'a+b',
    "o'neil",
    'x;y=z&w',
    '__proto__',
    '1e3',
    '{u}',
  ])('the user %s is reached by the path', async (userId) => {
    await send([{ userId, name: 'Seen', id: 'e' }])
    expect(await ok('PUT', path(userId), { name: 'N' })).toMatchObject({ id: userId, name: 'N' })
    expect((await ok('GET', `${path(userId)}/timeline`)).data).toMatchObject([{ id: 'e', name: 'Seen' }])
    expect(await ok('GET', `${path(userId)}/holdings`)).toEqual({ data: [], nextCursor: null })
    expect(await ok('GET', `${path(userId)}/wallets`)).toEqual([])
    expect(await ok('POST', `${path(userId)}/token`, {})).toMatchObject({ token: expect.any(String) })
    expect(await call('DELETE', path(userId))).toMatchObject({ status: 204 })
    expectProblem(await call('GET', path(userId)), 404, 'not_found')
  })
})

describe('POST /v1/users', () => {
  test('takes the good ones and names the bad ones, in both databases', async () => {
    const users = [
      { id: userAt(0, 'bulk'), name: 'Zero' },
      { id: 'x'.repeat(129) },
      { id: userAt(1, 'bulk'), timezone: 'Europe/Berlin', properties: { a: 1 } },
      { id: 'zone', timezone: 'Moon' },
      { id: 'unknown', nickname: 'N' },
      { id: 'deep', properties: { a: 'x'.repeat(4_097) } },
      'text',
      null,
      { name: 'no id' },
    ]
    const answer = await ok('POST', '/v1/users', { users })
    expect(answer.accepted).toBe(2)
    expect(answer.rejected).toMatchObject([
      { index: 1, code: 'invalid', message: expect.stringContaining('id: ') },
      { index: 3, message: expect.stringContaining('timezone: ') },
      { index: 4, message: expect.stringContaining('nickname: ') },
      { index: 5, message: expect.stringContaining('properties.a: ') },
      { index: 6, message: expect.stringContaining('user: ') },
      { index: 7 },
      { index: 8, message: expect.stringContaining('id: ') },
    ])
    expect(await ok('GET', path(userAt(0, 'bulk')))).toMatchObject({ name: 'Zero' })
    expect(await ok('GET', path(userAt(1, 'bulk')))).toMatchObject({ timezone: 'Europe/Berlin' })
    for (const id of ['zone', 'unknown', 'deep']) {
      expect(await call('GET', path(id))).toMatchObject({ status: 404 })
    }
  })

  test('merges several patches of one user in their order, as if each had come alone', async () => {
    const patches = [
      { name: 'First', properties: { a: { x: 1, z: 0 }, b: 1, gone: { deep: 1 } } },
      { email: 'a@b', properties: { a: { y: 2 }, gone: null } },
      { name: null, properties: { a: { x: null }, c: [1], gone: { anew: 2 } } },
    ]
    await ok('POST', '/v1/users', { users: patches.map((patch) => ({ id: 'together', ...patch })) })
    for (const patch of patches) await ok('PUT', path('alone'), patch)
    const properties = { a: { y: 2, z: 0 }, b: 1, c: [1], gone: { anew: 2 } }
    expect(await ok('GET', path('together'))).toMatchObject({ name: null, email: 'a@b', properties })
    expect((await ok('GET', path('alone'))).properties).toEqual(properties)
    expect((await ok('GET', path('together'))).properties).toEqual(properties)
  })

  test('takes 1,000 and not 1,001, and spreads them over the databases', async () => {
    const users = Array.from({ length: 1_001 }, (_, n) => ({ id: `spread-${n}`, properties: { n } }))
    expectProblem(await call('POST', '/v1/users', { users }), 422, 'invalid', ['users'])
    expect(await ok('POST', '/v1/users', { users: users.slice(1) })).toEqual({
      accepted: 1_000,
      rejected: [],
    })
    const counts = await Promise.all(
      userDatabases(env).map((db) =>
        db.prepare(`SELECT count(*) AS n FROM users WHERE id LIKE 'spread-%'`).first<{ n: number }>(),
      ),
    )
    for (const count of counts) expect(count?.n).toBeGreaterThan(400)
    expect(await ok('GET', path('spread-777'))).toMatchObject({ properties: { n: 777 } })
  })
})
