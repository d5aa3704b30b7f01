import type { Call } from '../http-call.ts'
import type { Purchase } from './history.ts'
import { decideNaively, type Expected, type Outcome, type Rules } from './naive.ts'

export interface Comparison {
  events: number
  naive: Outcome
  /** Every difference as a sentence; none when the product did as expected. */
  differences: string[]
}

/** What a replay needs of a product: calls, with the test clock on a state where nothing has been recorded. */
export interface Client {
  call: Call
}

interface Decision {
  eventId: string
  outcome: string
  reason?: string
  grant?: { value?: number; asked?: number }
}

interface EventsAnswer {
  accepted: number
  rejected: { index: number; code: string }[]
  decisions: Decision[]
}

interface CampaignAnswer {
  stats: {
    granted: number
    value: number
    users: number
    refused: Record<string, number>
    remaining: { budget?: number }
  }
}

const BATCH = 1_000

/**
 * Plays a history, sorted by day, through a campaign of the product, the clock standing at noon of each day, and
 * compares every decision and the final stats with those of the naive program.
 * @param onDay told the day and how many events are done
 */
export async function replay(
  history: Purchase[],
  client: Client,
  rules: Rules,
  onDay?: (day: string, events: number) => void,
): Promise<Comparison> {
  const naive = decideNaively(history, rules)
  const differences: string[] = []
  await ask(client, 'POST', '/v1/test/clock', { now: '1997-01-01T00:00:00Z' })
  const campaignId = await startCampaign(client, rules)
  let at = 0
  while (at < history.length) {
    const day = history[at]?.day ?? ''
    const end = history.findIndex((purchase, index) => index > at && purchase.day !== day)
    const ofDay = history.slice(at, end < 0 ? history.length : end)
    await ask(client, 'POST', '/v1/test/clock', { now: `${day}T12:00:00Z` })
    for (let from = 0; from < ofDay.length; from += BATCH) {
      const part = ofDay.slice(from, from + BATCH)
      differences.push(
        ...(await sendAndCompare(client, part, naive.expected.slice(at + from, at + from + BATCH))),
      )
    }
    at += ofDay.length
    onDay?.(day, at)
  }
  differences.push(...(await compareStats(client, campaignId, naive, rules)))
  return { events: history.length, naive, differences }
}

async function startCampaign(client: Client, rules: Rules): Promise<string> {
  const wallet = await ask<{ id: string }>(client, 'POST', '/v1/wallets', {
    name: 'Replay',
    pointsName: 'points',
    decimals: 0,
    rounding: 'down',
    expiry: 'never',
  })
  const campaign = await ask<{ id: string }>(client, 'POST', '/v1/campaigns', {
    name: 'Replay',
    qualification: 'live',
    trigger: { event: 'Charged', where: [{ property: 'Amount', op: 'gte', value: rules.minimum }] },
    reward: { type: 'points', walletId: wallet.id, scheme: { kind: 'flat', value: rules.value } },
    limits: {
      perUser: rules.perUser,
      perCampaign: rules.perCampaign,
      budget: { campaign: rules.budget, policy: 'truncate' },
    },
    schedule: { start: 'now', end: 'never', timezone: 'UTC' },
  })
  await ask(client, 'POST', `/v1/campaigns/${campaign.id}/publish`)
  return campaign.id
}

async function sendAndCompare(
  client: Client,
  purchases: Purchase[],
  expected: Expected[],
): Promise<string[]> {
  const events = purchases.map(({ id, userId, day, amount }) => ({
    id,
    userId,
    name: 'Charged',
    timestamp: `${day}T12:00:00Z`,
    properties: { Amount: amount },
  }))
  const answer = await ask<EventsAnswer>(client, 'POST', '/v1/events', { events })
  const differences: string[] = []
  if (answer.accepted !== events.length || answer.rejected.length > 0) {
    differences.push(
      `${purchases[0]?.day}: ${answer.accepted} of ${events.length} accepted, rejected ${JSON.stringify(answer.rejected.slice(0, 3))}`,
    )
  }
  const decided = Map.groupBy(answer.decisions, ({ eventId }) => eventId)
  for (const [index, { id, day, userId, amount }] of purchases.entries()) {
    const is = (decided.get(id) ?? []).map(told).join(' and ') || 'not mentioned'
    const should = expected[index] === undefined ? 'nothing' : wanted(expected[index])
    if (is !== should) differences.push(`${day}, ${userId}, amount ${amount}: ${is}, expected: ${should}`)
  }
  return differences
}

function told({ outcome, reason, grant }: Decision): string {
  if (outcome === 'granted') return points(grant?.value, grant?.asked)
  return reason === undefined ? outcome : `${outcome} ${reason}`
}

function wanted(expected: Expected): string {
  if (expected.outcome === 'granted') return points(expected.value, expected.asked)
  return expected.outcome === 'refused' ? `refused ${expected.reason}` : expected.outcome
}

function points(value: number | undefined, asked: number | undefined): string {
  return `granted ${value}${asked === undefined ? '' : ` of ${asked}`}`
}

async function compareStats(client: Client, id: string, naive: Outcome, rules: Rules): Promise<string[]> {
  const { stats } = await ask<CampaignAnswer>(client, 'GET', `/v1/campaigns/${id}`)
  const nonZero = (counts: Record<string, number>) =>
    Object.fromEntries(
      Object.entries(counts)
        .filter(([, count]) => count > 0)
        .sort(),
    )
  const pairs: [string, unknown, unknown][] = [
    ['granted', stats.granted, naive.granted],
    ['value', stats.value, naive.sum],
    ['users', stats.users, naive.users],
    ['refused', nonZero(stats.refused), nonZero(naive.refused)],
    ['remaining.budget', stats.remaining.budget, rules.budget - naive.sum],
  ]
  // Once the budget has refused anyone, every point of it must have been given.
  if (naive.refused['campaign_budget']) pairs.push(['sum granted', stats.value, rules.budget])
  return pairs
    .filter(([, is, should]) => JSON.stringify(is) !== JSON.stringify(should))
    .map(([what, is, should]) => `stats.${what}: ${JSON.stringify(is)}, expected: ${JSON.stringify(should)}`)
}

async function ask<T>({ call }: Client, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await call(method, path, body)
  if (answer.status >= 300)
    throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text.slice(0, 400)}`)
  return answer.json as T
}
