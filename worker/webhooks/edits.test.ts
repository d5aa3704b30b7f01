import { describe, expect, test } from 'vitest'
import { mergeEndpoint, OVERLAP_MS, rotateSecret } from './edits.ts'

const endpoint = {
  name: 'N',
  url: 'https://example.com/',
  headers: { 'X-Key': 'k', 'X-Other': 'o' },
  basicAuth: { username: 'u', password: 'p' },
  retrySchedule: ['PT5S'],
}

describe('a patch', () => {
  test.each([
    ['nothing', {}, endpoint],
    ['a name', { name: 'M' }, { ...endpoint, name: 'M' }],
    [
      'a header',
      { headers: { 'X-New': 'n' } },
      { ...endpoint, headers: { ...endpoint.headers, 'X-New': 'n' } },
    ],
    [
      'a header in another case',
      { headers: { 'x-key': 'other' } },
      { ...endpoint, headers: { 'X-Other': 'o', 'x-key': 'other' } },
    ],
    ['one header away', { headers: { 'x-KEY': null } }, { ...endpoint, headers: { 'X-Other': 'o' } }],
    [
      'another password',
      { basicAuth: { password: 'q' } },
      { ...endpoint, basicAuth: { username: 'u', password: 'q' } },
    ],
    ['another schedule', { retrySchedule: [] }, { ...endpoint, retrySchedule: [] }],
    ['what is no object', { headers: 5 }, { ...endpoint, headers: 5 }],
  ])('of %s', (_, patch, expected) => {
    expect(mergeEndpoint(endpoint, patch)).toEqual(expected)
  })

  test('of null takes away', () => {
    const patch = { headers: null, basicAuth: null, retrySchedule: null }
    expect(mergeEndpoint(endpoint, patch)).toEqual({ name: 'N', url: 'https://example.com/' })
  })

  test('leaves what it patches as it was', () => {
    const before = structuredClone(endpoint)
    mergeEndpoint(endpoint, { headers: { 'X-Key': null }, basicAuth: { username: 'v' } })
    expect(endpoint).toEqual(before)
  })
})

describe('a rotation', () => {
  const of = (secrets: { secret: string; untilMs: number | null }[]) => ({
    secrets,
    headers: {},
    basicAuth: null,
  })

  test('puts the new secret first and gives the one before a day', () => {
    const once = rotateSecret(of([{ secret: 'a', untilMs: null }]), 'b', 1_000)
    expect(once).toEqual([
      { secret: 'b', untilMs: null },
      { secret: 'a', untilMs: 1_000 + OVERLAP_MS },
    ])
    expect(rotateSecret(of(once), 'c', 2_000)).toEqual([
      { secret: 'c', untilMs: null },
      { secret: 'b', untilMs: 2_000 + OVERLAP_MS },
    ])
  })

  test('of nothing has nothing before it', () => {
    expect(rotateSecret(of([]), 'a', 0)).toEqual([{ secret: 'a', untilMs: null }])
  })
})
