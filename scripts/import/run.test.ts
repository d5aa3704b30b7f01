import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ImportedEvent, Problem } from './mapping.ts'
import { importFile } from './run.ts'

let folder: string
let file: string
let server: Server | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'boon-import-'))
  file = join(folder, 'history.csv')
})
afterEach(() => {
  server?.close()
  rmSync(folder, { recursive: true })
})

/** A service that keeps events by id, answering first with the given failures. */
async function service(failures: { status: number; retryAfter?: string }[] = []) {
  const events = new Map<string, ImportedEvent>()
  const listener: RequestListener = async (request, response) => {
    const failure = failures.shift()
    if (failure) {
      response
        .writeHead(failure.status, failure.retryAfter ? { 'retry-after': failure.retryAfter } : {})
        .end('{}')
      return
    }
    let body = ''
    request.setEncoding('utf8')
    for await (const chunk of request) body += chunk
    const answer = {
      accepted: 0,
      duplicates: 0,
      rejected: [] as { index: number; code: string; message: string }[],
    }
    for (const [index, event] of (JSON.parse(body).events as ImportedEvent[]).entries()) {
      if (event.userId === 'bad') answer.rejected.push({ index, code: 'invalid', message: 'no' })
      else if (events.has(event.id)) answer.duplicates += 1
      else answer.accepted += 1
      if (event.userId !== 'bad') events.set(event.id, event)
    }
    response.end(JSON.stringify(answer))
  }
  server = createServer(listener)
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, events }
}

async function run(url: string, concurrency = 2) {
  const problems: Problem[] = []
  const mapping = { user: 'user', time: 'day', name: { always: 'Charged' }, properties: [], zone: 'UTC' }
  const summary = await importFile(
    { file, mapping, url, key: 'k', concurrency },
    { onProblem: (problem) => problems.push(problem) },
  )
  return { summary, problems: problems.map(({ line, code }) => [line, code]) }
}

test('everything arrives once, and a second run adds nothing', async () => {
  writeFileSync(
    file,
    `user,day\n${Array.from({ length: 5_000 }, (_, at) => `u${at % 99},20260101\n`).join('')}`,
  )
  const { url, events } = await service([
    { status: 503, retryAfter: '0' },
    { status: 429, retryAfter: '0' },
  ])
  expect((await run(url)).summary).toMatchObject({ sent: 5_000, accepted: 5_000, duplicates: 0, rejected: 0 })
  expect((await run(url)).summary).toMatchObject({ sent: 5_000, accepted: 0, duplicates: 5_000, rejected: 0 })
  expect(events.size).toBe(5_000)
})

test('lines refused here or by the service are told by their number in the file', async () => {
  writeFileSync(file, 'user,day\n\nu1,20260101\nbad,20260101\nu2,never\nu3,20260101\n')
  const { url } = await service()
  const { summary, problems } = await run(url)
  expect(summary).toMatchObject({ sent: 3, accepted: 2, rejected: 2 })
  expect(problems).toEqual([
    [5, 'time_unreadable'],
    [4, 'invalid'],
  ])
})

test('a refused key ends the import at once, with what had been done', async () => {
  writeFileSync(file, 'user,day\nu1,20260101\n')
  const { url } = await service([{ status: 401 }])
  expect((await run(url)).summary).toMatchObject({ sent: 0, failure: expect.stringContaining('--key') })
})

test('a column that is not there is a mistake of the call', async () => {
  writeFileSync(file, 'user,date\nu1,20260101\n')
  const { url } = await service()
  await expect(run(url)).rejects.toThrow(/No column "day"/)
})
