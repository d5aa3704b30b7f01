import { runInDurableObject } from 'cloudflare:test'
import { expect, vi } from 'vitest'
import type { CampaignLedger } from '../../worker/campaigns/ledger.ts'
import { campaignLedger } from '../../worker/campaigns/store.ts'
import { byHome, userDatabases } from '../../worker/platform/databases.ts'
import { type FaultPoint, setFaultHook } from '../../worker/platform/faults.ts'
import { call, clock, coupon, env, jobDone, ok, setUp } from './boon.ts'
import { campaignNow, grantRows, holdingRows, listedGrants, lotRows } from './records.ts'

/**
 * Sets up the databases and stops time, a day ahead of the machine: no alarm goes off by itself, and whatever is due is
 * done when a test moves the clock, or wakes an object.
 */
export async function setUpQuiet(startsAt: string): Promise<void> {
  await setUp()
  const machineMs = Date.now() + 86_400_000
  vi.spyOn(Date, 'now').mockImplementation(() => machineMs)
  await clock(startsAt)
}

/** Lets everything be done that is due by now. */
export const settle = () => clock('PT0.001S')

/** A draft that gives ten points to everybody of an audience, at once, unless told otherwise. */
export const runDraft = (more: object) =>
  ok('POST', '/v1/campaigns', {
    name: 'Run',
    qualification: 'past',
    audience: { rule: { did: { event: 'Charged' } } },
    schedule: { start: 'now' },
    ...more,
  })

/** Publishes a draft; answers the campaign with the warnings. */
export async function publish(id: string) {
  const { campaign, warnings } = await ok('POST', `/v1/campaigns/${id}/publish`)
  return { ...campaign, warnings }
}

/** Makes a run and publishes it. */
export const startRun = async (more: object) => publish((await runDraft(more)).id)

/** Lets a run do all there is to do by now and what it tries again within the hour; answers the campaign. */
export async function finished(id: string) {
  for (let tries = 0; tries < 12; tries++) {
    await (tries === 0 ? settle() : clock('PT5M'))
    const campaign = await campaignNow(id)
    if (campaign.status !== 'running') return campaign
  }
  throw new Error(`The run ${id} does not come to its end`)
}

/** Ten points into a wallet. */
export const flat = (walletId: string, value = 10) => ({
  reward: { type: 'points', walletId, scheme: { kind: 'flat', value } },
})

/** The audience of those who are in a group. */
export const group = (name: string) => ({
  audience: { rule: { user: { property: 'group', op: 'eq', value: name } } },
})

/** Writes users as fast as it goes; answers their ids in the order in which a run serves them. */
export async function addUsers(
  ids: string[],
  { zoneOf, ...properties }: { zoneOf?: (place: number) => string | null; group?: string } = {},
): Promise<string[]> {
  const rows = ids.map((id, place) => ({ id, timezone: zoneOf?.(place) ?? null }))
  for (const { db, things } of byHome(env, rows, (row) => row.id)) {
    await db
      .prepare(
        `INSERT INTO users (id, timezone, properties, created_ms)
         SELECT value ->> 'id', value ->> 'timezone', ?2, 0 FROM json_each(?1)`,
      )
      .bind(JSON.stringify(things), JSON.stringify(properties))
      .run()
  }
  return [...ids].sort()
}

