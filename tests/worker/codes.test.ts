import { evictAllDurableObjects } from 'cloudflare:test'
import { beforeAll, describe, expect, test } from 'vitest'
import { call, campaign, coupon, env, jobDone, ok, send, setUp, wallet } from './boon.ts'
import { jobWhen } from './jobs.ts'
import { expectProblem } from './problems.ts'

beforeAll(setUp)

const generate = (id: string, body: object) => call('POST', `/v1/coupons/${id}/codes/generate`, body)
const stock = async (id: string) => (await ok('GET', `/v1/coupons/${id}`)).stats.stock
/** All codes of a coupon, as the export has them. */
async function exported(id: string, query = ''): Promise<string[]> {
  const answer = await call('GET', `/v1/coupons/${id}/codes${query}`, undefined, {
    headers: { accept: 'text/csv' },
  })
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  const [header, ...rows] = answer.text.split('\r\n')
  expect(header).toBe('code,status,userId')
  expect(rows.pop()).toBe('')
  return rows
}

describe('generating', () => {
  test('C6: a pattern of sixteen gives eight, then eight, then no more, and writes nothing', async () => {
    const { id } = await coupon()
    const pattern = { count: 8, length: 1, alphabet: '0123456789ABCDEF', prefix: 'BRNO-' }
    for (let round = 1; round <= 2; round++) {
      const answer = await generate(id, pattern)
      expect(answer).toMatchObject({
        status: 202,
        json: { kind: 'generate_codes', total: 8, status: 'running' },
      })
      expect(await jobDone(answer.json.id)).toMatchObject({
        status: 'done',
        imported: 8,
        done: 8,
        problems: [],
      })
      expect(await stock(id)).toEqual({ total: 8 * round, available: 8 * round })
    }
    const jobs = await env.DB.prepare('SELECT count(*) AS n FROM jobs').first()
    expectProblem(await generate(id, pattern), 422, 'code_space_exhausted')
    expect(await env.DB.prepare('SELECT count(*) AS n FROM jobs').first()).toEqual(jobs)
    const codes = (await exported(id)).map((row) => row.split(',')[0])
    expect([...codes].sort()).toEqual(
      Array.from({ length: 16 }, (_, n) => `BRNO-${n.toString(16).toUpperCase()}`),
    )
    // Another coupon finds the pattern used up as well: a code has one owner.
    expectProblem(await generate((await coupon()).id, { ...pattern, count: 1 }), 422, 'code_space_exhausted')
  })

  test('C6 asked for at the same moment: two of three get their eight', async () => {
    const { id } = await coupon()
    const pattern = { count: 8, length: 1, alphabet: '0123456789ABCDEF', prefix: 'AT ONCE ' }
    const answers = await Promise.all([1, 2, 3].map(() => generate(id, pattern)))
    expect(answers.map((answer) => answer.status).sort()).toEqual([202, 202, 422])
    for (const { status, json } of answers) if (status === 202) await jobDone(json.id)
    expect(await stock(id)).toEqual({ total: 16, available: 16 })
  })

  test('C8: what cannot be is refused at once', async () => {
    const { id } = await coupon()
    const c8 = { prefix: 'Test', alphabet: 'numeric', length: 1, count: 100 }
    expectProblem(await generate(id, c8), 422, 'code_space_exhausted')
    for (const [wrong, path] of [
      [{ count: 0, length: 5 }, 'count'],
      [{ count: 1_000_001, length: 9 }, 'count'],
      [{ count: 1, length: 101 }, 'length'],
      [{ count: 1, length: 99, prefix: 'AB' }, 'length'],
      [{ count: 1, length: 5, alphabet: 'AaB' }, 'alphabet'],
      [{ count: 1, length: 5, alphabet: 'A,' }, 'alphabet'],
      [{ count: 1, length: 5, prefix: 'A"' }, 'prefix'],
      [{ count: 1, length: 5, suffix: 'A\n' }, 'suffix'],
    ] as const) {
      expectProblem(await generate(id, wrong), 422, 'invalid', [path])
    }
    expect(await stock(id)).toEqual({ total: 0, available: 0 })
    const single = await coupon({ kind: 'single', code: 'SINGLE' })
    expectProblem(await generate(single.id, c8), 409, 'wrong_status')
    const ended = await coupon()
    await ok('POST', `/v1/coupons/${ended.id}/end`)
    expectProblem(await generate(ended.id, { count: 1, length: 8 }), 409, 'wrong_status')
  })

  test('C11: a hundred thousand: a job at once, progress to see, all different', async () => {
    const { id } = await coupon()
    const { json: job } = await generate(id, { count: 100_000, length: 10 })
    expect(job).toMatchObject({ status: 'running', total: 100_000, done: 0, finishedAt: null })
    const seen = new Set<number>()
    const last = await jobWhen(job.id, ({ status, done }) => {
      seen.add(done)
      return status !== 'running'
    })
    expect(last).toMatchObject({ status: 'done', done: 100_000, imported: 100_000, skipped: 0 })
    expect(last.finishedAt).toMatch(/Z$/)
    expect(seen.size).toBeGreaterThan(2)
    expect(await stock(id)).toEqual({ total: 100_000, available: 100_000 })
    const rows = await exported(id)
    expect(new Set(rows).size).toBe(100_000)
    expect(rows.every((row) => /^[A-Z0-9]{10},available,$/.test(row))).toBe(true)
    const owned = env.DB.prepare('SELECT count(*) AS n FROM coupon_codes WHERE coupon_id = ?1').bind(id)
    expect(await owned.first()).toEqual({ n: 100_000 })
  })

  test('goes on after the object has been evicted in the middle of a job', async () => {
    const { id } = await coupon()
    const { json: job } = await generate(id, { count: 30_000, length: 9, prefix: 'EVICT' })
    await jobWhen(job.id, ({ done }) => done > 0)
    await evictAllDurableObjects()
    expect(await jobDone(job.id)).toMatchObject({ status: 'done', imported: 30_000 })
    expect(await stock(id)).toEqual({ total: 30_000, available: 30_000 })
    expect(new Set(await exported(id)).size).toBe(30_000)
  })

  test('on two coupons at once gives no code to both', async () => {
    const [one, other] = [await coupon(), await coupon()]
    const pattern = { count: 500, length: 3, alphabet: 'numeric', prefix: 'DUEL' }
    const jobs = await Promise.all([one, other].map(({ id }) => generate(id, pattern)))
    for (const { json } of jobs)
      expect(await jobDone(json.id)).toMatchObject({ status: 'done', imported: 500 })
    const codes = [...(await exported(one.id)), ...(await exported(other.id))]
    expect(codes).toHaveLength(1_000)
    expect(new Set(codes).size).toBe(1_000)
  })

  test('ends with the coupon: an archived one gives back all its codes and makes no more', async () => {
    const { id } = await coupon()
    const { json: job } = await generate(id, { count: 60_000, length: 9, prefix: 'ARCHIVE' })
    await jobWhen(job.id, ({ done }) => done > 0)
    await ok('POST', `/v1/coupons/${id}/end`)
    await ok('POST', `/v1/coupons/${id}/archive`)
    expect(await jobDone(job.id)).toMatchObject({ status: 'failed', problems: [{ code: 'archived' }] })
    const owned = env.DB.prepare('SELECT count(*) AS n FROM coupon_codes WHERE coupon_id = ?1').bind(id)
    expect(await owned.first()).toEqual({ n: 0 })
  })
})

