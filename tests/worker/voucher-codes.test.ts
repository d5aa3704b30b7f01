import { evictAllDurableObjects, runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, test } from 'vitest'
import { voucherPool } from '../../worker/vouchers/store.ts'
import { call, env, inFlight, jobDone, ok, setUp } from './boon.ts'
import { jobWhen } from './jobs.ts'
import { callRaw, expectProblem, rowCounts } from './problems.ts'
import {
  assign,
  codes,
  codesOf,
  listNow,
  topUp,
  upload,
  verb,
  voucherList,
  voucherRows,
} from './voucherParts.ts'

beforeAll(setUp)

const CSV = { 'content-type': 'text/csv' }

describe('an import', () => {
  test('names each line that it skips, counted as in the file that was sent', async () => {
    // What another list has is nothing to this one.
    await voucherList(['TAKEN'])
    const { id } = await voucherList(['MINE'])
    const lines = [
      '\ufeff Code ', // 1: a header behind a byte-order mark
      'PM500FF ',
      'PM500FG',
      'pm500ff', // 4: seen on line 2
      '', // 5
      'A,B', // 6
      'A;B', // 7
      'A\tB', // 8
      'x'.repeat(101), // 9
      'taken',
      '"mine"', // 11: this list's own, from before
      '"Q-1"',
      '"', // 13
      'code', // no header here
      '   ', // 15
      'y'.repeat(100),
    ]
    const job = await topUp(id, lines.join('\r\n'))
    expect(job.problems.map((one: { line: number; code: string }) => `${one.line} ${one.code}`)).toEqual([
      '4 duplicate_in_file',
      '5 blank',
      '6 several_columns',
      '7 several_columns',
      '8 several_columns',
      '9 too_long',
      '11 already_exists',
      '13 invalid',
      '15 blank',
    ])
    const own = ['PM500FF', 'PM500FG', 'taken', 'Q-1', 'code', 'y'.repeat(100)]
    expect(job).toMatchObject({
      kind: 'import_codes',
      status: 'done',
      total: 16,
      done: 16,
      imported: own.length,
      skipped: 9,
    })
    expect((await codesOf(id)).map(({ code }) => code)).toEqual(['MINE', ...own])
    expect((await listNow(id)).stock).toEqual({ total: 7, available: 7 })
  })

  test('takes the same file twice as nothing new, and a code that is given away is not new either', async () => {
    const all = codes(3_000, 'TWICE')
    const { id } = await voucherList(all)
    await ok('POST', `/v1/voucher-lists/${id}/assign`, { userId: 'twice' })
    const job = await topUp(id, all.join('\n'))
    expect(job).toMatchObject({ imported: 0, skipped: 3_000, done: 3_000 })
    expect(job.problems).toHaveLength(1_000)
    expect(job.problems[0]).toEqual({ line: 1, code: 'already_exists', value: all[0] })
    expect((await listNow(id)).stock).toEqual({ total: 3_000, available: 2_999 })
    expect(await topUp(id, [...all, 'NEW'].join('\n'))).toMatchObject({ imported: 1, skipped: 3_000 })
  })

  test('tells a code of an earlier part of the file from one of an earlier file', async () => {
    const { id } = await voucherList(['OLD'])
    // Some hundreds of kilobytes, so that the file is read in several parts.
    const all = codes(20_000, `${'LONG'.repeat(10)}`)
    const job = await topUp(id, [...all, all[0], 'old', all[19_999]].join('\n'))
    expect(job).toMatchObject({ imported: 20_000, skipped: 3 })
    expect(job.problems).toEqual([
      { line: 20_001, code: 'duplicate_in_file', value: all[0] },
      { line: 20_002, code: 'already_exists', value: 'old' },
      { line: 20_003, code: 'duplicate_in_file', value: all[19_999] },
    ])
  })

  test('refuses what is no such file, and keeps nothing of it', async () => {
    const { id } = await voucherList()
    const path = `/v1/voucher-lists/${id}/codes`
    const before = await rowCounts()
    expectProblem(await upload(id, 'A\n', { 'content-type': 'application/json' }), 422, 'invalid', [
      'Content-Type',
    ])
    expectProblem(await upload(id, ''), 422, 'invalid', ['body'])
    const bytes = new TextEncoder().encode('GOOD-CODE\n'.repeat(20_000))
    bytes[bytes.length - 2] = 0xff
    expectProblem(await callRaw('POST', path, bytes, CSV), 422, 'invalid', ['body'])
    const cut = new TextEncoder().encode('A\nü').slice(0, -1)
    expectProblem(await callRaw('POST', path, cut, CSV), 422, 'invalid', ['body'])
    const huge = new TextEncoder().encode(`GOOD\n${'A'.repeat(1_500_000)}\nGOOD-2\n`)
    expectProblem(await callRaw('POST', path, huge, CSV), 422, 'invalid', ['body'])
    const large = { ...CSV, 'content-length': '100000001' }
    expectProblem(await callRaw('POST', path, new Uint8Array(10), large), 413, 'too_large')
    expect(await rowCounts()).toEqual(before)
    expect(await codesOf(id)).toEqual([])
    const staged = await runInDurableObject(voucherPool(env, id), (_, state) =>
      state.storage.sql.exec('SELECT count(*) AS n FROM code_parts').one(),
    )
    expect(staged).toEqual({ n: 0 })
  })

  test('of nothing but problems is done, and brings none', async () => {
    const { id } = await voucherList()
    expect(await topUp(id, 'a,b\nc,d\n')).toMatchObject({ status: 'done', imported: 0, skipped: 2 })
    expect((await listNow(id)).stock).toEqual({ total: 0, available: 0 })
  })

  test('goes on after the object has been evicted in the middle of it', async () => {
    const { id } = await voucherList()
    const count = 60_000
    const { json: job } = await upload(id, codes(count, 'EVICT').join('\r\n'))
    await jobWhen(job.id, ({ done }) => done > 0)
    await evictAllDurableObjects()
    expect(await jobDone(job.id)).toMatchObject({
      status: 'done',
      done: count,
      imported: count,
      problems: [],
    })
    expect((await listNow(id)).stock).toEqual({ total: count, available: count })
  })

  test('ends when the list is archived', async () => {
    const { id } = await voucherList()
    const { json: job } = await upload(id, codes(60_000, 'GONE').join('\n'))
    await jobWhen(job.id, ({ done }) => done > 0)
    expect((await verb(id, 'archive')).status).toBe(200)
    const { imported, ...rest } = await jobDone(job.id)
    expect(rest).toMatchObject({ status: 'failed', problems: [{ code: 'archived' }] })
    expect((await listNow(id)).stock.total).toBe(imported)
  })

  test('goes on while the list is paused', async () => {
    const { id } = await voucherList()
    await verb(id, 'pause')
    expect(await topUp(id, 'A\nB')).toMatchObject({ status: 'done', imported: 2 })
  })

  test('of a list that is full skips the rest by line', async () => {
    const { id } = await voucherList(['FIRST'])
    // A list of a million takes its time; what counts is the count.
    await runInDurableObject(voucherPool(env, id), (_, state) => {
      state.storage.sql.exec('UPDATE code_counts SET total = 999998')
    })
    const job = await topUp(id, 'FIRST\nA\nB\nA\nC\n')
    expect(job).toMatchObject({ status: 'done', imported: 2, skipped: 3 })
    expect(job.problems).toEqual([
      { line: 1, code: 'already_exists', value: 'FIRST' },
      { line: 4, code: 'duplicate_in_file', value: 'A' },
      { line: 5, code: 'list_full', value: 'C' },
    ])
    expect(await topUp(id, 'D\n')).toMatchObject({ imported: 0, problems: [{ line: 1, code: 'list_full' }] })
  })

  test('while users are given codes: every code has one holder, and none is lost', async () => {
    const { id } = await voucherList(codes(50, 'START'))
    const more = upload(id, codes(20_000, 'LATER').join('\n'))
    const answers = await inFlight(
      16,
      Array.from({ length: 200 }, (_, n) => () => assign(id, `while-${n}`)),
    )
    await jobDone((await more).json.id)
    const given = answers.filter(({ status }) => status === 201).map(({ json }) => json.code)
    const rest = answers.filter(({ status }) => status !== 201)
    for (const answer of rest) expectProblem(answer, 409, 'out_of_stock')
    expect(given.length).toBeGreaterThanOrEqual(50)
    expect(new Set(given).size).toBe(given.length)
    expect((await voucherRows(id)).map(({ code }) => code).sort()).toEqual(given.sort())
    expect(await listNow(id)).toMatchObject({
      assigned: given.length,
      stock: { total: 20_050, available: 20_050 - given.length },
    })
  })
})

