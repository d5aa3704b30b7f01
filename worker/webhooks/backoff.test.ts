import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { durationMs } from '../platform/calendar.ts'
import { DEFAULT_RETRY_SCHEDULE, LONGEST_RETRY_AFTER_MS, nextAttemptMs } from './backoff.ts'

const nowMs = Date.parse('2026-11-30T10:00:00Z')
const SECOND = 1_000
const HOUR = 3_600_000

/** How long is waited; null when it is not tried again. */
function waitMs(more: Partial<Parameters<typeof nextAttemptMs>[0]> = {}): number | null {
  const at = nextAttemptMs({
    schedule: ['PT30S'],
    failures: 1,
    nowMs,
    retryAfter: null,
    deliveryId: 'dlv_1',
    ...more,
  })
  return at === null ? null : at - nowMs
}

/** Checks that a wait is what was asked for, or up to a tenth more. */
function expectAbout(wait: number | null, askedMs: number): void {
  expect(wait).toBeGreaterThanOrEqual(askedMs)
  expect(wait).toBeLessThanOrEqual(Math.ceil(askedMs * 1.1))
}

describe('the schedule', () => {
  test.each([
    [['PT5S', 'PT5M', 'P2D'], 1, 5 * SECOND],
    [['PT5S', 'PT5M', 'P2D'], 2, 300 * SECOND],
    [['PT5S', 'PT5M', 'P2D'], 3, 48 * HOUR],
    [['PT5S', 'PT5M', 'P2D'], 4, null],
    [['PT5S', 'PT5M', 'P2D'], 99, null],
    [[], 1, null],
    [null, 1, 5 * SECOND],
    [null, 4, 2 * HOUR],
    [null, 7, 10 * HOUR],
    [null, 8, null],
  ])('%j after %d failures: %j ms', (schedule, failures, asked) => {
    const wait = waitMs({ schedule, failures })
    if (asked === null) expect(wait).toBeNull()
    else expectAbout(wait, asked)
  })

  test('by default it takes about a day', () => {
    const total = DEFAULT_RETRY_SCHEDULE.reduce((sum, text) => sum + (durationMs(text) ?? Number.NaN), 0)
    expect(total / HOUR).toBeGreaterThan(24)
    expect(total / HOUR).toBeLessThan(30)
  })
})

describe('Retry-After', () => {
  test('case E6: 429 with 120 while the schedule says 30 s waits 120 s; a day is capped', () => {
    expectAbout(waitMs({ retryAfter: '120' }), 120 * SECOND)
    expect(waitMs({ retryAfter: '86400' })).toBe(LONGEST_RETRY_AFTER_MS)
  })

  test.each([
    ['31', 31 * SECOND],
    ['  45 ', 45 * SECOND],
    ['0045', 45 * SECOND],
    ['3600', HOUR],
    ['Mon, 30 Nov 2026 10:02:00 GMT', 120 * SECOND],
    ['Monday, 30-Nov-26 10:02:00 GMT', 120 * SECOND],
    ['Mon Nov 30 10:02:00 2026', 120 * SECOND],
    ['Tue Dec  1 10:00:00 2026', 24 * HOUR],
    ['Tue, 01 Dec 2026 10:00:00 GMT', 24 * HOUR],
    ['21600', 6 * HOUR],
    ['21601', 6 * HOUR],
    ['9'.repeat(400), 6 * HOUR],
    ['Wed, 01 Jan 9999 00:00:00 GMT', 6 * HOUR],
  ])('%j is followed, up to 6 h', (retryAfter, asked) => {
    const wait = waitMs({ retryAfter })
    expectAbout(wait, Math.min(asked, 6 * HOUR))
    expect(wait).toBeLessThanOrEqual(6 * HOUR)
  })

  test.each([
    '',
    '0',
    '5',
    '-120',
    '+120',
    '1.5e3',
    '120.5',
    '0x78',
    '120s',
    'PT2M',
    'soon',
    'NaN',
    'Infinity',
    '2026-11-30T12:00:00Z',
    'Mon, 30 Nov 2026 09:00:00 GMT',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Mon, 99 Nov 2026 10:02:00 GMT',
    'Mon, 30 Xyz 2026 10:02:00 GMT',
    'Mon, 30 Nov 2026 10:02:00 +0100',
    '120, 240',
  ])('%j changes nothing', (retryAfter) => {
    expect(waitMs({ retryAfter })).toBe(waitMs())
  })

  test('neither shortens a wait of the schedule nor makes one that it has not', () => {
    expect(waitMs({ schedule: ['PT12H'], retryAfter: '120' })).toBe(waitMs({ schedule: ['PT12H'] }))
    expectAbout(waitMs({ schedule: ['PT12H'], retryAfter: '86400' }), 12 * HOUR)
    expect(waitMs({ schedule: [], retryAfter: '120' })).toBeNull()
    expect(waitMs({ failures: 2, retryAfter: '120' })).toBeNull()
  })
})

describe('what is added', () => {
  test('is never negative, a tenth at most, and the same when it is reckoned again', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 7 }), (deliveryId, failures) => {
        const wait = waitMs({ schedule: null, failures, deliveryId })
        expectAbout(wait, durationMs(DEFAULT_RETRY_SCHEDULE[failures - 1] ?? '') ?? Number.NaN)
        expect(waitMs({ schedule: null, failures, deliveryId })).toBe(wait)
      }),
    )
  })

  test('spreads what failed together over the whole tenth', () => {
    const waits = Array.from(
      { length: 1_000 },
      (_, n) => waitMs({ schedule: ['PT100S'], deliveryId: `dlv_${n}` }) ?? 0,
    )
    const tenths = waits.map((wait) => Math.floor((wait - 100_000) / 1_000))
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = tenths.filter((one) => one === tenth).length
      expect(share, `tenth ${tenth}`).toBeGreaterThan(60)
      expect(share, `tenth ${tenth}`).toBeLessThan(140)
    }
  })

  test('differs from attempt to attempt', () => {
    const schedule = Array.from({ length: 5 }, () => 'PT100S')
    expect(new Set([1, 2, 3, 4, 5].map((failures) => waitMs({ schedule, failures }))).size).toBe(5)
  })
})
