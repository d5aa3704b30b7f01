import { beforeAll, describe, expect, test } from 'vitest'
import { campaign, clock, send, wallet } from './boon.ts'
import { campaignNow, setUpAt } from './records.ts'

// Time only moves forward, so the stories of this file follow each other on the calendar.
beforeAll(() => setUpAt('2026-03-01T00:00:00Z'))

interface Decision {
  outcome: string
  reason?: string
  grant?: { value: number; asked?: number }
}

function inWords(decision: Decision | undefined): string {
  if (decision === undefined) return 'nothing'
  if (decision.grant === undefined) return decision.reason ?? '?'
  const { value, asked } = decision.grant
  return asked === undefined ? `granted ${value}` : `granted ${value} of ${asked}`
}

let stories = 0

/** Plays `at <time>` and `<user> -> <outcome>` lines against a fresh campaign of 10 points, and compares them all. */
async function story(more: object, text: string) {
  const event = `story ${++stories}`
  const purse = await wallet()
  const { id } = await campaign(event, purse.id, { ...more })
  const lines = text.trim().split(/\s*\n\s*/)
  const played: string[] = []
  for (const line of lines) {
    const [subject = '', expected] = line.split(' -> ')
    if (expected === undefined) {
      await clock(subject.replace('at ', ''))
      played.push(line)
    } else {
      const { decisions } = await send([{ userId: subject, name: event }])
      played.push(`${subject} -> ${inWords(decisions[0])}`)
    }
  }
  expect(played).toEqual(lines)
  return (await campaignNow(id)).stats
}

const zoned = (limits: object, timezone: string) => ({
  limits,
  schedule: { start: 'now', end: 'never', timezone },
})

describe('calendar periods are those of the zone of the campaign', () => {
  test('a day per user, over the 23 hours of 29 March in Berlin', async () => {
    await story(
      zoned({ perUser: { day: 1 } }, 'Europe/Berlin'),
      `at 2026-03-28T22:59:59Z
       u1 -> granted 10
       at 2026-03-28T23:00:00Z
       u1 -> granted 10
       at 2026-03-29T21:59:59.999Z
       u1 -> user_limit_day
       u2 -> granted 10
       at 2026-03-29T22:00:00Z
       u1 -> granted 10`,
    )
  })

  test('a week per user begins on Monday, in Kolkata', async () => {
    await story(
      zoned({ perUser: { week: 2 } }, 'Asia/Kolkata'),
      `at 2026-03-30T00:00:00Z
       u1 -> granted 10
       at 2026-04-05T18:29:59Z
       u1 -> granted 10
       u1 -> user_limit_week
       at 2026-04-05T18:30:00Z
       u1 -> granted 10`,
    )
  })

  test('a month per user, in New York', async () => {
    await story(
      zoned({ perUser: { month: 1 } }, 'America/New_York'),
      `at 2026-05-01T03:59:59Z
       u1 -> granted 10
       u1 -> user_limit_month
       at 2026-05-01T04:00:00Z
       u1 -> granted 10
       at 2026-06-01T03:59:59Z
       u1 -> user_limit_month`,
    )
  })

  test('a week per campaign is not seven days', async () => {
    await story(
      zoned({ perCampaign: { week: 1 } }, 'UTC'),
      `at 2026-06-07T23:59:59Z
       u1 -> granted 10
       u2 -> campaign_limit_week
       at 2026-06-08T00:00:00Z
       u2 -> granted 10
       at 2026-06-14T23:59:59Z
       u3 -> campaign_limit_week`,
    )
  })

  test('a month per campaign, in Auckland', async () => {
    await story(
      zoned({ perCampaign: { month: 2 } }, 'Pacific/Auckland'),
      `at 2026-06-30T11:59:59Z
       u1 -> granted 10
       u2 -> granted 10
       u3 -> campaign_limit_month
       at 2026-06-30T12:00:00Z
       u3 -> granted 10`,
    )
  })

  test('a day per campaign, over the 25 hours of 25 October in Berlin', async () => {
    const stats = await story(
      zoned({ perCampaign: { day: 2 } }, 'Europe/Berlin'),
      `at 2026-10-24T22:00:00Z
       u1 -> granted 10
       at 2026-10-25T22:59:59Z
       u1 -> granted 10
       u2 -> campaign_limit_day
       at 2026-10-25T23:00:00Z
       u2 -> granted 10`,
    )
    expect(stats).toMatchObject({ granted: 3, value: 30, users: 2, refused: { campaign_limit_day: 1 } })
  })
})

