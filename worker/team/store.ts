import type { Env } from '../env.ts'
import type { Settings } from '../platform/settings.ts'

/** A key to be written down. The key itself is not part of it. */
export interface NewKey {
  id: string
  name: string
  kind: 'secret' | 'publishable'
  hash: string
  scopes: string[] | null
  createdMs: number
}

/** Writes down a new key. Nothing that isolates remember is made wrong by it. */
export async function createKey(env: Env, key: NewKey): Promise<void> {
  await env.DB.prepare(
    'INSERT INTO keys (id, name, kind, hash, scopes, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)',
  )
    .bind(key.id, key.name, key.kind, key.hash, key.scopes && JSON.stringify(key.scopes), key.createdMs)
    .run()
}

/** Takes a key away; it stops working at once. Answers whether there was one; nothing is written if not. */
export async function deleteKey(env: Env, id: string): Promise<boolean> {
  const [, deleted] = await env.DB.batch([
    env.DB.prepare(
      'UPDATE meta SET keys_version = keys_version + 1 WHERE id = 1 AND EXISTS (SELECT 1 FROM keys WHERE id = ?1)',
    ).bind(id),
    env.DB.prepare('DELETE FROM keys WHERE id = ?1').bind(id),
  ])
  return deleted?.meta.changes === 1
}

/** Changes settings; what is absent stays. Everything that runs live looks at them again. */
export async function changeSettings(env: Env, patch: Partial<Settings>): Promise<void> {
  await env.DB.prepare(
    'UPDATE meta SET settings = json_patch(settings, ?1), version = version + 1 WHERE id = 1',
  )
    .bind(JSON.stringify(patch))
    .run()
}
