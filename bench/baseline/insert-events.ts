import type { D1Database } from '@cloudflare/workers-types'

interface Env {
  DB: D1Database
}

interface Event {
  id: string
  userId: string
  name: string
  timestamp: string
  properties: Record<string, unknown>
}

/**
 * What the platform can do at best: a Worker that takes the same body as `POST /v1/events` and writes the same rows,
 * with no checks, no users, no campaigns. `/many` writes a request's events with one statement, `/one` its only event.
 */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { events } = (await request.json()) as { events: Event[] }
    const rows = events.map(({ id, userId, name, timestamp, properties }) => [
      userId,
      id,
      name,
      Date.parse(timestamp),
      JSON.stringify(properties),
    ])
    if (new URL(request.url).pathname === '/one') {
      await env.DB.prepare(ONE)
        .bind(...(rows[0] ?? []))
        .run()
    } else {
      await env.DB.prepare(MANY).bind(JSON.stringify(rows)).run()
    }
    return Response.json({ accepted: rows.length })
  },
}

const INTO = 'INSERT INTO events (user_id, id, name, at_ms, properties)'
const ONE = `${INTO} VALUES (?1, ?2, ?3, ?4, ?5)`
const MANY = `${INTO}
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1) WHERE true
  ON CONFLICT DO NOTHING`
