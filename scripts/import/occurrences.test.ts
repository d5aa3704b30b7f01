import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Occurrences } from './occurrences.ts'

test('counts each content for itself, also after the table has grown', () => {
  const seen = new Occurrences()
  const hash = (content: number) => createHash('sha256').update(String(content)).digest()
  const counts = new Map<number, number>()
  for (let round = 0; round < 3; round += 1) {
    for (let content = round; content < 70_000; content += 1) {
      counts.set(content, (counts.get(content) ?? 0) + 1)
      if (seen.next(hash(content)) !== counts.get(content)) expect.fail(`content ${content}, round ${round}`)
    }
  }
})
