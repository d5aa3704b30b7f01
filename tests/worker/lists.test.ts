import { beforeAll, describe, expect, test } from 'vitest'
import { call, campaign, clock, env, ok, send, wallet } from './boon.ts'
import { CSV, list, loaded, membersOf, people, rowsOf, staged, upload, wide } from './listParts.ts'
import { callRaw, expectProblem, streamOf } from './problems.ts'
import { everywhere, setUpAt, userAt } from './records.ts'

beforeAll(() => setUpAt('2026-05-01T12:00:00Z'))

const listNow = (id: string) => ok('GET', `/v1/lists/${id}`)
const problemsOf = (job: { problems: { line: number; code: string }[] }) =>
  job.problems.map(({ line, code }) => `${line} ${code}`)

test('a list is made, read, listed and deleted', async () => {
  const made = await ok('POST', '/v1/lists', { name: 'Regulars' })
  expect(made).toEqual({
    id: expect.stringMatching(/^lst_/),
    name: 'Regulars',
    members: 0,
    createdBy: 'key_s',
    createdAt: '2026-05-01T12:00:00.000Z',
    updatedAt: '2026-05-01T12:00:00.000Z',
    usedBy: { campaigns: [], segments: [] },
  })
  expect(await listNow(made.id)).toEqual(made)
  const { usedBy: _, ...item } = made
  expect((await ok('GET', '/v1/lists?q=REGULAR')).data).toEqual([item])
  expect((await call('DELETE', `/v1/lists/${made.id}`)).status).toBe(204)
  for (const method of ['GET', 'DELETE'])
    expectProblem(await call(method, `/v1/lists/${made.id}`), 404, 'not_found')
  expectProblem(await upload(made.id, 'u1\n'), 404, 'not_found')
})

