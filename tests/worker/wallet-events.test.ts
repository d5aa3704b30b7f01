import { OpenAPIHono } from '@hono/zod-openapi'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { usersDb } from '../../worker/platform/databases.ts'
import type { HonoEnv } from '../../worker/platform/http.ts'
import type { UserEvent } from '../../worker/users/event.ts'
import type { EntryRow } from '../../worker/wallets/entries.ts'
import { movementEvent } from '../../worker/wallets/event.ts'
import { walletRoutes } from '../../worker/wallets/routes.ts'
import { campaign, env, KEY, ok, send, setUp, wallet } from './boon.ts'
import { balances, move, moved } from './walletParts.ts'

beforeAll(setUp)

/** The events that the database shows of a user, as the text that it shows them in. */
async function shownOf(userId: string): Promise<UserEvent[]> {
  const { results } = await usersDb(env, userId)
    .prepare(
      `SELECT id, name, at_ms, properties FROM granted_events WHERE user_id = ?1 UNION ALL
       SELECT id, name, at_ms, properties FROM wallet_events WHERE user_id = ?1 ORDER BY id`,
    )
    .bind(userId)
    .all<{ id: string; name: string; at_ms: number; properties: string }>()
  return results.map((row) => ({
    id: row.id,
    userId,
    name: row.name,
    atMs: row.at_ms,
    properties: JSON.parse(row.properties),
  }))
}

async function rowsOf(userId: string): Promise<EntryRow[]> {
  const { results } = await usersDb(env, userId)
    .prepare('SELECT * FROM wallet_entries WHERE user_id = ?1 ORDER BY id')
    .bind(userId)
    .all<EntryRow>()
  return results
}

describe('what moves points by API is an event of the user', () => {
  test.each([0, 1, 2, 3])(
    'made, to the letter, as the database shows it: every kind, %i decimals',
    async (decimals) => {
      const { id } = await wallet({ decimals })
      const userId = `shown ${decimals}`
      const part = 1 / 10 ** decimals
      const text = { description: 'né "quoted" \\ 😀', orderId: 'o/1', metadata: { a: 'b' } }
      await moved('credit', userId, id, { points: 1e12, ...text })
      await moved('credit', userId, id, { points: Number((123_456 + part).toFixed(decimals)) })
      const debit = await moved('debit', userId, id, {
        points: Number((7 * part).toFixed(decimals)),
        ...text,
      })
      await moved('refund', userId, id, { entryId: debit.id, points: part })
      await moved('refund', userId, id, { entryId: debit.id, ...text })
      await moved('adjust', userId, id, { points: 3, ...text })
      await moved('adjust', userId, id, { points: -part })
      const made = (await rowsOf(userId)).map(movementEvent)
      const shown = await shownOf(userId)
      expect(shown).toHaveLength(7)
      expect(shown.map((event) => JSON.stringify(event))).toEqual(made.map((event) => JSON.stringify(event)))
      const names = shown.map(({ name, properties }) => `${name} ${properties['kind']}`).sort()
      expect(names).toEqual([
        'CT Points Credited adjust',
        'CT Points Credited credit',
        'CT Points Credited credit',
        'CT Points Credited refund',
        'CT Points Credited refund',
        'CT Points Debited adjust',
        'CT Points Debited debit',
      ])
      expect(shown.find(({ properties }) => properties['kind'] === 'debit')).toMatchObject({
        id: debit.id.replace('ent', 'evt'),
        atMs: Date.parse(debit.at),
        properties: {
          'CT Source': 'Promo Module',
          walletId: id,
          points: debit.points,
          entryId: debit.id,
          orderId: 'o/1',
          description: text.description,
        },
      })
    },
  )

  test('points of a campaign are one event, that of their grant', async () => {
    const { id } = await wallet()
    await campaign('Given', id)
    await send([{ userId: 'given', name: 'Given' }])
    expect(await shownOf('given')).toMatchObject([
      { name: 'CT Points Credited', properties: { kind: 'credit' } },
    ])
    expect(await rowsOf('given')).toHaveLength(1)
  })

  test('campaigns hear of it, once however often it is sent, and a refusal is none', async () => {
    const [purse, bonus] = [await wallet(), await wallet()]
    const listens = (event: string, kind: string, value: number) =>
      campaign(event, bonus.id, {
        trigger: {
          event,
          where: [
            { property: 'walletId', op: 'eq', value: purse.id },
            { property: 'kind', op: 'eq', value: kind },
          ],
        },
        reward: { type: 'points', walletId: bonus.id, scheme: { kind: 'flat', value } },
      })
    await listens('CT Points Credited', 'credit', 1)
    await listens('CT Points Debited', 'debit', 10)
    await listens('CT Points Credited', 'refund', 100)
    await listens('CT Points Debited', 'adjust', 1_000)
    await moved('credit', 'heard', purse.id, { points: 50 })
    const debit = await moved('debit', 'heard', purse.id, { points: 5 }, 'heard')
    for (let n = 0; n < 3; n++) await moved('debit', 'heard', purse.id, { points: 5 }, 'heard')
    await moved('refund', 'heard', purse.id, { entryId: debit.id })
    expect(await move('debit', 'heard', purse.id, { points: 500 })).toMatchObject({ status: 409 })
    await moved('adjust', 'heard', purse.id, { points: -1 })
    await vi.waitFor(
      async () => {
        const held = (await balances('heard')).find((one: { walletId: string }) => one.walletId === bonus.id)
        expect(held?.active).toBe(1_111)
      },
      { timeout: 20_000, interval: 50 },
    )
    const { data } = await ok('GET', '/v1/users/heard/timeline?limit=100')
    const events = data.filter((item: { type: string }) => item.type === 'event')
    // Four that the API made, and the four that the campaigns granted.
    expect(events.map(({ name }: { name: string }) => name).sort()).toEqual([
      ...Array(6).fill('CT Points Credited'),
      ...Array(2).fill('CT Points Debited'),
    ])
  })
})

test('what was written but could not be announced is announced when it is sent again', async () => {
  const { id } = await wallet()
  const announced: UserEvent[][] = []
  let down = true
  const app = new OpenAPIHono<HonoEnv>()
  app.onError(() => new Response(null, { status: 503 }))
  walletRoutes(app, {
    announce: async (_env, events) => {
      if (down) throw new Error('The queue is down')
      announced.push(events)
    },
  })
  const credit = async (points: number, key = 'told') =>
    app.fetch(
      new Request(`http://boon.test/v1/users/told/wallets/${id}/credit`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${KEY}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify({ points, description: 'd' }),
      }),
      env,
    )
  expect((await credit(5)).status).toBe(503)
  down = false
  const second = await credit(5)
  expect([second.status, second.headers.get('idempotent-replayed')]).toEqual([201, 'true'])
  const [row] = await rowsOf('told')
  if (row === undefined) throw new Error('Nothing was written')
  expect(announced).toEqual([[movementEvent(row)]])
  expect(announced[0]).toEqual(await shownOf('told'))
  // What is refused, or sent with another body, is announced to nobody.
  expect((await credit(6)).status).toBe(409)
  expect((await credit(0.5, 'bad')).status).toBe(422)
  expect(announced).toHaveLength(1)
})
