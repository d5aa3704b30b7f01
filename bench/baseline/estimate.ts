import type { D1Database } from '@cloudflare/workers-types'

interface Env {
  DB: D1Database
}

/**
 * The best statement that we could write by hand for one question: who was charged 500 or more at least twice in 30
 * days and did not uninstall in 30 days. `/many` writes events as `insert-events.ts` does, `/estimate` counts users.
 */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const body = (await request.json()) as { events: Event[] } & { sinceMs: number }
    if (new URL(request.url).pathname === '/estimate') {
      const row = await env.DB.prepare(COUNT).bind(body.sinceMs).first<{ users: number }>()
      return Response.json({ users: row?.users })
    }
    const rows = body.events.map(({ id, userId, name, timestamp, properties }) => [
      userId,
      id,
      name,
      Date.parse(timestamp),
      properties,
    ])
    await env.DB.prepare(MANY).bind(JSON.stringify(rows)).run()
    return Response.json({ accepted: rows.length })
  },
}

interface Event {
  id: string
  userId: string
  name: string
  timestamp: string
  properties: Record<string, unknown>
}

const MANY = `
  INSERT INTO events (user_id, id, name, at_ms, properties)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4 FROM json_each(?1)`

const COUNT = `
  SELECT count(*) AS users FROM (
    SELECT user_id FROM events
    WHERE name = 'Charged' AND at_ms >= ?1 AND properties ->> 'Amount' >= 500
    GROUP BY user_id HAVING count(*) >= 2)
  WHERE user_id NOT IN (SELECT user_id FROM events WHERE name = 'App Uninstalled' AND at_ms >= ?1)`