describe('a file', () => {
  test('of user ids puts those that exist on the list, in either database, and names every other line', async () => {
    const ids = [0, 1, 0, 1].map((home, n) => userAt(home, `known-${n}-`))
    await ok('POST', '/v1/users', { users: ids.map((id) => ({ id })) })
    const [first, second, third, fourth] = ids
    const lines = [
      '\ufeff"UserId" ', // 1: a header behind a byte-order mark
      first,
      '', // 3
      `  ${first}\t`, // 4: line 2 again
      'nobody', // 5
      `"${second}"`,
      `${third},x`, // 7
      'x'.repeat(129), // 8
      'a\u0007b', // 9
      third,
      'userId', // 11: no header here
      '   ', // 12
      fourth,
    ]
    for (const text of [lines.join('\r\n'), lines.join('\n'), `${lines.join('\r')}\r`]) {
      const { id } = await list()
      const job = await loaded(id, text)
      expect(problemsOf(job)).toEqual([
        '3 blank',
        '4 duplicate_in_file',
        '5 unknown_user',
        '7 several_columns',
        '8 too_long',
        '9 invalid',
        '11 unknown_user',
        '12 blank',
      ])
      expect(job).toMatchObject({
        kind: 'import_members',
        status: 'done',
        total: 13,
        done: 13,
        imported: 4,
        skipped: 8,
      })
      expect(job.problems[1]).toEqual({ line: 4, code: 'duplicate_in_file', value: first })
      expect(await membersOf(id)).toEqual([...ids].sort())
      expect(await listNow(id)).toMatchObject({ members: 4 })
      expect(await staged(id)).toEqual({ loads: 0, parts: 0, seen: 0 })
    }
  })

  test('of e-mails or phones finds their users wherever they live, and keeps none of it in the job', async () => {
    const users = [
      { id: userAt(0, 'mail-a-'), email: 'Ann@Shop.example', phone: '+49 30 1' },
      { id: userAt(1, 'mail-b-'), email: 'bob@shop.example', phone: '+49 30 2' },
      { id: userAt(0, 'mail-c-'), email: 'family@shop.example' },
      { id: userAt(1, 'mail-d-'), email: 'FAMILY@shop.example', phone: '+49 30 2' },
      { id: userAt(1, 'mail-e-') },
    ]
    await ok('POST', '/v1/users', { users })
    const byMail = await list()
    const text = [
      'phone,notes,EMail',
      '+49 30 9,x,ann@SHOP.example',
      ',,"family@shop.example "',
      ',,Family@shop.example',
      ',,nobody@shop.example',
      ',,',
    ]
    // The header names both; e-mail comes before phone.
    const job = await loaded(byMail.id, text.join('\n'))
    expect(job).toMatchObject({ status: 'done', total: 6, done: 6, imported: 3, skipped: 3 })
    expect(job.problems).toEqual([
      { line: 4, code: 'duplicate_in_file' },
      { line: 5, code: 'unknown_user' },
      { line: 6, code: 'blank' },
    ])
    const [ann, bob, , dee] = users.map((user) => user.id)
    expect(await membersOf(byMail.id)).toEqual([ann, users[2]?.id, dee].sort())
    const byPhone = await list()
    const phones = await loaded(byPhone.id, 'Phone\n +49 30 2\n+49301\n')
    expect(phones).toMatchObject({ imported: 2, problems: [{ line: 3, code: 'unknown_user' }] })
    expect(await membersOf(byPhone.id)).toEqual([bob, dee].sort())
  })

  test('looks people up by an index, whatever they are named by', async () => {
    for (const [kind, index] of [
      ['lower(users.email) = lower(value) AND users.email IS NOT NULL', 'users_by_email'],
      ['users.phone = value AND users.phone IS NOT NULL', 'users_by_phone'],
    ]) {
      const { results } = await env.USERS_0.prepare(
        `EXPLAIN QUERY PLAN SELECT value, users.id FROM json_each('["a"]') CROSS JOIN users ON ${kind}`,
      ).all<{ detail: string }>()
      expect(results.map(({ detail }) => detail).join('; ')).toMatch(
        new RegExp(`SEARCH users USING (COVERING )?INDEX ${index}`),
      )
    }
  })

  test('keeps the first thousand problems and counts them all', async () => {
    const { id } = await list()
    await people('many-', 1)
    const text = `many-0\n${Array.from({ length: 3_000 }, (_, n) => `none-${n}`).join('\n')}`
    const job = await loaded(id, text)
    expect(job).toMatchObject({ status: 'done', imported: 1, skipped: 3_000, done: 3_001 })
    expect(job.problems).toHaveLength(1_000)
    expect(job.problems[999]).toEqual({ line: 1_001, code: 'unknown_user', value: 'none-999' })
  })

  test('of 20,000 lines is read in parts, each user once', async () => {
    const ids = await people('big-', 20_000)
    const { id } = await list()
    // Everybody, and a thousand of them once more at the other end of the file.
    const job = await loaded(id, [...ids, ...ids.slice(0, 1_000)].join('\n'))
    expect(job).toMatchObject({
      status: 'done',
      total: 21_000,
      done: 21_000,
      imported: 20_000,
      skipped: 1_000,
    })
    expect(problemsOf(job)[0]).toBe('20001 duplicate_in_file')
    expect(await membersOf(id)).toEqual([...ids].sort())
    const [zero, one] = await Promise.all(
      [env.USERS_0, (env as unknown as { USERS_1: D1Database }).USERS_1].map((db) =>
        db
          .prepare('SELECT count(*) AS n FROM list_members WHERE list_id = ?1')
          .bind(id)
          .first<{ n: number }>(),
      ),
    )
    expect(Math.min(zero?.n ?? 0, one?.n ?? 0)).toBeGreaterThan(9_000)
  })
})

