import type { Env } from '../env.ts'
import { addressFault, isAddress } from './address.ts'
import { machineTime, now } from './clock.ts'
import { type Ask, resolvesPrivately } from './resolver.ts'

/** How long an attempt may take, from the first byte sent to the last one read. */
const LIMIT_MS = 10_000
/** How many characters of an answer are kept. */
const EXCERPT_CHARACTERS = 500

/** What one attempt to send has come to. */
export interface Sent {
  /** The HTTP status that came back; null when none did. */
  status: number | null
  /** Why there is no status: `address_refused: …`, `timeout` or `network: …`; null when there is one. */
  error: string | null
  ms: number
  /** The first characters of what came back. */
  excerpt: string
  /** The `Retry-After` that came back, as it was written. */
  retryAfter: string | null
  startedMs: number
}

/** What tests choose: how long is waited, and how the network is reached. */
export interface SendOptions {
  limitMs?: number
  ask?: Ask
}

/**
 * Sends one POST to somebody else's server. Where it leads is checked again, because it may have changed since it was
 * written down; a redirect is not followed, because it may lead anywhere. Never throws.
 *
 * Once a status is here, it counts: a body that breaks off or never ends takes nothing from it.
 */
export async function sendOnce(
  env: Pick<Env, 'BOON_MODE'>,
  target: { url: string; headers: Record<string, string>; body: string },
  { limitMs = LIMIT_MS, ask = fetch }: SendOptions = {},
): Promise<Sent> {
  const startedMs = now()
  // By the machine's clock, because the test clock may be moved meanwhile.
  const begunMs = machineTime(startedMs)
  const outcome = (
    status: number | null,
    error: string | null,
    excerpt = '',
    retryAfter: string | null = null,
  ) => ({
    status,
    error,
    ms: machineTime(now()) - begunMs,
    excerpt,
    retryAfter,
    startedMs,
  })
  const isLocal = env.BOON_MODE === 'local'
  const fault = addressFault(target.url, isLocal)
  if (fault !== undefined) return outcome(null, `address_refused: ${fault}`)
  // Not AbortSignal.timeout, whose timer would keep an object awake long after the answer is here.
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), limitMs)
  const { signal } = abort
  try {
    const { hostname } = new URL(target.url)
    // In local mode names are not looked up: it may run without a network, and what it reaches is a developer's own.
    if (!isLocal && !isAddress(hostname) && (await resolvesPrivately(hostname, ask, startedMs))) {
      return outcome(null, 'address_refused: its name leads to a private or reserved address')
    }
    const { url, headers, body } = target
    const res = await ask(url, { method: 'POST', headers, body, redirect: 'manual', signal })
    return outcome(res.status, null, await beginningOf(res), res.headers.get('retry-after'))
  } catch (error) {
    return outcome(null, signal.aborted ? 'timeout' : `network: ${networkFault(error)}`)
  } finally {
    clearTimeout(timer)
  }
}

/** The first characters of a body. No more of it is read than they take, and none of it is waited for in vain. */
async function beginningOf(res: Response): Promise<string> {
  const reader = res.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let text = ''
  try {
    while (text.length < EXCERPT_CHARACTERS) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
    await reader.cancel()
  } catch {
    // It broke off or took too long; what came is kept.
  }
  // Where it is cut, a character of two halves may have lost one.
  return text.slice(0, EXCERPT_CHARACTERS).replace(/[\ud800-\udbff]$/, '')
}

/** What runtimes say when a connection fails, and what is told of it: never their own words, which may hold anything. */
const networkFaults: [RegExp, string][] = [
  [/refused/i, 'the connection was refused'],
  [/dns|getaddrinfo|resolve/i, 'its name could not be resolved'],
  [/certificate|tls|ssl/i, 'no secure connection could be made'],
  [/reset|lost|closed|disconnected|hang up/i, 'the connection was lost'],
]

function networkFault(error: unknown): string {
  const words = describe(error)
  return networkFaults.find(([pattern]) => pattern.test(words))?.[1] ?? 'the request failed'
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.message} ${describe(error.cause)}` : ''
}
