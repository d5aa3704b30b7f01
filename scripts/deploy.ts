import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { unstable_readConfig } from 'wrangler'
import { newId, newSecret } from '../worker/platform/ids.ts'
import { ROOT } from './build.ts'
import { type Account, firstKeyStep, missingSecretsOf, type Needs, planDeploy } from './deploy/plan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const USAGE = `npm run deploy [-- --dry-run]

Deploys to the Cloudflare account that wrangler is logged in to (npx wrangler login, or CLOUDFLARE_API_TOKEN):
creates the databases and queues that are missing, applies migrations, uploads the Worker, and makes a first
secret key. It may be run again at any time; what is there stays.

  --dry-run  say what would be done on an empty account, and build without uploading`

const NOTHING: Account = { databases: [], queues: [], secrets: [] }

/** Words of wrangler for a Worker that has never been deployed. */
const NEW_WORKER = /not found\.\s+If this is a new Worker/

type How = 'shown' | 'quiet'

/** Something that the operator can mend; said without a trace of the stack. */
class DeployError extends Error {}

/** Runs wrangler from the project's own packages. Answers its standard output unless that was shown. */
function wrangler(args: string[], how: How): string {
  const program = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    // Wrangler asks nothing where nobody can answer.
    stdio: how === 'shown' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  })
  if (status === 0) return stdout ?? ''
  throw new DeployError(`wrangler ${args.slice(0, 3).join(' ')} failed.\n${stdout ?? ''}${stderr ?? ''}`)
}

interface Configuration {
  d1_databases: { binding: string; database_name?: string }[]
  queues: { producers?: { queue?: string }[]; consumers?: { queue: string; dead_letter_queue?: string }[] }
}

function readNeeds(): Needs {
  const { d1_databases, queues }: Configuration = unstable_readConfig({ config: join(ROOT, 'wrangler.toml') })
  const names = [
    ...(queues.producers ?? []).map(({ queue }) => queue),
    ...(queues.consumers ?? []).flatMap(({ queue, dead_letter_queue }) => [queue, dead_letter_queue]),
  ]
  return {
    databases: d1_databases.map(({ binding, database_name: name }) => {
      if (name === undefined) throw new DeployError(`${binding} needs a database_name in wrangler.toml.`)
      return { binding, name }
    }),
    queues: [...new Set(names.filter((name) => name !== undefined))],
  }
}

function readAccount({ queues }: Needs): Account {
  if (!succeeds(['whoami', '--json']))
    throw new DeployError('Not logged in. Run: npx wrangler login (or set CLOUDFLARE_API_TOKEN).')
  const databases: { name: string }[] = JSON.parse(wrangler(['d1', 'list', '--json'], 'quiet'))
  return {
    databases: databases.map(({ name }) => name),
    queues: queues.filter((name) => succeeds(['queues', 'info', name])),
    secrets: secretNames(),
  }
}

function succeeds(args: string[]): boolean {
  try {
    wrangler(args, 'quiet')
    return true
  } catch {
    return false
  }
}

function secretNames(): string[] {
  try {
    const secrets: { name: string }[] = JSON.parse(wrangler(['secret', 'list', '--format', 'json'], 'quiet'))
    return secrets.map(({ name }) => name)
  } catch (error) {
    if (error instanceof DeployError && NEW_WORKER.test(error.message)) return []
    throw error
  }
}

function main(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: { 'dry-run': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help === true) {
    console.log(USAGE)
    return
  }
  const needs = readNeeds()
  const secretsFile = join(temporaryFolder('secrets'), 'secrets.json')
  const key = `sk_${newSecret(32)}`
  const nowMs = Date.now()
  const hash = createHash('sha256').update(key).digest('hex')
  const keyStep = firstKeyStep({ id: newId('key', nowMs), hash, createdMs: nowMs })

  if (values['dry-run'] === true) {
    const steps = [...planDeploy(needs, NOTHING, 'FILE'), keyStep]
    for (const { says } of steps) console.log(`- ${says}`)
    wrangler(['deploy', '--dry-run'], 'shown')
    return
  }
  const account = readAccount(needs)
  const steps = planDeploy(needs, account, secretsFile)
  const secrets = missingSecretsOf(account).map((name) => [name, newSecret(48)])
  if (secrets.length > 0)
    writeFileSync(secretsFile, JSON.stringify(Object.fromEntries(secrets)), { mode: 0o600 })
  for (const { says, args: call } of steps) {
    console.log(`- ${says}`)
    wrangler(call, call[0] === 'deploy' ? 'shown' : 'quiet')
  }
  console.log(`- ${keyStep.says}`)
  const [made]: { results: unknown[] }[] = JSON.parse(wrangler(keyStep.args, 'quiet'))
  if (made !== undefined && made.results.length > 0) {
    console.log(`\nYour secret key, shown this once and kept nowhere:\n\n  ${key}\n`)
  }
}

// Ending by `exit` takes the file with the secret along; dying of a signal would not.
process.once('SIGINT', () => process.exit(130))

try {
  main(process.argv.slice(2))
} catch (error) {
  const isUsage = error instanceof TypeError && 'code' in error
  if (!(error instanceof DeployError) && !isUsage) throw error
  console.error(isUsage ? `${error.message}\n\n${USAGE}` : error.message)
  process.exitCode = isUsage ? 2 : 1
}
