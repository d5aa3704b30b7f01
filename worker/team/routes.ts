import { scopes as allScopes, type Principal, type Scope, sha256 } from '../platform/auth.ts'
import { formatInstant } from '../platform/calendar.ts'
import { now } from '../platform/clock.ts'
import { type App, operation, reply } from '../platform/http.ts'
import { newId, newSecret } from '../platform/ids.ts'
import { refuse } from '../platform/problem.ts'
import { readMeta, type Settings } from '../platform/settings.ts'
import {
  keyInputSchema,
  keyParams,
  newKeySchema,
  settingsAnswerSchema,
  settingsPatchSchema,
} from './contract.ts'
import { changeSettings, createKey, deleteKey } from './store.ts'

/** The scopes that a new key would have and its maker does not. A publishable key has none. */
function scopesBeyond(maker: Principal, key: { kind: string; scopes?: Scope[] | undefined }): Scope[] {
  const { scopes: own } = maker
  if (own === null || key.kind !== 'secret') return []
  return (key.scopes ?? allScopes).filter((scope) => !own.includes(scope))
}

/** `/v1/keys` and `/v1/settings`. */
export function teamRoutes(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/keys',
      summary: 'Make a key; it is shown this once',
      access: { scope: 'account:write' },
      body: keyInputSchema,
      answers: { 201: newKeySchema },
    },
    async ({ env, body, principal }) => {
      const beyond = scopesBeyond(principal, body)
      if (beyond.length > 0) {
        return refuse('forbidden', `A key cannot give what it lacks itself: ${beyond.join(', ')}.`)
      }
      const nowMs = now()
      const key = `${body.kind === 'secret' ? 'sk' : 'pk'}_${newSecret(32)}`
      const { name, kind } = body
      const row = {
        id: newId('key', nowMs),
        name,
        kind,
        hash: await sha256(key),
        scopes: body.scopes ?? null,
        createdMs: nowMs,
      }
      await createKey(env, row)
      return reply(201, { id: row.id, name, kind, scopes: row.scopes, key, createdAt: formatInstant(nowMs) })
    },
  )

  operation(
    app,
    {
      method: 'delete',
      path: '/v1/keys/{keyId}',
      summary: 'Delete a key; it stops working at once',
      access: { scope: 'account:write' },
      params: keyParams,
      answers: { 204: 'Deleted' },
      refusals: ['not_found'],
    },
    async ({ env, params }) => {
      const deleted = await deleteKey(env, params.keyId)
      return deleted ? reply(204) : refuse('not_found', `There is no key ${params.keyId}.`)
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/settings',
      summary: 'The settings of the account',
      access: { scope: 'account:read' },
      answers: { 200: settingsAnswerSchema },
    },
    async ({ env }) => reply(200, (await readMeta(env)).settings),
  )

  operation(
    app,
    {
      method: 'patch',
      path: '/v1/settings',
      summary: 'Change settings; what is absent stays',
      access: { scope: 'account:write' },
      body: settingsPatchSchema,
      answers: { 200: settingsAnswerSchema },
    },
    async ({ env, body }) => {
      const patch = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
      await changeSettings(env, patch as Partial<Settings>)
      return reply(200, (await readMeta(env)).settings)
    },
  )
}
