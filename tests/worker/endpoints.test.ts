import { Webhook } from 'standardwebhooks'
import { beforeAll, describe, expect, test } from 'vitest'
import { newSecret } from '../../worker/platform/ids.ts'
import { seal } from '../../worker/platform/sealed.ts'
import { disableEndpoint, setFailing } from '../../worker/webhooks/endpointStore.ts'
import { call, clock, env, ok, setUp } from './boon.ts'
import { expectProblem, rowCounts } from './problems.ts'
import { hook, received } from './receiver.ts'

beforeAll(setUp)

const input = { name: 'E', url: 'https://example.com/hooks' }
const make = (more: object = {}) => ok('POST', '/v1/endpoints', { ...input, ...more })
const read = (id: string) => ok('GET', `/v1/endpoints/${id}`)
const verb = (id: string, name: string) => call('POST', `/v1/endpoints/${id}/${name}`)
const rotate = (id: string) => ok('POST', `/v1/endpoints/${id}/rotate-secret`)

describe('an endpoint', () => {
  test('is made with a secret that is shown this once', async () => {
    const made = await call('POST', '/v1/endpoints', input)
    expect(made).toMatchObject({
      status: 201,
      json: {
        ...input,
        id: expect.stringMatching(/^ept_/),
        headers: {},
        basicAuth: null,
        retrySchedule: null,
        status: 'enabled',
        disabledReason: null,
        failingSince: null,
        signingSecrets: [{ until: null }],
        createdBy: 'key_s',
      },
    })
    const { secret, ...shown } = made.json
    expect(atob(secret.replace(/^whsec_/, ''))).toHaveLength(32)
    expect(await read(shown.id)).toEqual(shown)
    expect((await ok('GET', '/v1/endpoints?limit=1')).data).toEqual([shown])
  })

  test('keeps to itself what it is reached with, in answers and in the database', async () => {
    const { id } = await make({
      headers: { 'X-Api-Key': 'very secret', 'X-Other': 'also secret' },
      basicAuth: { username: 'ann', password: 'top secret' },
    })
    const { text, json } = await call('GET', `/v1/endpoints/${id}`)
    expect(json).toMatchObject({
      headers: { 'X-Api-Key': '••••', 'X-Other': '••••' },
      basicAuth: { username: 'ann', password: '••••' },
    })
    const list = (await call('GET', '/v1/endpoints')).text
    const stored = JSON.stringify(
      await env.DB.prepare('SELECT * FROM endpoints WHERE id = ?1').bind(id).first(),
    )
    for (const place of [text, list, stored]) expect(place).not.toMatch(/ secret|whsec_/)
    expect(stored).not.toMatch(/ann|X-Api-Key/)
  })

  test('is listed by pages, newest first', async () => {
    const made = []
    for (const name of ['p1', 'p2', 'p3']) made.unshift((await make({ name })).id)
    const first = await ok('GET', '/v1/endpoints?limit=2')
    expect(first.data.map(({ id }: { id: string }) => id)).toEqual(made.slice(0, 2))
    const second = await ok('GET', `/v1/endpoints?limit=1&cursor=${first.nextCursor}`)
    expect(second.data[0].id).toBe(made[2])
  })

  test('that nobody made is not there, whatever is asked of it', async () => {
    for (const name of ['test', 'rotate-secret', 'enable', 'disable']) {
      expectProblem(await verb('ept_none', name), 404, 'not_found')
    }
    expectProblem(await call('GET', '/v1/endpoints/ept_none'), 404, 'not_found')
    expectProblem(await call('PATCH', '/v1/endpoints/ept_none', { name: 'x' }), 404, 'not_found')
  })
})

test.each([
  'https://169.254.169.254/',
  'https://[::1]/',
  'http://10.0.0.1/',
  'https://user:pw@host/',
  'ftp://example.com/',
  'https://0xa9fea9fe/',
  'https://[::ffff:10.0.0.1]/',
  'https://metadata.google.internal/',
  'https://intranet/',
  'http://example.com/',
  'example.com',
])('E11: %s is no URL to send to, for a new endpoint or an old one', async (url) => {
  const { id } = await make()
  const before = await rowCounts()
  expectProblem(await call('POST', '/v1/endpoints', { ...input, url }), 422, 'invalid', ['url'])
  expectProblem(await call('PATCH', `/v1/endpoints/${id}`, { url }), 422, 'invalid', ['url'])
  expect(await rowCounts()).toEqual(before)
  expect(await read(id)).toMatchObject({ url: input.url })
})

