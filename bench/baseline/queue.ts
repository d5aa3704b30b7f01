import type { MessageBatch, Queue } from '@cloudflare/workers-types'

interface Env {
  QUEUE: Queue<string>
}

/** A queue takes 100 messages at once. */
const AT_ONCE = 100

/**
 * A queue that delivers and nothing else: `POST /send?count=&to=` puts messages into it, and its consumer posts each to
 * `to`, all of a batch at once.
 */
export default {
  async fetch(req: Request, env: Env): Promise<Response> {
    const { searchParams } = new URL(req.url)
    const count = Number(searchParams.get('count'))
    const to = searchParams.get('to') ?? ''
    for (let start = 0; start < count; start += AT_ONCE) {
      const size = Math.min(AT_ONCE, count - start)
      await env.QUEUE.sendBatch(Array.from({ length: size }, () => ({ body: to })))
    }
    return new Response(null, { status: 204 })
  },
  async queue(batch: MessageBatch<string>): Promise<void> {
    await Promise.all(
      batch.messages.map(async ({ body: to }) => {
        const res = await fetch(to, {
          method: 'POST',
          body: '{"user":{"userId":"u"},"reward":{"type":"custom"}}',
        })
        await res.text()
      }),
    )
    batch.ackAll()
  },
}
