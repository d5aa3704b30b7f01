import { expect, test } from 'vitest'
import { type VoucherListVerb, voucherListLifecycle, voucherListStatuses } from './lifecycle.ts'

const verbs: VoucherListVerb[] = ['pause', 'resume', 'archive', 'expire', 'extend']

test('every verb from every status', () => {
  const walked = voucherListStatuses.flatMap((status) =>
    verbs.flatMap((verb) => {
      const next = voucherListLifecycle[status][verb]
      return next === undefined ? [] : [`${status} ${verb} ${next}`]
    }),
  )
  expect(walked).toEqual([
    'active pause paused',
    'active archive archived',
    'active expire expired',
    'paused resume active',
    'paused archive archived',
    'paused expire expired',
    'expired archive archived',
    'expired extend active',
  ])
})