describe('totals and budgets', () => {
  test('totals never start over, and a user who is refused is not counted as reached', async () => {
    const stats = await story(
      { limits: { perUser: { total: 2 }, perCampaign: { total: 3 } } },
      `u1 -> granted 10
       at 2026-12-01T00:00:00Z
       u1 -> granted 10
       at 2027-02-01T00:00:00Z
       u1 -> user_limit_total
       u2 -> granted 10
       u3 -> campaign_limit_total
       u1 -> user_limit_total`,
    )
    expect(stats).toMatchObject({
      granted: 3,
      users: 2,
      refused: { user_limit_total: 2, campaign_limit_total: 1 },
      remaining: { count: 0, budget: null },
    })
  })

  const flat50 = async (policy: string) => {
    const purse = await wallet()
    const reward = { type: 'points', walletId: purse.id, scheme: { kind: 'flat', value: 50 } }
    return { reward, limits: { budget: { campaign: 130, policy } } }
  }

  test('M8: a budget that rejects is never begun by an award that it cannot cover', async () => {
    const stats = await story(
      await flat50('reject'),
      `u1 -> granted 50
       u1 -> granted 50
       u1 -> campaign_budget
       u2 -> campaign_budget`,
    )
    expect(stats).toMatchObject({ granted: 2, value: 100, remaining: { budget: 30 } })
  })

  test('M8: a budget that truncates gives what is left, says what was asked, and is then used up', async () => {
    const stats = await story(
      await flat50('truncate'),
      `u1 -> granted 50
       u1 -> granted 50
       u2 -> granted 30 of 50
       u2 -> campaign_budget`,
    )
    expect(stats).toMatchObject({ granted: 3, value: 130, remaining: { budget: 0 } })
  })

  test('an award that rounds to nothing is amount_zero, before any limit of the campaign', async () => {
    const purse = await wallet()
    const scheme = { kind: 'percentage', percent: 1, of: 'Amount' }
    const { id } = await campaign('rounds to nothing', purse.id, {
      reward: { type: 'points', walletId: purse.id, scheme },
      limits: { perCampaign: { total: 1 } },
    })
    const properties = { Amount: 40 }
    const { decisions } = await send([{ userId: 'u1', name: 'rounds to nothing', properties }])
    expect(decisions.map(inWords)).toEqual(['amount_zero'])
    const { stats } = await campaignNow(id)
    expect(stats).toMatchObject({ granted: 0, users: 0, refused: { amount_zero: 1 } })
  })

  test('L12: absent and null are unlimited', async () => {
    const limits = { perUser: { total: null }, perCampaign: { day: null } }
    await story({ limits }, 'u1 -> granted 10\nu1 -> granted 10\nu1 -> granted 10')
  })
})

const order = [
  ['user_limit_total', { perUser: { total: 1 } }],
  ['user_limit_day', { perUser: { day: 1 } }],
  ['user_limit_week', { perUser: { week: 1 } }],
  ['user_limit_month', { perUser: { month: 1 } }],
  ['campaign_limit_total', { perCampaign: { total: 1 } }],
  ['campaign_limit_day', { perCampaign: { day: 1 } }],
  ['campaign_limit_week', { perCampaign: { week: 1 } }],
  ['campaign_limit_month', { perCampaign: { month: 1 } }],
  ['campaign_budget', { budget: { campaign: 10 } }],
] as const

test.each(order.map(([reason], index) => [reason, index] as const))(
  'the first check that applies is reported: %s before all that follow',
  async (reason, index) => {
    const limits: Record<string, object> = {}
    for (const [, limit] of order.slice(index)) {
      for (const [group, of] of Object.entries(limit)) limits[group] = { ...limits[group], ...of }
    }
    const stats = await story({ limits }, `u1 -> granted 10\nu1 -> ${reason}\nu1 -> ${reason}`)
    expect(stats.refused).toEqual({ [reason]: 2 })
  },
)