test.each<[object, string]>([
  [{ name: '' }, 'name'],
  [{ name: 'a\nb' }, 'name'],
  [{ url: `https://example.com/${'x'.repeat(2_000)}` }, 'url'],
  [{ headers: { 'Webhook-Id': 'forged' } }, 'headers.Webhook-Id'],
  [{ headers: { Host: 'other.example' } }, 'headers.Host'],
  [{ headers: { 'X-A': 'a\r\nX-B: b' } }, 'headers.X-A'],
  [{ basicAuth: { username: 'u', password: '••••' } }, 'basicAuth.password'],
  [{ retrySchedule: ['P1M'] }, 'retrySchedule.0'],
  [{ secret: 'whsec_mine' }, 'secret'],
  [{ status: 'disabled' }, 'status'],
])('%j is refused, in a new endpoint and in a patch', async (more, path) => {
  const { id, secret, ...before } = await make()
  expectProblem(await call('POST', '/v1/endpoints', { ...input, ...more }), 422, 'invalid', [path])
  expectProblem(await call('PATCH', `/v1/endpoints/${id}`, more), 422, 'invalid', [path])
  expect(await read(id)).toEqual({ id, ...before })
})

describe('a patch', () => {
  test('changes what it names, and null takes away', async () => {
    const { id } = await make({
      headers: { 'X-A': 'a', 'X-B': 'b' },
      basicAuth: { username: 'u', password: 'p' },
      retrySchedule: ['PT5S'],
    })
    const patch = (body: object) => ok('PATCH', `/v1/endpoints/${id}`, body)
    expect(await patch({ name: 'F', headers: { 'x-a': 'c', 'X-B': null, 'X-C': 'd' } })).toMatchObject({
      name: 'F',
      url: input.url,
      headers: { 'x-a': '••••', 'X-C': '••••' },
      basicAuth: { username: 'u' },
      retrySchedule: ['PT5S'],
    })
    expect(
      await patch({ url: 'https://example.org/', retrySchedule: [], basicAuth: { username: 'v' } }),
    ).toMatchObject({
      url: 'https://example.org/',
      basicAuth: { username: 'v', password: '••••' },
      retrySchedule: [],
    })
    const bare = await patch({ headers: null, basicAuth: null, retrySchedule: null })
    expect(bare).toMatchObject({ name: 'F', headers: {}, basicAuth: null, retrySchedule: null })
    expect(await read(id)).toEqual(bare)
    for (const name of ['name', 'url']) {
      expectProblem(await call('PATCH', `/v1/endpoints/${id}`, { [name]: null }), 422, 'invalid', [name])
    }
  })

  test('is checked together with what is there', async () => {
    const { id } = await make({ headers: { authorization: 'Bearer x' } })
    const path = `/v1/endpoints/${id}`
    const basicAuth = { username: 'u', password: 'p' }
    expectProblem(await call('PATCH', path, { basicAuth }), 422, 'invalid', ['headers.authorization'])
    expect(await read(id)).toMatchObject({ basicAuth: null })
    expectProblem(await call('PATCH', path, { basicAuth: { username: 'u' } }), 422, 'invalid', [
      'basicAuth.password',
    ])
    await ok('PATCH', path, { basicAuth, headers: { Authorization: null } })
    expect(await read(id)).toMatchObject({ headers: {}, basicAuth: { username: 'u' } })
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`X-${n}`, 'v']))
    await ok('PATCH', path, { headers: many })
    expectProblem(await call('PATCH', path, { headers: { 'X-20': 'v' } }), 422, 'invalid', ['headers'])
  })

  test('of another URL forgives what the old one failed', async () => {
    const { id } = await make()
    await setFailing(env, id, Date.parse('2026-01-01T00:00:00Z'))
    await ok('PATCH', `/v1/endpoints/${id}`, { name: 'F' })
    expect(await read(id)).toMatchObject({ failingSince: '2026-01-01T00:00:00.000Z' })
    await ok('PATCH', `/v1/endpoints/${id}`, { url: 'https://example.org/' })
    expect(await read(id)).toMatchObject({ failingSince: null })
  })
})