describe('an upload that fails leaves the members as they were', () => {
  let id: string
  beforeAll(async () => {
    await people('kept-', 3)
    id = (await list()).id
    await loaded(id, 'kept-0\nkept-1\n')
  })
  const untouched = async () => {
    expect(await membersOf(id)).toEqual(['kept-0', 'kept-1'])
    expect(await listNow(id)).toMatchObject({ members: 2 })
    expect(await staged(id)).toEqual({ loads: 0, parts: 0, seen: 0 })
  }

  test('because it knows nobody', async () => {
    const job = await loaded(id, 'none-0\n\nnone-1\n')
    expect(job).toMatchObject({ status: 'failed', total: 3, done: 3, imported: 0, skipped: 3 })
    expect(problemsOf(job)).toEqual(['0 nobody_known', '1 unknown_user', '2 blank', '3 unknown_user'])
    expect(await loaded(id, 'email\n')).toMatchObject({ status: 'failed', problems: [{ line: 0 }] })
    expect(await loaded(id, '\ufeff')).toMatchObject({ status: 'failed', total: 0 })
    await untouched()
  })

  test('because it is no such file', async () => {
    const path = `/v1/lists/${id}/members`
    const jobs = () => env.DB.prepare('SELECT count(*) AS n FROM jobs').first()
    const before = await jobs()
    const json = { 'content-type': 'application/json' }
    expectProblem(await upload(id, '["kept-2"]', json), 422, 'invalid', ['Content-Type'])
    expectProblem(await upload(id, ''), 422, 'invalid', ['body'])
    const bytes = new TextEncoder().encode('kept-2\n'.repeat(40_000))
    bytes[bytes.length - 2] = 0xff
    expectProblem(await callRaw('PUT', path, bytes, CSV), 422, 'invalid', ['body'])
    const endless = new Uint8Array(1_500_000).fill(0x41)
    expectProblem(await callRaw('PUT', path, endless, CSV), 422, 'invalid', ['body'])
    expect(await jobs()).toEqual(before)
    await untouched()
  })

  test('because it is too large, whether or not its length is told', async () => {
    const path = `/v1/lists/${id}/members`
    const lines = new TextEncoder().encode('kept-2\n'.repeat(10_000))
    let sent = 0
    const stream = new ReadableStream({
      pull(controller) {
        sent += lines.length
        controller.enqueue(lines.slice())
        if (sent > 60_000_000) controller.close()
      },
    })
    expectProblem(await callRaw('PUT', path, stream, CSV), 413, 'too_large')
    expectProblem(await callRaw('PUT', path, new Uint8Array(60_000_000).fill(0x0a), CSV), 413, 'too_large')
    expectProblem(await callRaw('PUT', path, streamOf(60_000_000), CSV), 422, 'invalid', ['body'])
    await untouched()
  })
})

test('an upload replaces the members at once: who looks sees the old ones or the new ones', async () => {
  const [old, fresh] = [await people('old-', 700), await people('new-', 3_000)]
  const { id } = await list()
  await loaded(id, wide(old))
  const { json: job } = await upload(id, wide(fresh))
  const seen = new Set<number>()
  for (let status = 'running'; status === 'running'; ) {
    status = (await ok('GET', `/v1/jobs/${job.id}`)).status
    const estimated = await ok('POST', '/v1/segments/estimate', { rule: { list: id } })
    const found = await membersOf(id)
    expect([old.length, fresh.length]).toContain(estimated.users)
    expect([[...old].sort(), [...fresh].sort()]).toContainEqual(found)
    if (status === 'done') expect(estimated.users).toBe(fresh.length)
    seen.add(estimated.users)
    // The alarm that does the work goes off in between.
    await new Promise((done) => setTimeout(done, 1))
  }
  expect(seen).toContain(fresh.length)
  expect(await rowsOf(id)).toEqual({ 1: 700, 2: 3_000 })
  await clock('PT61M')
  expect(await rowsOf(id)).toEqual({ 2: 3_000 })
})

