/** An answer, with its body parsed when it is JSON. */
export interface Answer {
  status: number
  headers: Headers
  text: string
  json: unknown
}

export interface CallOptions {
  /** The key to send; `null` sends none. Default: the secret key of local mode. */
  key?: string | null
  headers?: Record<string, string>
}

export type Call = (method: string, path: string, body?: unknown, options?: CallOptions) => Promise<Answer>

/**
 * Makes a client of one service. A body that is a text or bytes is sent as it is, anything else as JSON.
 * Whatever the status, the answer is given back; only a connection that fails throws.
 */
export function caller(url: string): Call {
  return async (method, path, body, { key = 'sk_local_boon', headers = {} } = {}) => {
    const raw = typeof body === 'string' || body instanceof Uint8Array
    const response = await fetch(new URL(path, url), {
      method,
      redirect: 'manual',
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as BodyInit) : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parsed(text) }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