/** So many user ids that nobody else has. */
export const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${prefix}-${String(n).padStart(5, '0')}`)

/** Makes a list by the API. */
export async function list(userIds: string[]): Promise<string> {
  const { id } = await ok('POST', '/v1/lists', { name: 'L' })
  await upload(id, userIds)
  return id
}

/** Gives a list other members. */
export async function upload(listId: string, userIds: string[]): Promise<void> {
  const options = { headers: { 'content-type': 'text/csv' } }
  const { status, json } = await call('PUT', `/v1/lists/${listId}/members`, userIds.join('\n'), options)
  expect(status).toBe(202)
  await settle()
  expect(await jobDone(json.id)).toMatchObject({ status: 'done', imported: userIds.length })
}

/** A bulk coupon with so many codes. */
export async function stocked(count: number): Promise<string> {
  const { id } = await coupon()
  const job = await ok('POST', `/v1/coupons/${id}/codes/generate`, { count, length: 8 })
  await settle()
  await jobDone(job.id)
  return id
}

/** Lets the program die at a point, so many times. */
export function dieAt(point: FaultPoint, times = 1): void {
  let left = times
  setFaultHook((reached) => {
    if (reached === point && left-- > 0) throw new Error(`killed at ${point}`)
  })
}

/** Lets the program die at a point whenever it comes there, from the `nth` time on; resolves when it first does. */
export function stallAt(point: FaultPoint, nth = 1): Promise<void> {
  let seen = 0
  return new Promise((reached) => {
    setFaultHook((at) => {
      if (at !== point || ++seen < nth) return
      reached()
      throw new Error(`stalled at ${point}`)
    })
  })
}

/** Does something in the same turn in which the program comes to a point for the `nth` time. */
export function at(point: FaultPoint, nth: number, work: () => void): void {
  let seen = 0
  setFaultHook((reached) => {
    if (reached === point && ++seen === nth) work()
  })
}

/** The object of a campaign itself, so that a test can ask it something in the middle of its work. */
export const objectOf = (id: string) =>
  runInDurableObject(campaignLedger(env, id), (object: CampaignLedger) => object)

/** When the alarm of a campaign goes off, by the machine's clock; null when it does not. */
export const alarmOf = (id: string) =>
  runInDurableObject(campaignLedger(env, id), (_, state) => state.storage.getAlarm())

const MAX_PARAMETER = 2_000_000

function refuseLarge(values: unknown[]): void {
  for (const value of values) {
    const size = typeof value === 'string' ? new TextEncoder().encode(value).length : 0
    if (size > MAX_PARAMETER) throw new Error(`string or blob too big: SQLITE_TOOBIG (${size} bytes)`)
  }
}

/**
 * Refuses parameters of more than 2 MB, to the user databases and to the ledger of a campaign, as production does and
 * the machine of the tests does not. Lasts until the ledger is evicted, or what is answered is called.
 */
export async function refusingLarge(id: string): Promise<() => void> {
  const sql = await runInDurableObject(campaignLedger(env, id), (_, state) => state.storage.sql)
  const exec = sql.exec.bind(sql)
  const undo = [() => void Object.assign(sql, { exec })]
  Object.assign(sql, {
    exec: (query: string, ...values: unknown[]) => {
      refuseLarge(values)
      return exec(query, ...values)
    },
  })
  for (const db of userDatabases(env)) {
    const prepare = db.prepare.bind(db)
    undo.push(() => void Object.assign(db, { prepare }))
    Object.assign(db, {
      prepare: (query: string) => {
        const statement = prepare(query)
        const bind = statement.bind.bind(statement)
        return Object.assign(statement, {
          bind: (...values: unknown[]) => {
            refuseLarge(values)
            return bind(...values)
          },
        })
      },
    })
  }
  return () => {
    for (const back of undo) back()
  }
}

/** What users have of a campaign, wherever one may look: they all agree, and nobody has anything twice. */
export async function served(id: string, purse: { walletId: string } | { couponId: string }) {
  const rows = await grantRows(id)
  const given =
    'walletId' in purse
      ? (await lotRows(purse.walletId)).filter(({ entry }) => entry !== null)
      : await holdingRows(purse.couponId)
  const users = rows.map((row) => row.user_id).sort()
  expect(new Set(users).size).toBe(users.length)
  expect(given.map((row) => row.user_id).sort()).toEqual(users)
  const { stats } = await campaignNow(id)
  expect({ granted: stats.granted, users: stats.users }).toEqual({
    granted: users.length,
    users: users.length,
  })
  if (users.length <= 300) {
    const listed = await listedGrants(id)
    expect(listed.map(({ userId, status }) => [userId, status]).sort()).toEqual(
      users.map((userId) => [userId, 'fulfilled']),
    )
  }
  return users
}

/** The progress of a run that is over, every user accounted for. */
export async function progressOf(id: string) {
  const { run, refused, granted } = (await campaignNow(id)).stats
  const sum = Object.values(refused as Record<string, number>).reduce((total, n) => total + n, 0)
  expect(run).toEqual({ total: granted + sum, processed: granted + sum, granted, refused: sum })
  return { ...run, reasons: refused }
}