test('a campaign that runs is for those who are on its list now', async () => {
  await people('live-', 1)
  const { id } = await list()
  const purse = await wallet()
  await campaign('Live', purse.id, { audience: { listId: id } })
  const event = { userId: 'live-0', name: 'Live' }
  expect((await send([event])).decisions).toMatchObject([{ outcome: 'refused', reason: 'not_in_audience' }])
  await loaded(id, 'live-0\n')
  expect((await send([event])).decisions).toMatchObject([{ outcome: 'granted' }])
})

describe('a list that is used', () => {
  test('cannot be deleted, whoever uses it', async () => {
    const { id } = await list()
    const purse = await wallet()
    const segment = await ok('POST', '/v1/segments', { name: 'S', rule: { not: { list: id } } })
    const direct = await campaign('Used', purse.id, { audience: { listId: id } })
    const through = await campaign('Used', purse.id, { audience: { segmentId: segment.id } })
    const campaigns = [direct.id, through.id].sort()
    expect((await listNow(id)).usedBy).toEqual({ campaigns, segments: [segment.id] })
    const answer = await call('DELETE', `/v1/lists/${id}`)
    expectProblem(answer, 409, 'in_use')
    expect(answer.json).toMatchObject({ campaigns, segments: [segment.id] })
    for (const one of campaigns) await ok('POST', `/v1/campaigns/${one}/stop`)
    expect((await call('DELETE', `/v1/lists/${id}`)).json).toMatchObject({ code: 'in_use', campaigns: [] })
    await call('DELETE', `/v1/segments/${segment.id}`)
    expect((await call('DELETE', `/v1/lists/${id}`)).status).toBe(204)
  })

  test('keeps its members when its deletion was refused, and loses them when it was not', async () => {
    await people('used-', 2)
    const { id } = await list()
    await loaded(id, 'used-0\nused-1\n')
    const segment = await ok('POST', '/v1/segments', { name: 'S', rule: { list: id } })
    expect((await call('DELETE', `/v1/lists/${id}`)).status).toBe(409)
    await clock('PT5M')
    expect(await membersOf(id)).toEqual(['used-0', 'used-1'])
    await call('DELETE', `/v1/segments/${segment.id}`)
    expect((await call('DELETE', `/v1/lists/${id}`)).status).toBe(204)
    await clock('PT5M')
    expect(await rowsOf(id)).toEqual({})
  })
})

test('a user who is erased is on no list any more, and is counted on none', async () => {
  await people('erased-', 3)
  const [one, other, before] = [await list(), await list(), await list()]
  await loaded(one.id, 'erased-0\nerased-1\nerased-2\n')
  await loaded(other.id, 'erased-0\n')
  await loaded(before.id, 'erased-0\nerased-1\n')
  await loaded(before.id, 'erased-1\n')
  expect((await call('DELETE', '/v1/users/erased-0')).status).toBe(204)
  expect(await everywhere(`SELECT * FROM list_members WHERE user_id = 'erased-0'`)).toEqual([])
  expect(await listNow(one.id)).toMatchObject({ members: 2 })
  expect(await listNow(other.id)).toMatchObject({ members: 0 })
  expect(await listNow(before.id)).toMatchObject({ members: 1 })
  expect(problemsOf(await loaded(one.id, 'erased-0\nerased-1\n'))).toEqual(['1 unknown_user'])
})

test('a job can be read by who may read campaigns, or coupons, and by nobody else', async () => {
  await people('job-', 1)
  const { json: job } = await upload((await list()).id, 'job-0\n')
  for (const [scope, status] of [
    ['campaigns:read', 200],
    ['coupons:read', 200],
    ['users:read', 403],
  ]) {
    const { key } = await ok('POST', '/v1/keys', { name: 'k', kind: 'secret', scopes: [scope] })
    expect((await call('GET', `/v1/jobs/${job.id}`, undefined, { key })).status).toBe(status)
  }
})
