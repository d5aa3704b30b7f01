import type { EventsAnswer, TrackedEvent, Tray } from './types.ts'

const timeoutMs = 10_000
const retryMs = 1_000

/** Where the API is and for whom it is asked; without a token it is asked for a guest. */
export interface Access {
  endpoint: string
  key: string
  token: string | null
}

/** A refusal of the API, or no answer from it (status 0). `code` is the API's own. */
export class TrayError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'TrayError'
    this.status = status
    this.code = code
  }
}

/** What the user may see now. Rejects with a TrayError; an aborted read rejects too. */
export function readTray(access: Access, signal: AbortSignal): Promise<Tray> {
  return ask<Tray>(access, '/v1/tray', { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) })
}

/**
 * Reports what the user did and answers the decisions. Events without an id get one, which makes it safe to try once
 * more when no answer came; the second failure rejects with a TrayError.
 */
export async function sendEvents(access: Access, events: readonly TrackedEvent[]): Promise<EventsAnswer> {
  const body = JSON.stringify({ events: events.map((event) => ({ id: makeId(), ...event })) })
  const send = () =>
    ask<EventsAnswer>(access, '/v1/tray/events', {
      method: 'POST',
      body,
      // A click on "Buy" often leaves the page at once; the event must still arrive.
      keepalive: true,
      signal: AbortSignal.timeout(timeoutMs),
    })
  try {
    return await send()
  } catch (error) {
    if (!(error instanceof TrayError) || (error.status !== 0 && error.status !== 503)) throw error
    await new Promise((resolve) => setTimeout(resolve, retryMs))
    return await send()
  }
}

async function ask<Answer>(access: Access, path: string, init: RequestInit): Promise<Answer> {
  const headers = new Headers({ Authorization: `Bearer ${access.key}` })
  if (access.token) headers.set('X-User-Token', access.token)
  if (init.body) headers.set('Content-Type', 'application/json')
  let response: Response
  try {
    response = await fetch(access.endpoint + path, {
      ...init,
      headers,
      credentials: 'omit',
      cache: 'no-store',
    })
  } catch (cause) {
    throw new TrayError(0, 'unreachable', String(cause))
  }
  const answer = await response.json().catch(() => null)
  if (response.ok && answer) return answer as Answer
  throw new TrayError(response.status, answer?.code ?? 'unreadable', answer?.detail ?? response.statusText)
}

/** 128 random bits; `crypto.randomUUID` is missing on pages served over plain http. */
function makeId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
