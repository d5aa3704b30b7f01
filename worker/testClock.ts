import { campaignLedger, openCampaignIds } from './campaigns/store.ts'
import { couponLedger } from './coupons/store.ts'
import type { Env } from './env.ts'
import { now, setClock } from './platform/clock.ts'
import { userDatabases } from './platform/databases.ts'
import { listLoader } from './segments/listStore.ts'
import { voucherPool } from './vouchers/store.ts'
import { senderOf, sweeperOf } from './webhooks/queue.ts'

/** Whether this run of local mode has made sure that every object's alarm is written down. */
let complete = false

/**
 * Moves the clock to `targetMs`, doing on the way everything that falls due, in the order of due times, each at its own
 * due time. Time flows on from the target.
 */
export async function moveClock(env: Env, targetMs: number): Promise<void> {
  if (!complete) await completeAlarms(env)
  complete = true
  for (;;) {
    const next = await env.DB.prepare(
      'SELECT object, due_ms AS dueMs FROM alarms WHERE due_ms <= ?1 ORDER BY due_ms LIMIT 1',
    )
      .bind(targetMs)
      .first<{ object: string; dueMs: number }>()
    if (next === null) break
    await keepOffset(env, setClock(Math.max(next.dueMs, now())))
    await wake(env, next.object)
  }
  await keepOffset(env, setClock(Math.max(targetMs, now())))
  await rearm(env)
}

/** Sets the clock to any time. Only for a state in which nothing has been recorded, see {@link isBlank}. */
export async function setBlankClock(env: Env, targetMs: number): Promise<void> {
  await keepOffset(env, setClock(targetMs))
}

/** Whether nothing has been recorded yet: no users and nothing that marketers make. */
export async function isBlank(env: Env): Promise<boolean> {
  const made = await env.DB.prepare(
    `SELECT EXISTS (SELECT 1 FROM campaigns) OR EXISTS (SELECT 1 FROM coupons) OR EXISTS (SELECT 1 FROM wallets)
       OR EXISTS (SELECT 1 FROM segments) OR EXISTS (SELECT 1 FROM lists) OR EXISTS (SELECT 1 FROM partners)
       OR EXISTS (SELECT 1 FROM voucher_lists) OR EXISTS (SELECT 1 FROM endpoints)
       OR EXISTS (SELECT 1 FROM catalogue_items)
       AS found`,
  ).first<{ found: number }>()
  const people = await Promise.all(
    userDatabases(env).map((db) =>
      db.prepare('SELECT EXISTS (SELECT 1 FROM users) AS found').first<{ found: number }>(),
    ),
  )
  return [made, ...people].every((row) => row?.found === 0)
}

async function keepOffset(env: Env, offsetMs: number): Promise<void> {
  await env.DB.prepare('UPDATE meta SET clock_offset_ms = ?1 WHERE id = 1').bind(offsetMs).run()
}

/** A crash may have come between an object's promise and the note of it; waking an object writes its note anew. */
async function completeAlarms(env: Env): Promise<void> {
  const ids = await openCampaignIds(env)
  await Promise.all(ids.map((id) => wake(env, `campaign:${id}`)))
}

/** The machine's alarms stand where the clock was before; waking an object sets its own anew. */
async function rearm(env: Env): Promise<void> {
  const { results } = await env.DB.prepare('SELECT object FROM alarms').all<{ object: string }>()
  await Promise.all(results.map((row) => wake(env, row.object)))
}

async function wake(env: Env, object: string): Promise<void> {
  const [kind, id = ''] = object.split(':')
  switch (kind) {
    case 'campaign':
      return campaignLedger(env, id).wake()
    case 'coupon':
      return couponLedger(env, id).wake()
    case 'list':
      return listLoader(env, id).wake()
    case 'vouchers':
      return voucherPool(env, id).wake()
    case 'endpoint':
      return senderOf(env, id).wake()
    case 'sweep':
      return sweeperOf(env, Number(id)).wake()
    default:
      throw new Error(`No object is named ${object}`)
  }
}
