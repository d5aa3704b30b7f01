import { expect, test } from 'vitest'
import { measure, summarize } from './rounds.ts'

test.each([
  [[3], 3, 0],
  [[1, 3], 2, 1],
  [[9, 1, 5], 5, 1.6],
  [[4, 1, 2, 3], 2.5, 1.2],
])('median and spread of %j', (rates, median, spread) => {
  expect(summarize(rates)).toEqual({ median, spread })
})

test('both sides run in turn, the first pair does not count', async () => {
  const order: string[] = []
  const side = (name: string, rates: number[]) => async () => {
    order.push(name)
    return rates.shift() ?? 0
  }
  const sides = {
    baseline: side('b', [1, 100, 300, 200]),
    measured: side('m', [1, 50, 250, 100]),
    stop: async () => {},
  }
  const row = { row: 9, title: '', unit: 'things', atLeast: 0.4, rounds: 3, prepare: async () => sides }
  expect((await measure(row, sides)).result).toEqual({
    row: 9,
    baseline: 200,
    measured: 100,
    ratio: 0.5,
    atLeast: 0.4,
  })
  expect(order.join('')).toBe('bmmbbmmb')
})
