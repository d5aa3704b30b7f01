import type { Env } from '../env.ts'
import { bumpVersion } from '../platform/settings.ts'
import type { CampaignFacts } from './decide.ts'
import type { CampaignStatus } from './lifecycle.ts'

/** Copies what the ledger decided into the catalogue, and tells every isolate that what runs live has changed. */
export async function mirrorCampaign(
  env: Env,
  id: string,
  status: CampaignStatus,
  facts: CampaignFacts | undefined,
  nowMs: number,
): Promise<void> {
  await env.DB.batch([
    env.DB.prepare(
      'UPDATE campaigns SET status = ?2, starts_ms = ?3, ends_ms = ?4, updated_ms = ?5 WHERE id = ?1',
    ).bind(id, status, facts?.startsMs ?? null, facts?.endsMs ?? null, nowMs),
    bumpVersion(env),
  ])
}
