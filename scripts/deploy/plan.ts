/** A D1 database as `wrangler.toml` binds it. */
export interface BoundDatabase {
  binding: string
  name: string
}

/** What `wrangler.toml` needs an account to have. */
export interface Needs {
  databases: readonly BoundDatabase[]
  /** The names of all queues, those of dead letters included. */
  queues: readonly string[]
}

/** The secrets of the Worker. Each is made once, and never replaced by a deploy. */
export const WORKER_SECRETS = ['TOKEN_SECRET', 'SEALING_SECRET'] as const

/** What the operator's account has of it already. */
export interface Account {
  databases: readonly string[]
  queues: readonly string[]
  /** The names of the Worker's secrets; none when there is no Worker yet. */
  secrets: readonly string[]
}

/** One call of wrangler. */
export interface Step {
  says: string
  args: string[]
}

/** A secret key as the catalogue keeps it. */
export interface KeyRow {
  id: string
  hash: string
  createdMs: number
}

/**
 * The calls that bring an account from where it is to a running Boon, in order: stores before their tables, tables
 * before the code that reads them, the secret together with the code, so that the first request finds all it needs.
 * Done twice, the second time changes nothing but the code.
 *
 * @param secretsFile where the secrets to upload are written, should any be missing
 */
export function planDeploy({ databases, queues }: Needs, account: Account, secretsFile: string): Step[] {
  const missing = databases.filter(({ name }) => !account.databases.includes(name))
  const missingQueues = queues.filter((name) => !account.queues.includes(name))
  const missingSecrets = missingSecretsOf(account)
  return [
    ...missing.map(({ name }) => ({ says: `Create the database ${name}`, args: ['d1', 'create', name] })),
    ...missingQueues.map((name) => ({ says: `Create the queue ${name}`, args: ['queues', 'create', name] })),
    ...databases.map(({ binding, name }) => ({
      says: `Apply migrations to ${name}`,
      args: ['d1', 'migrations', 'apply', binding, '--remote'],
    })),
    {
      says:
        missingSecrets.length > 0
          ? `Deploy the Worker, with a new ${missingSecrets.join(' and ')}`
          : 'Deploy the Worker',
      args: ['deploy', ...(missingSecrets.length > 0 ? ['--secrets-file', secretsFile] : [])],
    },
  ]
}

/** The secrets that the Worker has to be given. */
export function missingSecretsOf({ secrets }: Account): string[] {
  return WORKER_SECRETS.filter((name) => !secrets.includes(name))
}

/** The call that makes a first secret key where there is none; it answers a row if it made one. */
export function firstKeyStep({ id, hash, createdMs }: KeyRow): Step {
  const sql = `INSERT INTO keys (id, name, kind, hash, created_ms)
    SELECT '${id}', 'First key', 'secret', '${hash}', ${createdMs}
    WHERE NOT EXISTS (SELECT 1 FROM keys WHERE kind = 'secret') RETURNING id`
  return {
    says: 'Make the first secret key, unless there is one',
    args: ['d1', 'execute', 'DB', '--remote', '--json', '--command', sql],
  }
}