test('a job may be read by whoever may read vouchers', async () => {
  const { id } = await voucherList()
  const job = await topUp(id, 'A')
  const { key } = await ok('POST', '/v1/keys', { name: 'v', kind: 'secret', scopes: ['vouchers:read'] })
  expect(await call('GET', `/v1/jobs/${job.id}`, undefined, { key })).toMatchObject({
    status: 200,
    json: job,
  })
  const other = await ok('POST', '/v1/keys', { name: 'w', kind: 'secret', scopes: ['wallets:read'] })
  expectProblem(await call('GET', `/v1/jobs/${job.id}`, undefined, { key: other.key }), 403, 'forbidden')
})

describe('what a code costs does not depend on how many there are', () => {
  /** How SQLite means to do something within a pool, in its own words. */
  const planOf = async (sql: string, ...values: unknown[]): Promise<string[]> => {
    const { id } = await voucherList(codes(10, 'PLAN'))
    return runInDurableObject(voucherPool(env, id), (_, state) =>
      state.storage.sql
        .exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...values)
        .toArray()
        .map((row) => row.detail),
    )
  }

  test.each([
    [
      'the free ones',
      'SELECT seq, code FROM codes WHERE state = 1 ORDER BY seq LIMIT 5',
      /^SCAN codes USING INDEX codes_available$/,
    ],
    [
      'giving them away',
      `UPDATE codes SET state = 2 WHERE seq IN (SELECT value FROM json_each('[1]'))`,
      /^SEARCH codes USING INTEGER PRIMARY KEY/,
    ],
    [
      'who has them already',
      `SELECT batch FROM codes WHERE key IN (SELECT value FROM json_each('["A"]'))`,
      /^SEARCH codes USING (COVERING )?INDEX \S+ \(key=\?\)/,
    ],
    [
      'what was given before',
      `SELECT code FROM holders WHERE grant_id IN (SELECT value FROM json_each('["h"]'))`,
      /^SEARCH holders USING INDEX \S+ \(grant_id=\?\)/,
    ],
  ])('%s are found by an index, and nothing is sorted', async (_, sql, by) => {
    const plan = await planOf(sql)
    expect(
      plan.some((detail) => by.test(detail)),
      plan.join('\n'),
    ).toBe(true)
    expect(plan.join('\n')).not.toMatch(/SCAN codes$|SCAN holders|TEMP B-TREE/m)
  })

  test.each([
    [
      'by their ids',
      `a.settled = 0 AND a.holding_id IN (SELECT value FROM json_each('["h"]')) ORDER BY a.holding_id`,
    ],
    ['page by page', `a.settled = 0 AND a.at_ms <= 5 AND a.holding_id > '' ORDER BY a.holding_id LIMIT 9`],
  ])('rows that are still to be written, %s, are found by an index', async (_, which) => {
    const plan = await planOf(
      `SELECT a.holding_id FROM assignments AS a JOIN holders AS h ON h.grant_id = a.holding_id WHERE ${which}`,
    )
    expect(plan.join('\n')).not.toMatch(/SCAN (a|h)$|TEMP B-TREE/m)
  })
})
