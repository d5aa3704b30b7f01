import { beforeAll, describe, expect, test } from 'vitest'
import { scopes } from '../../worker/platform/auth.ts'
import { call, ok, PUBLISHABLE_KEY, setUp, wallet } from './boon.ts'
import { type Known, operations } from './operations.ts'
import { callRaw, expectProblem, rowCounts, streamOf } from './problems.ts'

/** What stands for each parameter of a path, so that nothing but the fault under test is wrong. */
const ids: Record<string, string> = { userId: 'u1', jobId: 'job_1', keyId: 'key_p', deliveryId: 'dlv_1' }
const lacking = new Map<string, string>()
let counts: Record<string, number>

beforeAll(async () => {
  await setUp()
  await ok('PUT', '/v1/users/u1', { name: 'U' })
  ids['walletId'] = (await wallet()).id
  ids['couponId'] = (await ok('POST', '/v1/coupons', operations['POST /v1/coupons']?.body)).id
  ids['campaignId'] = (await ok('POST', '/v1/campaigns', operations['POST /v1/campaigns']?.body)).id
  ids['segmentId'] = (await ok('POST', '/v1/segments', operations['POST /v1/segments']?.body)).id
  ids['listId'] = (await ok('POST', '/v1/lists', operations['POST /v1/lists']?.body)).id
  ids['endpointId'] = (await ok('POST', '/v1/endpoints', operations['POST /v1/endpoints']?.body)).id
  ids['itemId'] = (await ok('POST', '/v1/catalogue', operations['POST /v1/catalogue']?.body)).id
  ids['partnerId'] = (await ok('POST', '/v1/partners', { name: 'P' })).id
  const voucherList = { ...operations['POST /v1/voucher-lists']?.body, partnerId: ids['partnerId'] }
  ids['voucherListId'] = (await ok('POST', '/v1/voucher-lists', voucherList)).id
  for (const { known } of entries) {
    if (lacking.has(wanted(known))) continue
    const others = scopes.filter((other) => other !== known.scope && !known.or?.includes(other))
    const name = `all but ${wanted(known)}`
    lacking.set(wanted(known), (await ok('POST', '/v1/keys', { name, kind: 'secret', scopes: others })).key)
  }
  counts = await rowCounts()
})

const entries = Object.entries(operations).map(([name, known]) => {
  const [method = '', path = ''] = name.split(' ')
  return { name, method, path, known }
})
/** The scopes that an operation asks for, as one text. */
const wanted = ({ scope, or = [] }: Known) => [scope, ...or].join(' or ')
const filled = (path: string) => path.replaceAll(/\{(\w+)\}/g, (_, name) => ids[name] ?? '')
const validBody = (known: Known) => known.body ?? (known.upload ? 'A\n' : undefined)
const headersOf = (known: Known) => ({
  ...known.headers,
  ...(known.upload ? { 'content-type': 'text/csv' } : {}),
})

test('every operation that the OpenAPI document lists is tried here', async () => {
  const document = await ok('GET', '/openapi.json', undefined, { key: null })
  const listed = Object.entries<Record<string, { security?: unknown }>>(document.paths).flatMap(
    ([path, item]) =>
      Object.entries(item).flatMap(([method, spec]) =>
        spec.security === undefined ? [] : [`${method.toUpperCase()} ${path}`],
      ),
  )
  expect(listed.sort()).toEqual(Object.keys(operations).sort())
})

