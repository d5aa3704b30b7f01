import type { Env } from '../env.ts'
import { bumpVersion } from '../platform/settings.ts'
import type { Published } from './ledgerHead.ts'
import type { CampaignStatus } from './lifecycle.ts'

/** Copies what the ledger decided into the catalogue, and tells every isolate that what runs live has changed. */
export async function mirrorCampaign(
  env: Env,
  id: string,
  status: CampaignStatus,
  published: Published | undefined,
  nowMs: number,
): Promise<void> {
  const statements = [
    env.DB.prepare('UPDATE campaigns SET status = ?2, updated_ms = ?3 WHERE id = ?1').bind(id, status, nowMs),
    bumpVersion(env),
  ]
  if (published !== undefined) {
    const { facts, definition, revision } = published
    statements.push(
      env.DB.prepare(
        `UPDATE campaigns SET name = ?2, reward_type = ?3, definition = ?4, revision = ?5, starts_ms = ?6, ends_ms = ?7
         WHERE id = ?1`,
      ).bind(
        id,
        definition.name,
        definition.reward.type,
        JSON.stringify(definition),
        revision,
        facts.startsMs,
        facts.endsMs,
      ),
    )
  }
  await env.DB.batch(statements)
}
