import { expect } from 'vitest'
import { type Answer, call, ok } from './boon.ts'

/** What moves points by API. */
export type Verb = 'credit' | 'debit' | 'refund' | 'adjust'

let keys = 0

/** A movement, with a key of its own unless one is given. All but refunds say a description. */
export async function move(
  verb: Verb,
  userId: string,
  walletId: string,
  body: object,
  key?: string,
): Promise<Answer> {
  keys++
  return call(
    'POST',
    `/v1/users/${userId}/wallets/${walletId}/${verb}`,
    { ...(verb === 'refund' ? {} : { description: 'd' }), ...body },
    { headers: { 'idempotency-key': key ?? `key ${keys}` } },
  )
}

/** A movement that has to succeed; answers its entry. */
export async function moved(verb: Verb, userId: string, walletId: string, body: object, key?: string) {
  const answer = await move(verb, userId, walletId, body, key)
  if (answer.status !== 201) throw new Error(`${verb} ${JSON.stringify(body)} → ${answer.text}`)
  return answer.json
}

/** What a user holds, wallet by wallet. */
export const balances = (userId: string) => ok('GET', `/v1/users/${userId}/wallets`)

/** What a user holds in their only wallet; what was ever given is always somewhere. */
export async function balance(userId: string) {
  const [only] = await balances(userId)
  if (only !== undefined) {
    const { issued, redeemed, removed, expired } = only.totals
    // Points may have three decimals, and sums of them as numbers are not exact.
    expect(only.active + only.promised + redeemed + removed + expired).toBeCloseTo(issued, 6)
  }
  return only
}

/** The first hundred entries of a wallet, newest first. */
export const entries = async (userId: string, walletId: string) =>
  (await ok('GET', `/v1/users/${userId}/wallets/${walletId}/entries?limit=100`)).data

/** The check of a wallet. */
export const audit = (walletId: string) => ok('GET', `/v1/wallets/${walletId}/audit`)

/** Checks that a wallet adds up, whatever was done to it. */
export async function expectClean(walletId: string): Promise<void> {
  expect(await audit(walletId)).toMatchObject({ mismatches: [] })
}
