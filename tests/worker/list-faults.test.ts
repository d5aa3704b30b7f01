import { evictAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type FaultPoint, setFaultHook } from '../../worker/platform/faults.ts'
import { listLoader } from '../../worker/segments/listStore.ts'
import { call, clock, env, jobDone, ok } from './boon.ts'
import { CSV, list, loaded, membersOf, people, rowsOf, staged, upload, wide } from './listParts.ts'
import { callRaw } from './problems.ts'
import { setUpAt } from './records.ts'

let ids: string[]

beforeAll(async () => {
  await setUpAt('2026-05-01T12:00:00Z')
  ids = await people('u-', 3_000)
})
afterEach(() => setFaultHook(undefined))

const sorted = (some: string[]) => [...some].sort()

/** Lets the program die at a point, so many times. */
function dieAt(point: FaultPoint, times = 1): { left: number } {
  const state = { left: times }
  setFaultHook((reached) => {
    if (reached === point && state.left-- > 0) throw new Error(`killed at ${point}`)
  })
  return state
}

describe.each<FaultPoint>(['part loaded', 'members replaced'])('a death at "%s"', (point) => {
  test.each([1, 3])(
    '%i times: the alarm alone finishes it, and everybody is on the list once',
    async (times) => {
      const { id } = await list()
      await loaded(id, 'u-0\n')
      const state = dieAt(point, times)
      // A thousand stand in it twice, parts apart, some nobody knows.
      const answer = await upload(id, wide([...ids, 'nobody', ...ids.slice(0, 1_000)]))
      expect(answer.status).toBe(202)
      while (state.left > 0) {
        await evictAllDurableObjects()
        await clock('PT2S')
      }
      await clock('PT2S')
      const job = await jobDone(answer.json.id)
      expect(job).toMatchObject({
        status: 'done',
        total: 4_001,
        done: 4_001,
        imported: 3_000,
        skipped: 1_001,
      })
      expect(job.problems[0]).toEqual({ line: 3_001, code: 'unknown_user', value: 'nobody' })
      expect(job.problems).toHaveLength(1_000)
      expect(await membersOf(id)).toEqual(sorted(ids))
      expect(await ok('GET', `/v1/lists/${id}`)).toMatchObject({ members: 3_000 })
      expect(await rowsOf(id)).toEqual({ 1: 1, 2: 3_000 })
      expect(await staged(id)).toEqual({ loads: 0, parts: 0, seen: 0 })
      await clock('PT61M')
      expect(await rowsOf(id)).toEqual({ 2: 3_000 })
      const alarm = await runInDurableObject(listLoader(env, id), (_, state) => state.storage.getAlarm())
      expect(alarm).toBeNull()
      expect(await runDurableObjectAlarm(listLoader(env, id))).toBe(false)
    },
  )
})

test('a database that is away for a while is waited for', async () => {
  const { id } = await list()
  await env.USERS_0.prepare('ALTER TABLE list_members RENAME TO list_members_away').run()
  const { json: job } = await upload(id, wide(ids))
  await clock('PT5S')
  expect(await ok('GET', `/v1/jobs/${job.id}`)).toMatchObject({ status: 'running', done: 0 })
  await env.USERS_0.prepare('ALTER TABLE list_members_away RENAME TO list_members').run()
  await clock('PT5S')
  expect(await jobDone(job.id)).toMatchObject({ status: 'done', imported: 3_000 })
  expect(await membersOf(id)).toEqual(sorted(ids))
})

describe('of two uploads at once', () => {
  test('the one that was begun later counts, in whatever order they arrive', async () => {
    const { id } = await list()
    let finish: () => void = () => {}
    const held = new Promise<void>((done) => {
      finish = done
    })
    let begun: () => void = () => {}
    const isUnderWay = new Promise<void>((done) => {
      begun = done
    })
    let pulls = 0
    const slow = new ReadableStream({
      async pull(controller) {
        controller.enqueue(new TextEncoder().encode(wide(ids.slice(0, 700))))
        if (pulls++ === 0) return
        begun()
        await held
        controller.close()
      },
    })
    const first = callRaw('PUT', `/v1/lists/${id}/members`, slow, CSV)
    await isUnderWay
    while ((await staged(id))['loads'] === 0) await new Promise((done) => setTimeout(done, 5))
    expect(await loaded(id, 'u-1\nu-2\n')).toMatchObject({ status: 'done', imported: 2 })
    finish()
    const answer = await first
    expect(answer.status).toBe(202)
    const job = await jobDone(answer.json.id)
    expect(job).toMatchObject({ status: 'failed', imported: 0 })
    expect(job.problems[0]).toEqual({ line: 0, code: 'overtaken' })
    expect(await membersOf(id)).toEqual(['u-1', 'u-2'])
    await clock('PT1S')
    expect(await rowsOf(id)).toEqual({ 2: 2 })
  })

  test('and of many the last one', async () => {
    const { id } = await list()
    const files = Array.from({ length: 6 }, (_, n) => wide(ids.slice(n * 100, n * 100 + 400)))
    const answers = await Promise.all(files.map((file) => upload(id, file)))
    const jobs = await Promise.all(answers.map(({ json }) => jobDone(json.id)))
    expect(jobs.some((job) => job.status === 'done')).toBe(true)
    await clock('PT61M')
    const rows = await rowsOf(id)
    expect(rows).toEqual({ 6: 400 })
    expect(await ok('GET', `/v1/lists/${id}`)).toMatchObject({ members: 400 })
    expect(await membersOf(id)).toHaveLength(400)
  })
})

test('a list that is deleted while it is loaded: the job fails, and nobody is left', async () => {
  const { id } = await list()
  dieAt('part loaded', 2)
  const { json: job } = await upload(id, wide(ids))
  expect((await call('DELETE', `/v1/lists/${id}`)).status).toBe(204)
  await clock('PT10S')
  const done = await jobDone(job.id)
  expect(done).toMatchObject({ status: 'failed', imported: 0, problems: [{ line: 0, code: 'list_deleted' }] })
  await clock('PT2M')
  expect(await rowsOf(id)).toEqual({})
  expect(await staged(id)).toEqual({ loads: 0, parts: 0, seen: 0 })
})

test('an upload whose Worker died is forgotten after a day', async () => {
  const { id } = await list()
  const loader = listLoader(env, id)
  expect(await loader.begin(id, 'job_lost')).toBe(true)
  await loader.stage('job_lost', 1, 'u-0\n')
  expect(await staged(id)).toEqual({ loads: 1, parts: 1, seen: 0 })
  await clock('PT23H')
  expect(await staged(id)).toMatchObject({ loads: 1 })
  await clock('PT2H')
  expect(await staged(id)).toEqual({ loads: 0, parts: 0, seen: 0 })
  expect(await loader.start('job_lost', 1)).toBe('gone')
})
