import { sha256 } from './auth.ts'
import { type Refusal, refuse } from './problem.ts'

/** An idempotency key and the fingerprint of what it was sent with. */
export interface IdempotencyKey {
  key: string
  fingerprint: string
}

/**
 * Reads the `Idempotency-Key` header (1–128 printable characters).
 *
 * @param subject what the key stands for: the path and the checked body
 */
export async function idempotencyKey(
  req: Request,
  subject: unknown,
): Promise<IdempotencyKey | Refusal | undefined> {
  const key = req.headers.get('idempotency-key')
  if (key === null) return undefined
  if (!/^[\x20-\x7e]{1,128}$/.test(key)) {
    return refuse('invalid', 'Idempotency-Key: must be 1 to 128 printable characters.', {
      issues: [{ path: 'Idempotency-Key', message: 'must be 1 to 128 printable characters' }],
    })
  }
  return { key, fingerprint: await sha256(JSON.stringify(subject)) }
}

/** The refusal when a key is needed and none came. */
export function keyRequired(): Refusal {
  return refuse('invalid', 'Idempotency-Key: this operation needs one, so that a retry cannot count twice.', {
    issues: [{ path: 'Idempotency-Key', message: 'is required' }],
  })
}

/** The refusal when a key was used before with another body. */
export function keyConflict(): Refusal {
  return refuse('idempotency_conflict', 'This Idempotency-Key was used with another body; use a new key.')
}
