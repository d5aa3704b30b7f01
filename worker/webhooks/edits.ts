import { mergePatch } from '../platform/edit.ts'
import type { EndpointInput } from './contract.ts'
import type { Credentials } from './endpointStore.ts'

/** How long a secret goes on signing after a newer one has taken its place. */
export const OVERLAP_MS = 24 * 3_600_000

/**
 * Applies a patch to an endpoint: what it names replaces, null removes, what it leaves out stays. Headers are merged one
 * by one, whatever the case of their names. The result is to be checked as a whole.
 */
export function mergeEndpoint(endpoint: EndpointInput, patch: Record<string, unknown>): unknown {
  const headers = patch['headers']
  const named = new Set(
    Object.keys(typeof headers === 'object' ? (headers ?? {}) : {}).map((name) => name.toLowerCase()),
  )
  const kept = Object.entries(endpoint.headers ?? {}).filter(([name]) => !named.has(name.toLowerCase()))
  return mergePatch({ ...endpoint, headers: Object.fromEntries(kept) }, patch)
}

/**
 * Puts a new signing secret in front. The one before goes on signing beside it for {@link OVERLAP_MS}; any older one
 * stops at once, so that there are never more than two.
 */
export function rotateSecret(
  { secrets }: Credentials,
  secret: string,
  nowMs: number,
): Credentials['secrets'] {
  const before = secrets.slice(0, 1).map((one) => ({ secret: one.secret, untilMs: nowMs + OVERLAP_MS }))
  return [{ secret, untilMs: null }, ...before]
}
