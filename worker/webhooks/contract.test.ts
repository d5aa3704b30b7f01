import { describe, expect, test } from 'vitest'
import { issuesOf } from '../platform/http.ts'
import { endpointInputSchema, MASK } from './contract.ts'

const endpoint = { name: 'N', url: 'https://example.com/' }

/** The paths that are wrong with an endpoint. */
function faults(more: object): string[] {
  const result = endpointInputSchema.safeParse({ ...endpoint, ...more })
  return result.success ? [] : [...new Set(issuesOf(result.error).map(({ path }) => path))]
}

const headersOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-${n}`, 'v']))

describe('headers', () => {
  test.each<[string, Record<string, unknown>]>([
    ['none', {}],
    ['twenty', headersOf(20)],
    ['odd names', { "!#$%&'*+.^_`|~-x9": 'v' }],
    ['blanks and tabs within', { 'X-A': 'a  b\tc' }],
    ['all printable ASCII', { 'X-A': '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~' }],
    ['a long value', { 'X-A': 'x'.repeat(2_000) }],
    ['a token', { Authorization: 'Bearer abc' }],
    ['a cookie and a user agent', { Cookie: 'a=b', 'User-Agent': 'Ours' }],
    [
      'names that only begin like reserved ones',
      { Hosted: 'x', Tea: 'x', Webhooks: 'x', 'X-Webhook-Id': 'x' },
    ],
  ])('may be %s', (_, headers) => {
    expect(faults({ headers })).toEqual([])
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['twenty-one', headersOf(21), 'headers'],
    ['an empty name', { '': 'v' }, 'headers.'],
    ['a name with a blank', { 'X A': 'v' }, 'headers.X A'],
    ['a name with a colon', { 'X:A': 'v' }, 'headers.X:A'],
    ['a name beyond ASCII', { 'X-Ä': 'v' }, 'headers.X-Ä'],
    ['a name with a line break', { 'X-A\r\nX-B': 'v' }, 'headers.X-A\r\nX-B'],
    ['a name too long', { ['X'.repeat(101)]: 'v' }, `headers.${'X'.repeat(101)}`],
    ['an empty value', { 'X-A': '' }, 'headers.X-A'],
    ['a value with a line break', { 'X-A': 'a\r\nX-B: b' }, 'headers.X-A'],
    ['a value with a line break at its end', { 'X-A': 'a\n' }, 'headers.X-A'],
    ['a value with NUL', { 'X-A': 'a\u0000b' }, 'headers.X-A'],
    ['a value beyond ASCII', { 'X-A': 'ü' }, 'headers.X-A'],
    ['a value with blanks around', { 'X-A': ' a' }, 'headers.X-A'],
    ['a value too long', { 'X-A': 'x'.repeat(2_001) }, 'headers.X-A'],
    ['a value that is no text', { 'X-A': 5 }, 'headers.X-A'],
    ['the mask', { 'X-A': MASK }, 'headers.X-A'],
    ['the same name twice', { 'X-A': 'a', 'x-a': 'b' }, 'headers.x-a'],
    ...['Host', 'content-length', 'Content-Type', 'content-encoding', 'CONNECTION', 'Keep-Alive'].map(
      (name): [string, Record<string, unknown>, string] => [name, { [name]: 'v' }, `headers.${name}`],
    ),
    ...[
      'Transfer-Encoding',
      'TE',
      'Trailer',
      'Upgrade',
      'Expect',
      'Proxy-Authorization',
      'Webhook-Id',
      'webhook-x',
    ].map((name): [string, Record<string, unknown>, string] => [name, { [name]: 'v' }, `headers.${name}`]),
  ])('may not be %s', (_, headers, path) => {
    expect(faults({ headers })).toEqual([path])
  })

  test('may hold an authorization or leave it to basicAuth, not both', () => {
    const basicAuth = { username: 'u', password: 'p' }
    expect(faults({ basicAuth })).toEqual([])
    expect(faults({ basicAuth, headers: { 'X-A': 'a' } })).toEqual([])
    expect(faults({ basicAuth, headers: { AUTHORIZATION: 'x' } })).toEqual(['headers.AUTHORIZATION'])
  })
})

test.each([
  [{ username: 'u', password: 'p:q ü' }, []],
  [{ username: 'u:v', password: 'p' }, ['basicAuth.username']],
  [{ username: '', password: 'p' }, ['basicAuth.username']],
  [{ username: 'u', password: '' }, ['basicAuth.password']],
  [{ username: 'u' }, ['basicAuth.password']],
  [{ username: 'u', password: 'p\n' }, ['basicAuth.password']],
  [{ username: 'u', password: MASK }, ['basicAuth.password']],
  [{ username: 'u', password: 'p', realm: 'r' }, ['basicAuth.realm']],
  [null, ['basicAuth']],
])('basicAuth %j: %j', (basicAuth, expected) => {
  expect(faults({ basicAuth })).toEqual(expected)
})

test.each([
  [[], []],
  [['PT1S', 'P2D', 'PT48H', 'PT1.5S'], []],
  [Array.from({ length: 20 }, () => 'PT1S'), []],
  [Array.from({ length: 21 }, () => 'PT1S'), ['retrySchedule']],
  [['PT0S'], ['retrySchedule.0']],
  [['PT0.999S'], ['retrySchedule.0']],
  [['PT1S', 'PT48H1S'], ['retrySchedule.1']],
  [['P3D'], ['retrySchedule.0']],
  [['P1M'], ['retrySchedule.0']],
  [['-PT5S'], ['retrySchedule.0']],
  [['5s'], ['retrySchedule.0']],
  [[5], ['retrySchedule.0']],
  ['PT5S', ['retrySchedule']],
  [null, ['retrySchedule']],
])('a schedule of %j: %j', (retrySchedule, expected) => {
  expect(faults({ retrySchedule })).toEqual(expected)
})
