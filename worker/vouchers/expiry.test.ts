import { expect, test } from 'vitest'
import { readExpiry } from './expiry.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

test.each([
  ['2026-03-31T23:59:59Z', 'UTC', '2026-03-31T23:59:59Z'],
  ['2026-03-31T23:59:59+05:30', 'UTC', '2026-03-31T18:29:59Z'],
  ['2026-03-31', 'UTC', '2026-04-01T00:00:00Z'],
  ['2026-03-31', 'Asia/Kolkata', '2026-03-31T18:30:00Z'],
  // The clocks of Berlin go forward on the 29th.
  ['2026-03-29', 'Europe/Berlin', '2026-03-29T22:00:00Z'],
  ['2026-03-31T18:00', 'Asia/Kolkata', '2026-03-31T12:30:00Z'],
  ['2026-03-01', 'UTC', '2026-03-02T00:00:00Z'],
  ['2026-03-01T12:00:00.001Z', 'UTC', '2026-03-01T12:00:00.001Z'],
])('%s in %s is %s', (text, zone, moment) => {
  expect(readExpiry(text, zone, NOW)).toBe(Date.parse(moment))
})

test.each([
  ['2026-03-01T12:00:00Z', 'must be in the future'],
  ['2026-02-28', 'must be in the future'],
  ['2026-02-30', 'must be a time'],
  ['tomorrow', 'must be a time'],
  ['never', 'must be a time'],
  ['', 'must be a time'],
])('%s is refused: %s', (text, why) => {
  expect(readExpiry(text, 'UTC', NOW)).toEqual({
    path: 'expiresAt',
    message: expect.stringContaining(why),
  })
})
