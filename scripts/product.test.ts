import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Product, startProduct } from './product.ts'

/** A stand-in for the product that, like it, has a child of its own and leaves the ending of it to the group. */
const STAND_IN = `
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { writeFileSync } from 'node:fs'
const [, , , port, , state, ...rest] = process.argv
if (!rest.includes('--no-demo')) throw new Error('no such demo')
const child = spawn('sleep', ['600'])
writeFileSync(state + '/child', String(child.pid))
createServer((request, response) => response.end(JSON.stringify({ key: request.headers.authorization })))
  .listen(Number(port), '127.0.0.1', () => console.log('Boon is ready at http://localhost:' + port))
`
let root: string
// npm alone takes a second to start, more when the machine is busy.
vi.setConfig({ testTimeout: 30_000 })

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'boon-root-'))
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({ type: 'module', scripts: { start: 'node start.js' } }),
  )
  writeFileSync(join(root, 'start.js'), STAND_IN)
})
afterAll(() => rmSync(root, { recursive: true }))

function childLives(product: Product): () => boolean {
  const pid = Number(readFileSync(join(product.state, 'child'), 'utf8'))
  return () => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
}

test('starts, answers, and ends with everything that it started', async () => {
  const product = await startProduct({ root })
  const lives = childLives(product)
  expect(await product.call('GET', '/')).toMatchObject({ status: 200, json: { key: 'Bearer sk_local_boon' } })
  expect((await product.call('GET', '/', undefined, { key: null })).json).toEqual({})
  expect(lives()).toBe(true)
  await product.stop()
  expect(lives()).toBe(false)
  expect(existsSync(product.state)).toBe(false)
})

test('a kill leaves the given state', async () => {
  const state = mkdtempSync(join(tmpdir(), 'boon-state-'))
  try {
    const product = await startProduct({ root, state })
    const lives = childLives(product)
    await product.kill()
    expect(lives()).toBe(false)
    expect(existsSync(join(state, 'child'))).toBe(true)
  } finally {
    rmSync(state, { recursive: true })
  }
})

test('a start that fails tells what was printed', async () => {
  // The stand-in, unlike the product, has no demo.
  await expect(startProduct({ root, demo: true })).rejects.toThrow(/ended with 1[\s\S]*no such demo/)
})
