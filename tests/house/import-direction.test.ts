import { expect, test } from 'vitest'
import { projectFiles } from './files.ts'
import { importFaults } from './imports.ts'

test('no import runs against the order of the rooms', () => {
  expect(importFaults(projectFiles())).toEqual([])
})

/** A file, a line in it, and the fault it must be — or none. */
test.each([
  ['worker/wallets/store.ts', `import { now } from '../platform/clock.ts'`, ''],
  ['worker/wallets/store.ts', `import { entry } from './entry.ts'`, ''],
  ['worker/wallets/store.ts', `import type { Env } from '../env.ts'`, ''],
  ['worker/wallets/store.ts', `import { Hono } from 'hono'`, ''],
  ['worker/wallets/store.ts', `// import { grant } from '../campaigns/ledger.ts'`, ''],
  ['worker/wallets/store.ts', `/* import { grant } from '../campaigns/ledger.ts' */`, ''],
  ['worker/app.ts', `import { routes } from './compat/routes.ts'`, ''],
  ['worker/env.ts', `import type { Intake } from './ingest/intake.ts'`, ''],
  ['scripts/demo.ts', `import { app } from '../worker/app.ts'`, ''],
  ['admin/page.tsx', `import type { Campaign } from '../worker/campaigns/contract.ts'`, ''],
  ['admin/page.tsx', `import { button } from '../widget/button.ts'`, ''],
  [
    'worker/wallets/a.ts',
    `import { x } from '../codes/b.ts'`,
    'worker/wallets/a.ts → worker/codes/b.ts: wallets comes before codes',
  ],
  ['worker/wallets/a.ts', `import type { X } from '../codes/b.ts'`, 'wallets comes before codes'],
  ['worker/wallets/a.ts', `import {\n  x,\n  type Y,\n} from "../codes/b.ts"`, 'wallets comes before codes'],
  ['worker/wallets/a.ts', `import x, * as y from '../codes/b.ts'`, 'wallets comes before codes'],
  ['worker/wallets/a.ts', `import '../codes/b.ts'`, 'wallets comes before codes'],
  ['worker/wallets/a.ts', `const x = await import('../codes/b.ts')`, 'wallets comes before codes'],
  ['worker/wallets/a.ts', `type X = import('../codes/b.ts').X`, 'wallets comes before codes'],
  ['worker/wallets/a.ts', `export { x } from '../codes/b.ts'`, 'wallets comes before codes'],
  ['worker/wallets/a.ts', `export * from '../codes/b.ts'`, 'wallets comes before codes'],
  ['worker/wallets/a.ts', `export type { X } from '../codes/b.ts'`, 'wallets comes before codes'],
  [
    'worker/wallets/a.ts',
    `const glob = 'text/*'\nimport '../codes/b.ts' /* late */`,
    'wallets comes before codes',
  ],
  ['worker/wallets/deep/a.ts', `import { x } from '../../codes/b.ts'`, 'wallets comes before codes'],
  ['worker/wallets/a.test.ts', `import { x } from '../codes/b.ts'`, 'wallets comes before codes'],
  ['worker/wallets/a.ts', `import { x } from '../attic/b.ts'`, 'wallets comes before attic'],
  ['worker/attic/a.ts', `import { x } from '../platform/b.ts'`, 'attic is no room of the list'],
  ['worker/tray/a.ts', `import { env } from '../env.ts'`, 'of env.ts only types are for rooms'],
  ['worker/tray/a.ts', `import { app } from '../app.ts'`, 'a room does not import the root'],
  [
    'worker/tray/a.ts',
    `import { x } from '../../admin/b.ts'`,
    'a room imports nothing from outside the Worker',
  ],
  ['widget/a.ts', `import { schema } from '../worker/tray/contract.ts'`, 'a front end imports types only'],
  ['widget/a.ts', `import { type Tray } from '../worker/tray/contract.ts'`, 'a front end imports types only'],
  [
    'admin/a/b.tsx',
    `import type { X } from '../../worker/tray/store.ts'`,
    "a front end sees a room's contract.ts only",
  ],
])('%s: %s', (path, line, fault) => {
  const faults = importFaults(new Map([[path, `${line}\nexport const a = 1\n`]]))
  expect(faults).toEqual(fault === '' ? [] : [expect.stringContaining(fault)])
})
