import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildWidget } from './build-widget.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boon-widget-'))
  await buildWidget(folder)
})
afterAll(() => rm(folder, { recursive: true }))

it('keeps the whole tray within 14 kB compressed', async () => {
  const script = await readFile(join(folder, 'boon.js'))
  expect(gzipSync(script).length).toBeLessThanOrEqual(14_000)
})

it('builds a demo page that needs nothing inline', async () => {
  const html = await readFile(join(folder, 'demo/index.html'), 'utf8')
  expect(html).not.toMatch(/<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=/)
})
