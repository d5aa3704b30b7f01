import { setTimeout as sleep } from 'node:timers/promises'

/** The part of the answer of `POST /v1/events` that an import looks at. */
export interface Answer {
  accepted: number
  duplicates: number
  rejected: { index: number; code: string; message: string }[]
}

export interface Target {
  url: string
  key: string
  signal?: AbortSignal
  /** How long to wait before the first repeat when the service does not say, in ms; doubled each time. */
  firstWaitMs?: number
}

/** The import cannot go on: the service is gone, or refuses what is sent as a whole. */
export class SendError extends Error {}

const ATTEMPTS = 8
const LONGEST_WAIT_MS = 30_000
const TIMEOUT_MS = 60_000

/**
 * Sends one request of events, again and again while the service is away or busy: events carry ids, so a repeat of
 * what did arrive adds nothing. Waits as long as `Retry-After` says, else a doubling time with jitter, 30 s at most.
 * Throws a `SendError` after 8 attempts, or at once when repeating cannot help.
 */
export async function send(body: string, target: Target): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptOnce(body, target)
    if ('answer' in outcome) return outcome.answer
    if (!outcome.again) throw new SendError(outcome.why)
    if (attempt === ATTEMPTS) throw new SendError(`${outcome.why} (tried ${ATTEMPTS} times)`)
    const backoff = Math.min(LONGEST_WAIT_MS, (target.firstWaitMs ?? 500) * 2 ** (attempt - 1))
    const waitMs = outcome.waitMs ?? backoff * (0.5 + Math.random() / 2)
    await sleep(Math.min(waitMs, LONGEST_WAIT_MS), undefined, target.signal ? { signal: target.signal } : {})
  }
}

/**
 * Asks the service whether it is there, so that a wrong address is told at once and not after a minute of repeats.
 * Throws a `SendError` if it is not.
 */
export async function greet(url: string): Promise<void> {
  try {
    const response = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(10_000) })
    if (!response.ok) throw new Error(`it answers ${response.status}`)
  } catch (error) {
    throw new SendError(
      `No Boon at ${url}: ${reason(error)}. Is it running (npm start)? Another address is given with --url.`,
    )
  }
}

type Outcome = { answer: Answer } | { again: boolean; why: string; waitMs?: number }

async function attemptOnce(body: string, { url, key, signal }: Target): Promise<Outcome> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(new URL('/v1/events', url), {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body,
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    const text = await response.text()
    if (response.ok) return { answer: JSON.parse(text) as Answer }
    const again = response.status === 429 || response.status >= 500
    const waitMs = retryAfterMs(response.headers.get('retry-after'))
    return { again, why: describe(response.status, text), ...(waitMs === undefined ? {} : { waitMs }) }
  } catch (error) {
    if (signal?.aborted) throw error
    return { again: true, why: `${url} does not answer: ${reason(error)}` }
  }
}

/** `Retry-After` is a number of seconds or a date. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}

function describe(status: number, text: string): string {
  if (status === 401) return 'the service does not know the key (401); give it with --key'
  if (status === 403) return 'the key may not send events (403); a secret key with that scope is needed'
  return `the service answered ${status}: ${text.slice(0, 300)}`
}

/** What `fetch` hides: "fetch failed" has the real reason in its cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`
  const { cause } = error
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message
  return error.message
}
