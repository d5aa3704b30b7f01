import { type Refusal, refuse } from './problem.ts'

const SIGNS =
  /D1_ERROR|D1_EXEC_ERROR|Network connection lost|Durable Object (reset|storage)|overloaded|storage caused object to be reset/i

/**
 * Whether an error means that a store or an object could not answer just now, so that the same request may work later.
 * A refusal with 503 then; undefined for an error of our own making.
 */
export function outageOf(error: unknown): Refusal | undefined {
  if (!(error instanceof Error)) return undefined
  const { retryable, overloaded } = error as Error & { retryable?: boolean; overloaded?: boolean }
  const passes =
    retryable === true || overloaded === true || SIGNS.test(`${error.message} ${error.cause ?? ''}`)
  return passes
    ? refuse(
        'unavailable',
        'A store did not answer. Send the request again; nothing that was acknowledged is lost.',
        {
          retryAfterS: 1,
        },
      )
    : undefined
}
