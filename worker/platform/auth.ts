import type { Env } from '../env.ts'
import { type Refusal, refuse } from './problem.ts'

/** What a secret key may be allowed to do. */
export const scopes = [
  'events:write',
  'users:read',
  'users:write',
  'campaigns:read',
  'campaigns:write',
  'coupons:read',
  'coupons:write',
  'wallets:read',
  'wallets:write',
  'vouchers:read',
  'vouchers:write',
  'webhooks:read',
  'webhooks:write',
  'account:read',
  'account:write',
] as const

/** One permission of a secret key. */
export type Scope = (typeof scopes)[number]

/** Who is calling: a key that was found, and how current the finding is. */
export interface Principal {
  keyId: string
  kind: 'secret' | 'publishable'
  /** Null means everything. */
  scopes: readonly string[] | null
  /** The `keys_version` under which the key was found valid. */
  keysVersion: number
}

/** Keys that were found, in this isolate's memory only. */
const remembered = new Map<string, Principal>()
const REMEMBERED_AT_MOST = 1_000

/** SHA-256 of a text, in hexadecimal. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * Finds the key of an `Authorization: Bearer` header.
 *
 * With `mayBeStale`, an answer of this isolate's memory is good enough, because whoever acts on it compares
 * {@link Principal.keysVersion} with the catalogue before anything is written (the event path does so once a batch).
 */
export async function authenticate(
  env: Env,
  authorization: string | undefined,
  mayBeStale: boolean,
): Promise<Principal | Refusal> {
  const key = /^Bearer ([\x21-\x7e]{1,200})$/i.exec(authorization ?? '')?.[1]
  if (key === undefined) return refuse('unauthenticated', 'Send a key as "Authorization: Bearer sk_…".')
  if (mayBeStale) {
    const known = remembered.get(key)
    if (known !== undefined) return known
  }
  const row = await env.DB.prepare(
    `SELECT k.id, k.kind, k.scopes, m.keys_version AS keysVersion
       FROM keys k, meta m WHERE k.hash = ?1 AND m.id = 1`,
  )
    .bind(await sha256(key))
    .first<{ id: string; kind: Principal['kind']; scopes: string | null; keysVersion: number }>()
  if (row === null) {
    remembered.delete(key)
    return refuse('unauthenticated', 'The key is not known. It may have been deleted.')
  }
  const principal: Principal = {
    keyId: row.id,
    kind: row.kind,
    scopes: row.scopes === null ? null : (JSON.parse(row.scopes) as string[]),
    keysVersion: row.keysVersion,
  }
  if (remembered.size >= REMEMBERED_AT_MOST) remembered.clear()
  remembered.set(key, principal)
  return principal
}

/** Whether a principal may act within a scope, or within others; a refusal that names what is lacking otherwise. */
export function authorize(
  principal: Principal,
  scope: Scope,
  or: readonly Scope[] = [],
): Refusal | undefined {
  if (principal.kind !== 'secret') {
    return refuse('forbidden', 'A publishable key works for /v1/tray only; this needs a secret key.')
  }
  const enough = [scope, ...or]
  if (principal.scopes !== null && !enough.some((one) => principal.scopes?.includes(one))) {
    return refuse('forbidden', `The key lacks the scope ${enough.join(' or ')}.`)
  }
  return undefined
}
