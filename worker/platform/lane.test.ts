import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Lane, LaneOverload } from './lane.ts'

const settings = { maxBatchWeight: 100, maxWaitingWeight: 1_000 }

/** A lane that writes down its batches, and waits for `open` before it answers the first. */
function watched(more: Partial<typeof settings> & { weightOf?: (item: number) => number } = {}) {
  const batches: number[][] = []
  const { promise, resolve: open } = Promise.withResolvers<void>()
  const lane = new Lane<number, string>(
    async (items) => {
      batches.push(items)
      await promise
      return items.map((item) => `done ${item}`)
    },
    { ...settings, ...more },
  )
  return { lane, batches, open }
}

/** Lets everything that waits for nothing but its turn go on. */
const turn = () => new Promise((done) => setTimeout(done, 0))

test('what comes in one turn is one batch, and each gets its own answer', async () => {
  const { lane, batches, open } = watched()
  const answers = [1, 2, 3].map((item) => lane.run(item))
  open()
  expect(await Promise.all(answers)).toEqual(['done 1', 'done 2', 'done 3'])
  expect(batches).toEqual([[1, 2, 3]])
})

test('what comes while a batch is in flight is the next batch, in order', async () => {
  const { lane, batches, open } = watched()
  const answers = [lane.run(1)]
  await turn()
  answers.push(lane.run(2), lane.run(3))
  await turn()
  answers.push(lane.run(4))
  expect(batches).toEqual([[1]])
  open()
  await Promise.all(answers)
  expect(batches).toEqual([[1], [2, 3, 4]])
})

describe('bounds', () => {
  test('a batch takes no more than its weight, and a heavier item goes alone', async () => {
    const { lane, batches, open } = watched({ maxBatchWeight: 5, weightOf: (item) => item })
    const answers = [2, 3, 1, 9, 4, 2].map((item) => lane.run(item))
    open()
    await Promise.all(answers)
    expect(batches).toEqual([[2, 3], [1], [9], [4], [2]])
  })

  test('too much waiting is refused at once, and there is room again afterwards', async () => {
    const { lane, open } = watched({ maxWaitingWeight: 2 })
    const first = lane.run(1)
    await turn()
    const waiting = [lane.run(2), lane.run(3)]
    await expect(lane.run(4)).rejects.toThrow(LaneOverload)
    open()
    expect(await Promise.all([first, ...waiting])).toEqual(['done 1', 'done 2', 'done 3'])
    expect(await lane.run(5)).toBe('done 5')
  })

  test('an item that is heavier than all that may wait is still taken when nothing waits', async () => {
    const { lane, open } = watched({ maxWaitingWeight: 2, weightOf: () => 50 })
    open()
    expect(await lane.run(1)).toBe('done 1')
  })
})

describe('failures', () => {
  const refusing = (bad: number[]) => {
    const tried: number[][] = []
    const lane = new Lane<number, number>((items) => {
      tried.push(items)
      if (items.some((item) => bad.includes(item))) throw new Error(`cannot take ${items}`)
      return items
    }, settings)
    return { lane, tried }
  }

  test('a bad item fails alone; the others are tried one by one, in order', async () => {
    const { lane, tried } = refusing([2])
    const outcomes = await Promise.allSettled([1, 2, 3].map((item) => lane.run(item)))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(tried).toEqual([[1, 2, 3], [1], [2], [3]])
  })

  test('a single item is not tried twice', async () => {
    const { lane, tried } = refusing([1])
    await expect(lane.run(1)).rejects.toThrow('cannot take 1')
    expect(tried).toEqual([[1]])
  })

  test('what comes while a failed batch is tried again waits its turn', async () => {
    const { lane, tried } = refusing([1])
    const first = [lane.run(1), lane.run(2)].map((answer) => answer.catch(() => 0))
    await Promise.resolve()
    const later = lane.run(3)
    expect(await Promise.all([...first, later])).toEqual([0, 2, 3])
    expect(tried.at(-1)).toEqual([3])
  })

  test('too few answers are a failure, not an answer to the wrong item', async () => {
    const lane = new Lane<number, number>((items) => items.slice(1), settings)
    const outcomes = await Promise.allSettled([1, 2].map((item) => lane.run(item)))
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  test('a rejection is a failure like a throw, and the lane goes on', async () => {
    let calls = 0
    const lane = new Lane<number, number>(async (items) => {
      if (++calls === 1) throw new Error('down')
      return items
    }, settings)
    await expect(lane.run(1)).rejects.toThrow('down')
    expect(await lane.run(2)).toBe(2)
  })
})

test('whatever comes when, and whatever fails: order is kept and everybody is answered once', async () => {
  const item = fc.record({ bad: fc.boolean(), pause: fc.boolean(), weight: fc.integer({ min: 1, max: 9 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 30 }), async (items) => {
      const done: number[] = []
      const lane = new Lane<number, number>(
        async (batch) => {
          await Promise.resolve()
          if (batch.some((index) => items[index]?.bad)) throw new Error('bad')
          done.push(...batch)
          return batch
        },
        { maxBatchWeight: 10, maxWaitingWeight: 1_000, weightOf: (index) => items[index]?.weight ?? 1 },
      )
      const answers: Promise<number>[] = []
      for (const [index, { pause }] of items.entries()) {
        answers.push(lane.run(index))
        if (pause) await Promise.resolve()
      }
      const outcomes = await Promise.allSettled(answers)
      expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : 'bad'))).toEqual(
        items.map(({ bad }, index) => (bad ? 'bad' : index)),
      )
      expect(done).toEqual([...items.keys()].filter((index) => !items[index]?.bad))
    }),
    { numRuns: 50 },
  )
})
