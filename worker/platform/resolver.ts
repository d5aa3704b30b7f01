import { isPrivateAddress } from './address.ts'
import { describeError, log } from './log.ts'

/** How the resolver is asked: what `fetch` does. */
export type Ask = (url: string, init: RequestInit) => Promise<Response>

const RESOLVER = 'https://cloudflare-dns.com/dns-query'
/** A resolver that is slower than this has not answered; the time is taken from that of the attempt. */
const LIMIT_MS = 2_000
/** How long an answer is good for in this isolate. Short, because who means ill changes what a name leads to. */
const REMEMBERED_MS = 30_000
const REMEMBERED_AT_MOST = 1_000

/** The types of records that are asked for, by the number that an answer gives them (RFC 1035, 3596). */
const types = { A: 1, AAAA: 28 } as const

const remembered = new Map<string, { isPrivate: boolean; untilMs: number }>()

/**
 * Whether a name leads to an address that no webhook may be sent to, by any of its records. A Worker cannot see which
 * address `fetch` connects to, so it asks a resolver beforehand, over HTTPS (RFC 8484, in the form of JSON). When that
 * does not answer, it cannot be told, and the attempt goes on; the log says so.
 *
 * @param host a name, as the URL parser writes it
 */
export async function resolvesPrivately(host: string, ask: Ask, nowMs: number): Promise<boolean> {
  const known = remembered.get(host)
  if (known !== undefined && known.untilMs > nowMs) return known.isPrivate
  const answers = await Promise.allSettled([addresses(host, 'A', ask), addresses(host, 'AAAA', ask)])
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  const isPrivate = found.some(isPrivateAddress)
  const silence = answers.find((answer) => answer.status === 'rejected')
  if (silence !== undefined && !isPrivate) {
    log('warn', 'It could not be told where a name leads; the webhook is sent', describeError(silence.reason))
    return false
  }
  if (remembered.size >= REMEMBERED_AT_MOST) remembered.clear()
  remembered.set(host, { isPrivate, untilMs: nowMs + REMEMBERED_MS })
  return isPrivate
}

/** The addresses that a name has; none when there is no such name. */
async function addresses(host: string, type: keyof typeof types, ask: Ask): Promise<string[]> {
  const res = await ask(`${RESOLVER}?name=${encodeURIComponent(host)}&type=${type}`, {
    headers: { accept: 'application/dns-json' },
    signal: AbortSignal.timeout(LIMIT_MS),
  })
  if (!res.ok) throw new Error(`the resolver answered ${res.status}`)
  const { Status, Answer = [] } = (await res.json()) as DnsAnswer
  // 3 is NXDOMAIN: that there is no such name is an answer too.
  if (Status !== 0 && Status !== 3) throw new Error(`the resolver answered with the code ${Status}`)
  return Answer.filter((record) => record.type === types[type]).map((record) => record.data)
}

interface DnsAnswer {
  Status: number
  Answer?: { type: number; data: string }[]
}
