import { runInDurableObject } from 'cloudflare:test'
import { expect } from 'vitest'
import { listLoader } from '../../worker/segments/listStore.ts'
import { call, env, jobDone, ok } from './boon.ts'
import { everywhere } from './records.ts'

export const CSV = { 'content-type': 'text/csv' }

/** A list with nobody on it. */
export const list = (name = 'L'): Promise<{ id: string }> => ok('POST', '/v1/lists', { name })

/** Sends a file for a list. */
export const upload = (id: string, text: string, headers: Record<string, string> = CSV) =>
  call('PUT', `/v1/lists/${id}/members`, text, { headers })

/** Sends a file for a list; its job, once it is done. */
export async function loaded(id: string, text: string) {
  const answer = await upload(id, text)
  expect(answer.status, answer.text).toBe(202)
  return jobDone(answer.json.id)
}

/** Who is on a list, as anybody finds them who looks up which upload counts. */
export async function membersOf(id: string): Promise<string[]> {
  const head = await env.DB.prepare('SELECT generation FROM lists WHERE id = ?1')
    .bind(id)
    .first<{ generation: number }>()
  const rows = await everywhere<{ user_id: string }>(
    'SELECT user_id FROM list_members WHERE list_id = ?1 AND generation = ?2',
    id,
    head?.generation,
  )
  return rows.map((row) => row.user_id).sort()
}

/** How many rows there are of each upload of a list. */
export async function rowsOf(id: string): Promise<Record<number, number>> {
  const rows = await everywhere<{ generation: number }>(
    'SELECT generation FROM list_members WHERE list_id = ?1',
    id,
  )
  const counts: Record<number, number> = {}
  for (const { generation } of rows) counts[generation] = (counts[generation] ?? 0) + 1
  return counts
}

/** What the object of a list holds of uploads: nothing, once they are over. */
export const staged = (id: string) =>
  runInDurableObject(listLoader(env, id), (_, { storage }) =>
    Object.fromEntries(
      ['loads', 'parts', 'seen'].map((table) => [
        table,
        storage.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n,
      ]),
    ),
  )

/** Users `<prefix>0`, `<prefix>1` …, made in as few calls as may be; their ids. */
export async function people(prefix: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => `${prefix}${n}`)
  for (let at = 0; at < count; at += 1_000) {
    await ok('POST', '/v1/users', { users: ids.slice(at, at + 1_000).map((id) => ({ id })) })
  }
  return ids
}

/** A file whose lines are wide, so that a few thousand of them are several parts. */
export const wide = (ids: string[]): string => ids.map((id) => `${id.padEnd(200)}\r\n`).join('')
