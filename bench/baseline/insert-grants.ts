import type { D1Database } from '@cloudflare/workers-types'

interface Env {
  DB: D1Database
}

/** What the platform can do at best: one row a user, the grant itself, a thousand a statement. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { round, first, count } = (await request.json()) as { round: number; first: number; count: number }
    const at = new Date().toISOString()
    const rows = Array.from({ length: count }, (_, index) => {
      const userId = `user-${first + index}`
      const id = `grt_${String(round).padStart(10, '0')}${String(first + index).padStart(16, '0')}`
      const reward = {
        type: 'points',
        walletId: 'wal_1',
        entryId: `ent${id.slice(3)}`,
        activatesAt: at,
        expiresAt: null,
      }
      const campaignId = 'cmp_01m8q7gf4mfm86r5m34w8xwmfv'
      const grant = { id, campaignId, userId, eventId: null, at, reward, value: 5, status: 'fulfilled' }
      return [id, userId, campaignId, Date.parse(at), grant]
    })
    await env.DB.prepare(INSERT).bind(JSON.stringify(rows)).run()
    return Response.json({ inserted: rows.length })
  },
}

const INSERT = `
  INSERT INTO grants (id, user_id, campaign_id, at_ms, body)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4 FROM json_each(?1)`
