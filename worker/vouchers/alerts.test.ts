import { expect, test } from 'vitest'
import { alertsOf } from './alerts.ts'

test.each([
  ['active', 0, null, ['out_of_stock']],
  ['active', 0, 10, ['out_of_stock']],
  ['active', 1, null, []],
  ['active', 1, 0, []],
  ['active', 9, 10, ['low_stock']],
  ['active', 10, 10, []],
  ['paused', 9, 10, ['low_stock']],
  ['paused', 0, 10, ['out_of_stock']],
  ['expired', 0, 10, []],
  ['archived', 0, 10, []],
] as const)('%s with %i left and a threshold of %s: %j', (status, available, lowStock, codes) => {
  const alerts = alertsOf(status, available, lowStock)
  expect(alerts.map(({ code }) => code)).toEqual(codes)
  for (const alert of alerts) expect(alert.available).toBe(available)
})
