import { describe, expect, test } from 'vitest'
import { type Files, projectFiles } from './files.ts'
import { clockFaults, lengthFaults, machineFaults, markFaults, nameFaults } from './tidy.ts'

/** Whether a rule objects to one file with this content. */
function objects(rule: (files: Files) => string[], path: string, text: string): boolean {
  return rule(new Map([[path, text]])).length > 0
}

describe('the project', () => {
  const files = projectFiles()

  test('is found', () => {
    expect(files.has('package-lock.json')).toBe(true)
    expect(files.has('worker/platform/calendar.ts')).toBe(true)
  })

  test.each([
    ['names every file after what is in it', nameFaults],
    ['has no file of the Worker longer than one idea', lengthFaults],
    ['has no notes left to oneself', markFaults],
    ['has no trace of the machine it was made on', machineFaults],
    ['reads clock and chance in one place only', clockFaults],
  ])('%s', (_, rule) => {
    expect(rule(files)).toEqual([])
  })
})

test.each([
  ['worker/platform/utils.ts', '', true],
  ['scripts/helper.mjs', '', true],
  ['admin/utils/money.ts', '', true],
  ['widget/index.ts', `export { a } from './a.ts'`, true],
  ['worker/users/index.ts', `export * from './a.ts'`, true],
  ['worker/index.ts', `export { Intake } from './ingest/intake.ts'`, false],
  ['widget/index.ts', `import { a } from './a.ts'\nexport { a }`, false],
  ['worker/platform/helping.ts', '', false],
  ['docs/helpers.md', '', false],
])('the name of %s with %j: %s', (path, text, expected) => {
  expect(objects(nameFaults, path, text)).toBe(expected)
})

test.each([
  ['worker/a.ts', 300, false],
  ['worker/a.ts', 301, true],
  ['tests/a.ts', 301, false],
])('the length of %s with %d lines: %s', (path, lines, expected) => {
  expect(objects(lengthFaults, path, 'x\n'.repeat(lines))).toBe(expected)
})

const todo = ['TO', 'DO'].join('')

test.each([
  ['worker/a.ts', `// ${todo}: later`, true],
  ['docs/a.md', `${'X'.repeat(3)} fill in`, true],
  ['worker/a.ts', `const mas${todo} = 1`, false],
  ['package-lock.json', `"integrity": "sha512-/${todo}/"`, false],
])('notes in %s, %j: %s', (path, text, expected) => {
  expect(objects(markFaults, path, text)).toBe(expected)
})

const work = ['', 'work', 'main'].join('/')
const host = ['registry', 'npmjs', 'org'].join('.')

test.each([
  ['docs/a.md', `see ${work}/a`, true],
  ['a.json', `"path":"${work}"`, true],
  ['a.sh', `${['', 'root', '.npm'].join('/')}`, true],
  ['package-lock.json', `"a": "https://${host}/a.tgz"`, true],
  ['package-lock.json', `"${'resolved'}": "${'http'}://localhost:4873/a.tgz"`, true],
  ['a.ts', `fetch('https://example.com/${'work'}/a')`, false],
  ['a.ts', `import '../${'root'}/a.ts'`, false],
])('traces of a machine in %s, %j: %s', (path, text, expected) => {
  expect(objects(machineFaults, path, text)).toBe(expected)
})

test.each([
  ['worker/users/store.ts', 'const at = Date.now()', true],
  ['worker/users/store.ts', 'const at = new Date()', true],
  ['worker/users/store.ts', 'const at = new Date', true],
  ['worker/users/store.ts', 'const at = Date()', true],
  ['worker/users/store.ts', 'const clock = Date.now', true],
  ['worker/users/store.ts', 'const at = Temporal.Now.instant()', true],
  ['worker/users/store.ts', 'const luck = Math.random()', true],
  ['worker/users/store.test.ts', 'const luck = Math.random()', true],
  ['worker/users/store.ts', 'const at = new Date(ms).toISOString()', false],
  ['worker/users/store.ts', '/** never Date.now() */', false],
  ['worker/users/store.ts', 'new DateRange()', false],
  ['worker/platform/clock.ts', 'const at = Date.now()', false],
  ['scripts/demo.ts', 'const at = Date.now()', false],
])('clock and chance in %s, %j: %s', (path, text, expected) => {
  expect(objects(clockFaults, path, text)).toBe(expected)
})