test('changes at the same moment lose nothing of one another', async () => {
  const at = await hook()
  const answers = await Promise.all([
    ...Array.from({ length: 6 }, (_, n) =>
      call('PATCH', `/v1/endpoints/${at.id}`, { headers: { [`X-${n}`]: `value ${n}` } }),
    ),
    call('PATCH', `/v1/endpoints/${at.id}`, { name: 'renamed' }),
    call('PATCH', `/v1/endpoints/${at.id}`, { basicAuth: { username: 'u', password: 'p' } }),
    verb(at.id, 'rotate-secret'),
    verb(at.id, 'disable'),
  ])
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  expect(await read(at.id)).toMatchObject({
    name: 'renamed',
    headers: Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`X-${n}`, '••••'])),
    basicAuth: { username: 'u' },
    status: 'disabled',
    signingSecrets: [{ until: null }, { until: expect.any(String) }],
  })
  await ok('POST', `/v1/endpoints/${at.id}/test`)
  const [message] = await received(at, 1)
  const headers = message?.headers ?? {}
  for (let n = 0; n < 6; n++) expect(headers[`x-${n}`]).toBe(`value ${n}`)
  expect(headers['authorization']).toBe(`Basic ${btoa('u:p')}`)
  for (const secret of [at.secret, answers[8]?.json.secret]) {
    expect(new Webhook(secret).verify(message?.body ?? '', headers)).toMatchObject({ type: 'test' })
  }
})

describe('a rotation', () => {
  test('lets the secret before sign on for a day, and a receiver verify all the while', async () => {
    const at = await hook()
    const tried = async (...secrets: string[]) => {
      const seen = (await at.seen()).length
      await ok('POST', `/v1/endpoints/${at.id}/test`)
      const message = (await received(at, seen + 1)).at(-1)
      return secrets.map((secret) => {
        try {
          new Webhook(secret).verify(message?.body ?? '', message?.headers ?? {})
          return true
        } catch {
          return false
        }
      })
    }
    expect(await tried(at.secret)).toEqual([true])
    const first = await rotate(at.id)
    expect(first).toEqual({
      secret: expect.stringMatching(/^whsec_/),
      previousValidUntil: expect.any(String),
    })
    const overlapMs = Date.parse(first.previousValidUntil) - Date.parse((await read(at.id)).updatedAt)
    expect(overlapMs).toBe(86_400_000)
    expect((await read(at.id)).signingSecrets).toEqual([{ until: null }, { until: first.previousValidUntil }])
    expect(await tried(at.secret, first.secret)).toEqual([true, true])

    await clock('PT23H')
    expect(await tried(at.secret, first.secret)).toEqual([true, true])
    // Within the day, a second one keeps the last two only.
    const second = await rotate(at.id)
    expect(await tried(at.secret, first.secret, second.secret)).toEqual([false, true, true])
    expect((await read(at.id)).signingSecrets).toHaveLength(2)

    await clock('PT23H59M')
    expect(await tried(first.secret, second.secret)).toEqual([true, true])
    await clock('PT2M')
    expect(await tried(first.secret, second.secret)).toEqual([false, true])
    expect((await read(at.id)).signingSecrets).toEqual([{ until: null }])
  })

  test('makes an endpoint whole again that was sealed with another secret', async () => {
    const at = await hook({ headers: { 'X-A': 'a' } })
    const sealed = await seal({ SEALING_SECRET: newSecret(32) }, '{}')
    await env.DB.prepare('UPDATE endpoints SET credentials = ?2 WHERE id = ?1').bind(at.id, sealed).run()
    expect(await read(at.id)).toMatchObject({ status: 'enabled', headers: {}, signingSecrets: [] })
    expectProblem(await call('PATCH', `/v1/endpoints/${at.id}`, { name: 'x' }), 409, 'not_editable')
    expectProblem(await verb(at.id, 'test'), 409, 'not_editable')
    expect(await at.seen()).toEqual([])
    const { secret, previousValidUntil } = await rotate(at.id)
    expect(previousValidUntil).toBeNull()
    await ok('PATCH', `/v1/endpoints/${at.id}`, { headers: { 'X-A': 'b' } })
    await ok('POST', `/v1/endpoints/${at.id}/test`)
    const [message] = await received(at, 1)
    expect(message?.headers).toMatchObject({ 'x-a': 'b' })
    expect(new Webhook(secret).verify(message?.body ?? '', message?.headers ?? {})).toBeTypeOf('object')
  })
})

