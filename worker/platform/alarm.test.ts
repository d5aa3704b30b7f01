import { describe, expect, test } from 'vitest'
import type { Env } from '../env.ts'
import { Alarm } from './alarm.ts'

/** An object's one alarm as the runtime keeps it; every change of it is slow, and the first may fail. */
function slow(failFirst = false) {
  let stands: number | null = null
  let writes = 0
  const change = async (to: number | null) => {
    const failing = failFirst && writes === 0
    writes++
    await new Promise((done) => setTimeout(done, 1))
    if (failing) throw new Error('the storage is away')
    stands = to
  }
  const storage = { setAlarm: change, deleteAlarm: () => change(null) }
  const state = { storage } as unknown as DurableObjectState
  const alarm = new Alarm(state, { BOON_MODE: 'production' } as Env, 'campaign:cmp_1')
  return { alarm, stands: () => stands, writes: () => writes }
}

const never = () => null

test('the last wish is the one that stands', async () => {
  const { alarm, stands } = slow()
  await Promise.all([alarm.arm(5_000), alarm.arm(null), alarm.arm(9_000)])
  expect(stands()).toBe(9_000)
})

test('asking for what stands costs nothing, and is true when it is answered', async () => {
  const { alarm, stands, writes } = slow()
  const first = alarm.arm(5_000)
  await alarm.arm(5_000)
  expect(stands()).toBe(5_000)
  await first
  await alarm.arm(5_000)
  expect(writes()).toBe(1)
})

test('what is due later than the runtime can be told of is due as late as it can', async () => {
  const { alarm, stands } = slow()
  await alarm.arm(Date.parse('9999-12-31T00:00:00Z'))
  expect(stands()).toBe(Date.parse('2189-01-01T00:00:00Z'))
})

describe('armBy', () => {
  test('does not rely on an alarm that is being taken away', async () => {
    const { alarm, stands } = slow()
    await alarm.arm(1_000)
    const taking = alarm.arm(null)
    await alarm.armBy(10_000, never)
    await taking
    expect(stands()).toBe(10_000)
  })

  test('is spared while an earlier one stands, and brings a later one forward', async () => {
    const { alarm, stands, writes } = slow()
    await alarm.arm(1_000)
    await alarm.armBy(2_000, never)
    expect([stands(), writes()]).toEqual([1_000, 1])
    await alarm.armBy(500, never)
    expect(stands()).toBe(500)
  })

  test('waits for the earlier one to stand', async () => {
    const { alarm, stands } = slow()
    void alarm.arm(1_000)
    await alarm.armBy(2_000, never)
    expect(stands()).toBe(1_000)
  })

  test('asks what is due when it is not known what stands', async () => {
    const { alarm, stands } = slow()
    await alarm.armBy(2_000, () => 700)
    expect(stands()).toBe(700)
    alarm.fired()
    await alarm.armBy(2_000, () => 1_500)
    expect(stands()).toBe(1_500)
  })
})

test('after a failure nothing is taken for granted', async () => {
  const { alarm, stands } = slow(true)
  await expect(alarm.arm(1_000)).rejects.toThrow('the storage is away')
  await alarm.arm(1_000)
  expect(stands()).toBe(1_000)
})
