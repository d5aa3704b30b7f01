import { evictAllDurableObjects } from 'cloudflare:test'
import { beforeAll, describe, expect, test } from 'vitest'
import { call, coupon, env, jobDone, ok, setUp } from './boon.ts'
import { jobWhen } from './jobs.ts'
import { callRaw, expectProblem } from './problems.ts'

beforeAll(setUp)

const CSV = { 'content-type': 'text/csv' }
const upload = (id: string, text: string, headers: Record<string, string> = CSV) =>
  call('POST', `/v1/coupons/${id}/codes`, text, { headers })
async function imported(id: string, text: string) {
  const answer = await upload(id, text)
  expect(answer.status, answer.text).toBe(202)
  return jobDone(answer.json.id)
}
const codesOf = async (id: string): Promise<string[]> =>
  (await ok('GET', `/v1/coupons/${id}/codes?limit=100`)).data.map((row: { code: string }) => row.code)
const staged = async () => {
  const { results } = await env.DB.prepare('SELECT id FROM jobs').all()
  return results.length
}

describe('an import of codes', () => {
  test('names each line that it skips, counted as in the file that was sent', async () => {
    await imported((await coupon()).id, 'TAKEN-1\nTAKEN-2\n')
    const { id } = await coupon()
    await imported(id, 'MINE')
    const lines = [
      '\ufeff Code ', // 1: a header behind a byte-order mark
      'A-1',
      '', // 3
      '  a-1\t', // 4: seen on line 2
      '"B ""quoted"" no"', // 5: a quote cannot be in a code
      '"B-2"',
      'C,D', // 7
      'x'.repeat(101), // 8
      'x'.repeat(100),
      'taken-1', // 10: another coupon's
      'mine', // 11: this coupon's own, from before
      'code', // 12: no header here
      '   ', // 13
      'Ä-3',
      'a\u0308-3', // 15: the same, decomposed
      '"TAKEN-2"', // 16
      'E;F', // 17
      'LAST',
    ]
    for (const [index, text] of [lines.join('\r\n'), `${lines.join('\n')}\n`].entries()) {
      const target = index === 0 ? id : (await coupon()).id
      if (index === 1)
        await ok('POST', `/v1/coupons/${id}/end`).then(() => ok('POST', `/v1/coupons/${id}/archive`))
      const job = await imported(target, text)
      const problems = job.problems.map((one: { line: number; code: string }) => `${one.line} ${one.code}`)
      expect(problems).toEqual([
        '3 blank',
        '4 duplicate_in_file',
        '5 invalid',
        '7 several_columns',
        '8 too_long',
        '10 already_exists',
        ...(index === 0 ? ['11 already_exists'] : []),
        '13 blank',
        '15 duplicate_in_file',
        '16 already_exists',
        '17 several_columns',
      ])
      const own = ['A-1', 'B-2', 'x'.repeat(100), ...(index === 0 ? [] : ['mine']), 'code', 'Ä-3', 'LAST']
      expect(job).toMatchObject({ status: 'done', total: 18, done: 18, imported: own.length })
      expect(job.skipped).toBe(job.problems.length)
      expect(await codesOf(target)).toEqual(index === 0 ? ['MINE', ...own] : own)
      expect(job.problems[1]).toEqual({ line: 4, code: 'duplicate_in_file', value: 'a-1' })
    }
  })

  test('takes the same file twice as nothing new', async () => {
    const { id } = await coupon()
    const text = Array.from({ length: 1_200 }, (_, n) => `AGAIN-${n}`).join('\n')
    expect(await imported(id, text)).toMatchObject({ imported: 1_200, skipped: 0 })
    const job = await imported(id, text)
    expect(job).toMatchObject({ imported: 0, skipped: 1_200, done: 1_200 })
    expect(job.problems).toHaveLength(1_000)
    expect(job.problems[999]).toEqual({ line: 1_000, code: 'already_exists', value: 'AGAIN-999' })
    expect((await ok('GET', `/v1/coupons/${id}`)).stats.stock).toEqual({ total: 1_200, available: 1_200 })
  })

  test('refuses what is no such file, and keeps nothing of it', async () => {
    const { id } = await coupon()
    const path = `/v1/coupons/${id}/codes`
    const jobs = await staged()
    expectProblem(await upload(id, 'A\n', { 'content-type': 'application/json' }), 422, 'invalid', [
      'Content-Type',
    ])
    expectProblem(await upload(id, ''), 422, 'invalid', ['body'])
    const bytes = new TextEncoder().encode(`${'GOOD-CODE\n'.repeat(20_000)}`)
    bytes[bytes.length - 2] = 0xff
    expectProblem(await callRaw('POST', path, bytes, CSV), 422, 'invalid', ['body'])
    const cut = new TextEncoder().encode('A\nü').slice(0, -1)
    expectProblem(await callRaw('POST', path, cut, CSV), 422, 'invalid', ['body'])
    const endless = new Uint8Array(1_500_000).fill(0x41)
    expectProblem(await callRaw('POST', path, endless, CSV), 422, 'invalid', ['body'])
    expect(await staged()).toBe(jobs)
    expect(await codesOf(id)).toEqual([])
    const single = await coupon({ kind: 'single', code: 'SINGLE' })
    expectProblem(await upload(single.id, 'A\n'), 409, 'wrong_status')
    expectProblem(await upload('cpn_none', 'A\n'), 404, 'not_found')
    await ok('POST', `/v1/coupons/${id}/end`)
    expectProblem(await upload(id, 'A\n'), 409, 'wrong_status')
  })

  test('goes on after the object has been evicted in the middle of it', async () => {
    const { id } = await coupon()
    const count = 60_000
    const text = Array.from({ length: count }, (_, n) => `CRASH-${String(n).padStart(6, '0')}`).join('\r\n')
    const { json: job } = await upload(id, text)
    await jobWhen(job.id, ({ done }) => done > 0)
    await evictAllDurableObjects()
    expect(await jobDone(job.id)).toMatchObject({
      status: 'done',
      total: count,
      done: count,
      imported: count,
      problems: [],
    })
    expect((await ok('GET', `/v1/coupons/${id}`)).stats.stock).toEqual({ total: count, available: count })
    const first = await ok('GET', `/v1/coupons/${id}/codes?limit=2`)
    expect(first.data.map((row: { code: string }) => row.code)).toEqual(['CRASH-000000', 'CRASH-000001'])
  })

  test('beside others on other coupons: every code has one owner', async () => {
    const [one, two, three] = [await coupon(), await coupon(), await coupon()]
    const all = Array.from({ length: 10_000 }, (_, n) => `FIGHT${String(n).padStart(4, '0')}`)
    const pattern = { count: 3_000, length: 4, alphabet: 'numeric', prefix: 'FIGHT' }
    const jobs = await Promise.all([
      upload(one.id, all.slice(0, 6_000).join('\n')),
      upload(two.id, all.slice(4_000, 7_000).join('\n')),
      call('POST', `/v1/coupons/${three.id}/codes/generate`, pattern),
    ])
    const done = await Promise.all(jobs.map(({ json }) => jobDone(json.id)))
    expect(done.map((job) => job.status)).toEqual(['done', 'done', 'done'])
    const stocks = await Promise.all(
      [one, two, three].map(async ({ id }) => (await ok('GET', `/v1/coupons/${id}`)).stats.stock.total),
    )
    expect(stocks).toEqual(done.map((job) => job.imported))
    expect(stocks[2]).toBe(3_000)
    const seen = new Set<string>()
    for (const { id } of [one, two, three]) {
      const { text } = await call('GET', `/v1/coupons/${id}/codes`, undefined, {
        headers: { accept: 'text/csv' },
      })
      for (const row of text.trim().split('\r\n').slice(1)) seen.add(row)
    }
    expect(seen.size).toBe(stocks.reduce((sum, own) => sum + own, 0))
    const owned = await env.DB.prepare(
      `SELECT count(*) AS n FROM coupon_codes WHERE key LIKE 'FIGHT%'`,
    ).first()
    expect(owned).toEqual({ n: seen.size })
  })
})