describe('a test call', () => {
  test('sends a signed sample with all headers, once, and writes nothing down', async () => {
    const at = await hook({ headers: { 'X-Api-Key': 'k' }, basicAuth: { username: 'ü', password: 'p' } })
    await at.answer({ status: 503, headers: { 'retry-after': '1' } }, { status: 200 })
    const before = await rowCounts()
    const answer = await call('POST', `/v1/endpoints/${at.id}/test`)
    expect(answer).toMatchObject({ status: 200, json: { status: 503, excerpt: 'answered 503' } })
    expect(answer.json).toEqual({ status: 503, ms: expect.any(Number), excerpt: 'answered 503' })
    expect(await rowCounts()).toEqual(before)
    expect(await read(at.id)).toMatchObject({ failingSince: null })
    const seen = await at.seen()
    expect(seen).toHaveLength(1)
    const { headers = {}, body = '' } = seen[0] ?? {}
    expect(headers).toMatchObject({
      'x-api-key': 'k',
      'content-type': 'application/json',
      'webhook-id': answer.headers.get('x-request-id'),
      authorization: `Basic ${btoa('\u00c3\u00bc:p')}`,
    })
    expect(new Webhook(at.secret).verify(body, headers)).toMatchObject({ type: 'test', endpointId: at.id })
  })

  test('may be made to an endpoint that is disabled', async () => {
    const at = await hook()
    await ok('POST', `/v1/endpoints/${at.id}/disable`)
    expect(await ok('POST', `/v1/endpoints/${at.id}/test`)).toMatchObject({ status: 200 })
    expect(await read(at.id)).toMatchObject({ status: 'disabled' })
  })

  test('does not follow where it is sent on to', async () => {
    const [at, other] = [await hook(), await hook()]
    const location = (await read(other.id)).url
    await at.answer({ status: 307, headers: { location } })
    expect(await ok('POST', `/v1/endpoints/${at.id}/test`)).toMatchObject({ status: 307 })
    expect(await other.seen()).toEqual([])
  })

  test('says in words when nobody answers', async () => {
    // Nobody listens at the discard port.
    const { id } = await make({ url: 'http://127.0.0.1:9/' })
    const answer = await ok('POST', `/v1/endpoints/${id}/test`)
    expect(answer).toEqual({ status: null, ms: expect.any(Number), excerpt: '', error: expect.any(String) })
    expect(answer.error).toMatch(/^network: [a-z ]+$/)
  })
})

describe('switching', () => {
  test('off and on goes once each, and forgives failures', async () => {
    const { id } = await make()
    expectProblem(await verb(id, 'enable'), 409, 'wrong_status')
    await setFailing(env, id, 1_000)
    expect(await verb(id, 'disable')).toMatchObject({
      status: 200,
      json: {
        status: 'disabled',
        disabledReason: expect.stringMatching(/\S/),
        failingSince: expect.any(String),
      },
    })
    expectProblem(await verb(id, 'disable'), 409, 'wrong_status')
    const enabled = { status: 'enabled', disabledReason: null, failingSince: null }
    expect(await verb(id, 'enable')).toMatchObject({ status: 200, json: enabled })
    expect(await read(id)).toMatchObject(enabled)
  })

  test('at the same moment works for one only', async () => {
    const { id } = await make()
    for (const name of ['disable', 'enable']) {
      const statuses = (await Promise.all(Array.from({ length: 8 }, () => verb(id, name)))).map(
        (one) => one.status,
      )
      expect(statuses.sort()).toEqual([200, ...Array.from({ length: 7 }, () => 409)])
    }
  })

  test('by the sender says why, and does not overwrite why it was disabled before', async () => {
    const { id } = await make()
    expect(await disableEndpoint(env, id, 'It answered 410 Gone.', 1_000)).toMatchObject({ id })
    expect(await disableEndpoint(env, id, 'Something else.', 2_000)).toBeUndefined()
    expect(await read(id)).toMatchObject({ status: 'disabled', disabledReason: 'It answered 410 Gone.' })
  })
})