describe('the list', () => {
  test('shows who holds what, by status, page by page, and as a file', async () => {
    const { id } = await coupon()
    await jobDone((await generate(id, { count: 7, length: 6 })).json.id)
    const purse = await wallet()
    await campaign('Take', purse.id, { reward: { type: 'coupon', couponId: id } })
    const holder = 'holder "1", Ltd'
    const { decisions } = await send([holder, 'h2', 'h3'].map((userId) => ({ userId, name: 'Take' })))
    const given = decisions.map((one: { grant: { reward: { code: string } } }) => one.grant.reward.code)
    const list = (query: string) => ok('GET', `/v1/coupons/${id}/codes${query}`)
    expect((await list('?status=assigned')).data).toEqual([
      { code: given[0], status: 'assigned', userId: holder },
      { code: given[1], status: 'assigned', userId: 'h2' },
      { code: given[2], status: 'assigned', userId: 'h3' },
    ])
    expect((await list('?status=available')).data).toHaveLength(4)
    expect((await list('?status=redeemed')).data).toEqual([])
    expectProblem(await call('GET', `/v1/coupons/${id}/codes?status=lost`), 422, 'invalid', ['status'])
    const pages = [await list('?limit=3')]
    while (pages.at(-1).nextCursor !== null)
      pages.push(await list(`?limit=3&cursor=${pages.at(-1).nextCursor}`))
    expect(pages.map((page) => page.data.length)).toEqual([3, 3, 1])
    expect(new Set(pages.flatMap((page) => page.data.map((row: { code: string }) => row.code))).size).toBe(7)
    expect((await exported(id, '?status=assigned'))[0]).toBe(`${given[0]},assigned,"holder ""1"", Ltd"`)
    expect(await exported(id, '?status=available')).toHaveLength(4)
    expect(await ok('GET', `/v1/coupons/${id}`)).toMatchObject({
      stats: { distributed: 3, stock: { total: 7, available: 4 } },
    })
  })
})
