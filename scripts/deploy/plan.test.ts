import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { readMigrations } from '../migrations.ts'
import { firstKeyStep, missingSecretsOf, planDeploy } from './plan.ts'

const databases = [
  { binding: 'DB', name: 'boon-catalogue' },
  { binding: 'USERS_0', name: 'boon-users-0' },
  { binding: 'USERS_1', name: 'boon-users-1' },
]
const queues = ['boon-work', 'boon-work-dead']
const names = databases.map(({ name }) => name)
const calls = (account: Parameters<typeof planDeploy>[1]) =>
  planDeploy({ databases, queues }, account, 'secrets.json').map(({ args }) => args.join(' '))

const migrations = [
  'd1 migrations apply DB --remote',
  'd1 migrations apply USERS_0 --remote',
  'd1 migrations apply USERS_1 --remote',
]

test('an empty account gets databases, then tables, then the code with its secret', () => {
  expect(calls({ databases: [], queues: [], secrets: [] })).toEqual([
    'd1 create boon-catalogue',
    'd1 create boon-users-0',
    'd1 create boon-users-1',
    'queues create boon-work',
    'queues create boon-work-dead',
    ...migrations,
    'deploy --secrets-file secrets.json',
  ])
})

test('an account that has it all gets the new migrations and the new code', () => {
  const account = {
    databases: [...names, 'another'],
    queues,
    secrets: ['TOKEN_SECRET', 'SEALING_SECRET', 'ANOTHER'],
  }
  expect(calls(account)).toEqual([...migrations, 'deploy'])
})

test('a database that was bound later is made, and no secret is replaced', () => {
  expect(
    calls({ databases: names.slice(0, 2), queues, secrets: ['SEALING_SECRET', 'TOKEN_SECRET'] }),
  ).toEqual(['d1 create boon-users-1', ...migrations, 'deploy'])
})

test('a deploy that stopped before the code gets the secret with it', () => {
  expect(calls({ databases: names, queues, secrets: [] }).at(-1)).toBe('deploy --secrets-file secrets.json')
})

test('a secret that a new version needs is made, and the others are left as they are', () => {
  const account = { databases: names, queues, secrets: ['TOKEN_SECRET'] }
  expect(calls(account).at(-1)).toBe('deploy --secrets-file secrets.json')
  expect(missingSecretsOf(account)).toEqual(['SEALING_SECRET'])
})

test('the first key is made once, into the tables as they are', () => {
  const db = new DatabaseSync(':memory:')
  for (const { statements } of readMigrations('catalogue')) for (const sql of statements) db.exec(sql)
  const run = (id: string) => {
    const { args } = firstKeyStep({ id, hash: `hash of ${id}`, createdMs: 1 })
    return db.prepare(args.at(-1) ?? '').all()
  }
  db.exec(`INSERT INTO keys (id, name, kind, hash, created_ms) VALUES ('key_p', 'P', 'publishable', 'p', 0)`)
  expect(run('key_1')).toMatchObject([{ id: 'key_1' }])
  expect(run('key_2')).toEqual([])
  expect(db.prepare(`SELECT id, scopes FROM keys WHERE kind = 'secret'`).all()).toMatchObject([
    { id: 'key_1', scopes: null },
  ])
})
