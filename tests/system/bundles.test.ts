import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { buildStale } from '../../scripts/build.ts'

test('the Worker stays within 700 kB compressed', async () => {
  const script = readFileSync(await buildStale())
  expect(gzipSync(script).length).toBeLessThanOrEqual(700_000)
})
