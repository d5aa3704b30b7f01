import { expect, test } from 'vitest'
import { type Batch, inBatches } from './batches.ts'
import type { Mapped, Problem } from './mapping.ts'

async function batchesOf(notes: (string | Problem)[]): Promise<{ batches: Batch[]; problems: Problem[] }> {
  const problems: Problem[] = []
  async function* rows(): AsyncGenerator<{ line: number; mapped: Mapped }> {
    for (const [at, note] of notes.entries()) {
      const event = { id: `e${at}`, userId: 'u', name: 'N', timestamp: '2026-01-01T00:00:00.000Z' }
      yield {
        line: at + 2,
        mapped: typeof note === 'string' ? { event: { ...event, properties: { note } } } : { problem: note },
      }
    }
  }
  const batches: Batch[] = []
  for await (const batch of inBatches(rows(), (problem) => problems.push(problem))) batches.push(batch)
  return { batches, problems }
}

test('a thousand events a request, in order, with their lines', async () => {
  const { batches } = await batchesOf(Array.from({ length: 2_500 }, () => 'x'))
  expect(batches.map(({ lines }) => [lines.length, lines[0], lines.at(-1)])).toEqual([
    [1000, 2, 1001],
    [1000, 1002, 2001],
    [500, 2002, 2501],
  ])
  expect(JSON.parse(batches[2]?.body ?? '').events[499].id).toBe('e2499')
})

test('less than a megabyte a request, counted in bytes', async () => {
  const { batches, problems } = await batchesOf(Array.from({ length: 9 }, () => '€'.repeat(100_000)))
  expect(batches.map(({ lines }) => lines.length)).toEqual([3, 3, 3])
  expect(batches.every(({ body }) => Buffer.byteLength(body) < 1_000_000)).toBe(true)
  expect(problems).toEqual([])
})

test('problems pass by; an event larger than a request is one', async () => {
  const known = { line: 3, code: 'time_unreadable', message: 'm' }
  const { batches, problems } = await batchesOf(['a', known, 'x'.repeat(1_000_000), 'b'])
  expect(batches.map(({ lines }) => lines)).toEqual([[2, 5]])
  expect(problems.map(({ line, code }) => [line, code])).toEqual([
    [3, 'time_unreadable'],
    [4, 'too_large'],
  ])
})
