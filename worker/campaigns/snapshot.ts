import type { Env } from '../env.ts'
import { userDatabases } from '../platform/databases.ts'
import { Refusal } from '../platform/problem.ts'
import { readMeta } from '../platform/settings.ts'
import { NO_CHAIN } from '../rewards/rewardEvents.ts'
import { type AudiencePage, audiencePage } from '../segments/audience.ts'
import { type Core, toCore } from '../segments/core.ts'
import { resolveNames } from '../segments/resolve.ts'
import type { AgendaItem } from './agenda.ts'
import { ruleOf } from './audience.ts'
import { bestSlots, bestSlotsStatements, type SlotRow, slotRanges } from './bestTime.ts'
import type { Audience } from './contract.ts'
import { type Delivery, dueOf } from './delivery.ts'
import type { RunState } from './runState.ts'

/** A page of an audience: who is due when, how many are skipped because their time has passed, and what comes next. */
export interface AgendaPage {
  items: AgendaItem[]
  skipped: number
  next: Pick<RunState, 'home' | 'afterId' | 'isTaken'>
}

/**
 * Begins to take an audience: what counts is what the rule and everything that it names say now, and what has happened
 * up to now.
 */
export async function beginRun(env: Env, audience: Audience, nowMs: number): Promise<RunState> {
  const rule = ruleOf(audience)
  const [named, { settings }, ...lastSeqs] = await Promise.all([
    resolveNames(env, rule, 'audience'),
    readMeta(env),
    ...userDatabases(env).map(async (db) => {
      const row = await db.prepare('SELECT max(seq) AS seq FROM events').first<{ seq: number | null }>()
      return row?.seq ?? 0
    }),
  ])
  if (named instanceof Refusal) throw new Error(`The audience cannot be taken: ${named.detail}`)
  return {
    takenMs: nowMs,
    accountZone: settings.timezone,
    rule,
    segments: [...named.segments],
    generations: [...named.generations],
    lastSeqs,
    home: 0,
    afterId: '',
    isTaken: false,
    total: 0,
    processed: 0,
    granted: 0,
  }
}

/** Reads the next page of an audience. Reading it again answers the same. */
export async function takePage(env: Env, state: RunState, delivery: Delivery): Promise<AgendaPage> {
  const databases = userDatabases(env)
  const db = databases[state.home]
  if (db === undefined)
    return { items: [], skipped: 0, next: { home: state.home, afterId: '', isTaken: true } }
  const at = { nowMs: state.takenMs, zone: state.accountZone }
  const bounds = { afterId: state.afterId, lastSeq: state.lastSeqs[state.home] ?? 0 }
  const { users, nextId } = await audiencePage(db, coreOf(state), at, bounds)
  const slots = delivery.deliver === 'bestTime' ? await slotsOf(db, users, state) : new Map<string, number>()
  const items: AgendaItem[] = []
  for (const { id: userId, timezone } of users) {
    const slot = slots.get(userId)
    const dueMs = dueOf(delivery, { timezone, ...(slot === undefined ? {} : { slot }) }, state.takenMs)
    if (dueMs === 'skipped') continue
    items.push({ userId, value: '', dueMs, eventId: null, atMs: state.takenMs, chain: NO_CHAIN })
  }
  const home = nextId === null ? state.home + 1 : state.home
  const next = { home, afterId: nextId ?? '', isTaken: home >= databases.length }
  return { items, skipped: users.length - items.length, next }
}

function coreOf({ rule, segments, generations }: RunState): Core {
  return toCore(rule, { segments: new Map(segments), generations: new Map(generations) })
}

async function slotsOf(
  db: D1Database,
  users: AudiencePage['users'],
  { takenMs, accountZone }: RunState,
): Promise<Map<string, number>> {
  const ranges = slotRanges(users, takenMs, accountZone)
  if (ranges.length === 0) return new Map()
  const answers = await db.batch<SlotRow>(bestSlotsStatements(db, ranges))
  return bestSlots(answers.flatMap(({ results }) => results))
}
