import { expect } from 'vitest'
import { call, jobDone, ok } from './boon.ts'
import { everywhere } from './records.ts'

let lists = 0

/** A partner. */
export const partner = (name = 'Puma') => ok('POST', '/v1/partners', { name })

/** What a list is made of that is active for a long time, unless told otherwise. */
export const listBody = (partnerId: string, more: object = {}) => ({
  partnerId,
  tag: `tag_${++lists}`,
  name: 'Winter',
  expiresAt: '2099-03-31T23:59:59Z',
  ...more,
})

/** A list of a new partner, with these codes. */
export async function voucherList(codes: string[] = [], more: object = {}) {
  const { id } = await partner()
  const list = await ok('POST', '/v1/voucher-lists', listBody(id, more))
  if (codes.length > 0) expect(await topUp(list.id, codes.join('\n'))).toMatchObject({ problems: [] })
  return list
}

/** So many codes, all different. */
export const codes = (count: number, prefix = 'V') =>
  Array.from({ length: count }, (_, n) => `${prefix}-${String(n).padStart(5, '0')}`)

/** Sends a file of codes. */
export const upload = (id: string, text: string, headers: object = { 'content-type': 'text/csv' }) =>
  call('POST', `/v1/voucher-lists/${id}/codes`, text, { headers: { ...headers } })

/** Sends a file of codes, and answers the job once it has ended. */
export async function topUp(id: string, text: string) {
  const answer = await upload(id, text)
  expect(answer.status, answer.text).toBe(202)
  return jobDone(answer.json.id)
}

/** A list as it is now. */
export const listNow = (id: string) => ok('GET', `/v1/voucher-lists/${id}`)

/** Asks a list to do something. */
export const verb = (id: string, name: string) => call('POST', `/v1/voucher-lists/${id}/${name}`)

/** Asks that a user be given a code. */
export const assign = (id: string, userId: string, key?: string) =>
  call(
    'POST',
    `/v1/voucher-lists/${id}/assign`,
    { userId },
    { headers: key === undefined ? {} : { 'idempotency-key': key } },
  )

/** Gives a user a code. */
export const assigned = (id: string, userId: string) =>
  ok('POST', `/v1/voucher-lists/${id}/assign`, { userId })

/** The codes of a list that users hold, as the user databases have them. */
export const voucherRows = (listId: string) =>
  everywhere<{ id: string; user_id: string; code: string; grant_id: string | null; at_ms: number }>(
    `SELECT id, user_id, code, grant_id, at_ms FROM holdings WHERE kind = 'voucher' AND source_id = ?1`,
    listId,
  )

/** The voucher events of a user, as the view has them. */
export async function voucherEvents(userId: string) {
  const rows = await everywhere<{ id: string; at_ms: number; properties: string }>(
    `SELECT id, at_ms, properties FROM voucher_events WHERE user_id = ?1 AND name = 'CT Partner Voucher Rewarded'
     ORDER BY at_ms, id`,
    userId,
  )
  return rows.map((row) => ({ ...row, properties: JSON.parse(row.properties) }))
}

/** The codes of a list, as the pool has them. */
export const codesOf = async (
  id: string,
  query = '',
): Promise<{ code: string; status: string; userId: string | null }[]> =>
  (await ok('GET', `/v1/voucher-lists/${id}/codes?limit=100${query}`)).data

/** How often each word came. */
export function tally(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
