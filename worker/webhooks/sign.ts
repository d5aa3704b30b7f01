import { Webhook } from 'standardwebhooks'
import { randomBase64 } from '../platform/ids.ts'

const SECRET_BYTES = 32

/** A new signing secret, in the form that receivers' libraries take: `whsec_` and base64 (Standard Webhooks). */
export function newSigningSecret(): string {
  return `whsec_${randomBase64(SECRET_BYTES)}`
}

/**
 * The headers by which a receiver knows that a message is ours and of now (Standard Webhooks): one signature for each
 * secret, in their order, so that a receiver goes on verifying while it changes from one to the next.
 *
 * @param messageId the same for every attempt, so that a receiver knows what it has seen
 * @param atMs of this attempt
 * @param body the very text that is sent
 */
export function signedHeaders(
  secrets: string[],
  messageId: string,
  atMs: number,
  body: string,
): Record<string, string> {
  const at = new Date(atMs)
  return {
    'webhook-id': messageId,
    'webhook-timestamp': String(Math.floor(atMs / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(messageId, at, body)).join(' '),
  }
}
