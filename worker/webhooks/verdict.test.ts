import { expect, test } from 'vitest'
import { hasFailedTooLong, verdictOn } from './verdict.ts'

test.each([
  [200, null, 'delivered'],
  [201, null, 'delivered'],
  [204, null, 'delivered'],
  [299, null, 'delivered'],
  [410, null, 'gone'],
  [199, null, 'retry'],
  [300, null, 'retry'],
  [301, null, 'retry'],
  [307, null, 'retry'],
  [400, null, 'retry'],
  [401, null, 'retry'],
  [404, null, 'retry'],
  [409, null, 'retry'],
  [411, null, 'retry'],
  [429, null, 'retry'],
  [500, null, 'retry'],
  [503, null, 'retry'],
  [null, 'timeout', 'retry'],
  [null, 'network: the connection was lost', 'retry'],
  [null, 'address_refused: must begin with https://', 'retry'],
  [null, null, 'retry'],
])('the status %j with the error %j is %s', (status, error, verdict) => {
  expect(verdictOn({ status, error })).toBe(verdict)
})

const HOUR_MS = 3_600_000

test.each([
  [null, 1_000 * HOUR_MS, false],
  [0, 0, false],
  [0, 120 * HOUR_MS - 1, false],
  [0, 120 * HOUR_MS, true],
  [7, 120 * HOUR_MS, false],
  [7, 120 * HOUR_MS + 7, true],
  [0, 500 * HOUR_MS, true],
])('failing since %j, at %d, is too long: %s', (sinceMs, nowMs, expected) => {
  expect(hasFailedTooLong(sinceMs, nowMs)).toBe(expected)
})
