import type { DurableObjectNamespace, DurableObjectState } from '@cloudflare/workers-types'

interface Env {
  CODES: DurableObjectNamespace
}

/** What one object can do at best: codes, each once, as many a statement as come in a request. */
export class Codes {
  readonly #state: DurableObjectState

  constructor(state: DurableObjectState) {
    this.#state = state
    state.storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS codes (seq INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE)',
    )
  }

  async fetch(req: Request): Promise<Response> {
    const codes = await req.text()
    this.#state.storage.sql.exec('INSERT INTO codes (code) SELECT value FROM json_each(?1)', codes)
    return new Response(null, { status: 204 })
  }
}

/** Inserts the JSON array of codes in the body into the object that `?object=` names. */
export default {
  async fetch(req: Request, env: Env): Promise<Response> {
    const name = new URL(req.url).searchParams.get('object') ?? ''
    const body = await req.text()
    const answer = await env.CODES.get(env.CODES.idFromName(name)).fetch(req.url, { method: 'POST', body })
    return new Response(null, { status: answer.status })
  },
}
