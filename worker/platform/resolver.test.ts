import { expect, test } from 'vitest'
import { type Ask, resolvesPrivately } from './resolver.ts'

type Records = { A?: string[]; AAAA?: string[]; CNAME?: string }

/** A resolver that knows some names, and what it was asked. */
function resolver(zone: Record<string, Records | 'silent' | 'servfail' | 'broken' | 500>) {
  const asked: string[] = []
  const ask: Ask = async (url) => {
    const { origin, pathname, searchParams } = new URL(url)
    const [name, type] = [searchParams.get('name') ?? '', searchParams.get('type') as 'A' | 'AAAA']
    asked.push(`${type} ${name}`)
    expect(`${origin}${pathname}`).toBe('https://cloudflare-dns.com/dns-query')
    const records = zone[name]
    if (records === 'silent') throw new Error('no answer')
    if (records === 500) return new Response('oops', { status: 500 })
    if (records === 'broken') return new Response('<html>')
    if (records === 'servfail') return Response.json({ Status: 2 })
    if (records === undefined) return Response.json({ Status: 3 })
    const alias = records.CNAME === undefined ? [] : [{ name, type: 5, data: records.CNAME }]
    const found = (records[type] ?? []).map((data) => ({ name, type: type === 'A' ? 1 : 28, data }))
    return Response.json({
      Status: 0,
      ...(found.length + alias.length > 0 ? { Answer: [...alias, ...found] } : {}),
    })
  }
  return { ask, asked }
}

test.each<[string, Records | 'silent' | 'servfail' | 'broken' | 500, boolean]>([
  ['public.example', { A: ['8.8.8.8'], AAAA: ['2606:4700::1111'] }, false],
  ['alias.example', { CNAME: 'other.example.', A: ['8.8.8.8'] }, false],
  ['private.example', { A: ['10.0.0.1'] }, true],
  ['one-of-many.example', { A: ['8.8.8.8', '1.1.1.1', '127.0.0.1'] }, true],
  ['six.example', { A: ['8.8.8.8'], AAAA: ['::1'] }, true],
  ['mapped.example', { AAAA: ['::ffff:169.254.169.254'] }, true],
  ['metadata.example', { CNAME: 'x.', A: ['169.254.169.254'] }, true],
  ['none.example', {}, false],
  ['silent.example', 'silent', false],
  ['servfail.example', 'servfail', false],
  ['broken.example', 'broken', false],
  ['failing.example', 500, false],
])('%s, which is %j, leads to a private address: %s', async (name, records, expected) => {
  const { ask, asked } = resolver({ [name]: records })
  expect(await resolvesPrivately(name, ask, 0)).toBe(expected)
  expect(asked.sort()).toEqual([`A ${name}`, `AAAA ${name}`])
})

test('a name that nobody has is no private one', async () => {
  expect(await resolvesPrivately('unknown.example', resolver({}).ask, 0)).toBe(false)
})

test('one private answer is enough, although the other question was not answered', async () => {
  const ask: Ask = async (url) => {
    if (url.endsWith('type=AAAA')) throw new Error('no answer')
    return Response.json({ Status: 0, Answer: [{ type: 1, data: '10.0.0.1' }] })
  }
  expect(await resolvesPrivately('half.example', ask, 0)).toBe(true)
})

test('an answer is remembered for half a minute, and silence is not', async () => {
  const { ask, asked } = resolver({ 'kept.example': { A: ['8.8.8.8'] }, 'quiet.example': 'silent' })
  for (const nowMs of [0, 1_000, 29_999]) await resolvesPrivately('kept.example', ask, nowMs)
  expect(asked).toHaveLength(2)
  await resolvesPrivately('kept.example', ask, 30_000)
  expect(asked).toHaveLength(4)
  for (const nowMs of [0, 1]) await resolvesPrivately('quiet.example', ask, nowMs)
  expect(asked).toHaveLength(8)
})

test('what it was found to be changes with the next question', async () => {
  const zone: Record<string, Records> = { 'moving.example': { A: ['8.8.8.8'] } }
  const { ask } = resolver(zone)
  expect(await resolvesPrivately('moving.example', ask, 0)).toBe(false)
  zone['moving.example'] = { A: ['192.168.0.1'] }
  expect(await resolvesPrivately('moving.example', ask, 30_000)).toBe(true)
})