describe.each(entries)('$name', ({ method, path, known }) => {
  const send = (body: unknown, key?: string | null) =>
    call(method, filled(path), body, { headers: headersOf(known), ...(key === undefined ? {} : { key }) })

  test('wants a key that is known and may do that, before it looks at anything else', async () => {
    const body = known.body === undefined ? validBody(known) : '{'
    expectProblem(await send(body, null), 401, 'unauthenticated')
    expectProblem(await send(body, 'sk_unknown'), 401, 'unauthenticated')
    expectProblem(await send(body, lacking.get(wanted(known))), 403, 'forbidden')
    if (!known.tray) expectProblem(await send(body, PUBLISHABLE_KEY), 403, 'forbidden')
  })

  if (known.body !== undefined) {
    const { body } = known
    test('refuses what is no JSON', async () => {
      for (const text of ['{', '', '{"a":1}x', "{'a':1}", 'NaN', '{"a":01}', '\u0000']) {
        expectProblem(await send(text), 400, 'malformed_json')
      }
      const latin1 = new Uint8Array([0x22, 0xfc, 0x22])
      expectProblem(await callRaw(method, filled(path), latin1, known.headers), 400, 'malformed_json')
    })

    test('refuses JSON of another shape, naming the path', async () => {
      for (const other of ['[]', '[{}]', 'null', '5', '"text"', 'true'])
        expectProblem(await send(other), 422, 'invalid')
      expectProblem(await send({ ...body, surprise: 1 }), 422, 'invalid', ['surprise'])
      const json = JSON.stringify({ ...body, PLACE: 1 }).replace('PLACE', '__proto__')
      expectProblem(await send(json), 422, 'invalid', ['__proto__'])
      for (const field of Object.keys(body)) {
        for (const wrong of [[{ no: [] }], -1.5, { no: { such: ['thing'] } }, '\ud800', 0]) {
          // Each of these is looked at by itself, see bad-values.test.ts.
          if (Array.isArray(wrong) && (field === 'users' || field === 'events')) continue
          // What is wrong with these are their bounds; a name among properties is the caller's own.
          if (typeof wrong === 'object' && field === 'properties') continue
          if (wrong === 0 && (field === 'decimals' || field === 'lowStock')) continue
          const answer = await send({ ...body, [field]: wrong })
          expectProblem(answer, 422, 'invalid')
          expect(answer.json.issues[0].path.split('.')[0], answer.text).toBe(field)
        }
      }
    })

    test('refuses a body of 2 MB, whether or not its length is told', async () => {
      const whole = new Uint8Array(2_000_000).fill(0x20)
      expectProblem(await callRaw(method, filled(path), whole, known.headers), 413, 'too_large')
      expectProblem(await callRaw(method, filled(path), streamOf(2_000_000), known.headers), 413, 'too_large')
    })
  }

  const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
  if (named.includes('userId')) {
    test('refuses a user id that none can be', async () => {
      for (const userId of ['u'.repeat(129), 'a%00b', '%0A']) {
        const answer = await call(method, filled(path.replace('{userId}', userId)), validBody(known), {
          headers: headersOf(known),
        })
        expectProblem(answer, 422, 'invalid', ['userId'])
      }
    })
  }
  for (const name of named.filter((one) => one !== 'userId')) {
    test(`knows no ${name} that was never made`, async () => {
      for (const unknown of ['xxx_1', '%00', 'x'.repeat(5_000), "'--"]) {
        const answer = await call(method, filled(path.replace(`{${name}}`, unknown)), validBody(known), {
          headers: headersOf(known),
        })
        expectProblem(answer, 404, 'not_found')
      }
    })
  }

  test('refuses pages that cannot be, where it has pages', async () => {
    const answer = await call(method, `${filled(path)}?limit=1`, validBody(known), {
      key: lacking.get(wanted(known)) ?? null,
    })
    expectProblem(answer, 403, 'forbidden')
    if (!['GET'].includes(method) || (await call(method, `${filled(path)}?limit=0`)).status !== 422) return
    for (const limit of ['0', '101', 'abc', '-1', '1.5', '', 'NaN']) {
      expectProblem(await call(method, `${filled(path)}?limit=${limit}`), 422, 'invalid', ['limit'])
    }
    for (const cursor of ['rubbish', '!!!', 'YWJj', '', '%00', 'x'.repeat(5_000)]) {
      expectProblem(await call(method, `${filled(path)}?cursor=${cursor}`), 422, 'invalid', ['cursor'])
    }
    expectProblem(await call(method, `${filled(path)}?surprise=1`), 422, 'invalid', ['surprise'])
  })
})

test('nothing of all that was written', async () => {
  expect(await rowCounts()).toEqual(counts)
})

test('what is no operation is a problem too, with a request id', async () => {
  expectProblem(await call('GET', '/v1/nothing'), 404, 'not_found')
  expectProblem(await call('DELETE', '/v1/wallets'), 404, 'not_found')
  expect((await call('GET', '/healthz', undefined, { key: null })).headers.get('x-request-id')).toMatch(
    /^req_/,
  )
})
