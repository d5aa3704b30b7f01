import { exports } from 'cloudflare:workers'
import { expect } from 'vitest'
import { userDatabases } from '../../worker/platform/databases.ts'
import { type Answer, env, KEY } from './boon.ts'

/** Sends bytes as they are: in one piece, or as a stream, which has no Content-Length. */
export async function callRaw(
  method: string,
  path: string,
  body: Uint8Array | ReadableStream,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const res = await exports.default.fetch(
    new Request(`http://boon.test${path}`, {
      method,
      body,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
    }),
  )
  const text = await res.text()
  return { status: res.status, json: JSON.parse(text), text, headers: res.headers }
}

/** A body of so many bytes that comes piece by piece. */
export function streamOf(bytes: number): ReadableStream {
  let left = bytes
  return new ReadableStream({
    pull(controller) {
      const size = Math.min(left, 65_536)
      left -= size
      controller.enqueue(new Uint8Array(size).fill(0x20))
      if (left === 0) controller.close()
    },
  })
}

/** Checks that an answer is a problem document of the contract; `paths` are those that its issues must name. */
export function expectProblem(answer: Answer, status: number, code: string, paths: string[] = []): void {
  const { json, headers, text } = answer
  expect({ status: answer.status, code: json?.code, text }).toMatchObject({ status, code })
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect(json).toMatchObject({ status, type: expect.stringContaining(code), title: expect.any(String) })
  expect(json.detail).toMatch(/\S/)
  expect(json.requestId).toBe(headers.get('x-request-id'))
  expect(text).not.toMatch(/SQLITE|D1_|worker\/|\.ts\b|stack/)
  const named: string[] = (json.issues ?? []).map((issue: { path: string }) => issue.path)
  expect(named, text).toEqual(expect.arrayContaining(paths))
}

/** How many rows each table of each database holds. */
export async function rowCounts(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const databases = [env.DB, ...userDatabases(env)]
  for (const [place, db] of databases.entries()) {
    const { results } = await db
      .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'`)
      .all<{ name: string }>()
    for (const { name } of results) {
      const row = await db.prepare(`SELECT count(*) AS n FROM "${name}"`).first<{ n: number }>()
      counts[`${place}.${name}`] = row?.n ?? -1
    }
  }
  return counts
}
