import type { CampaignFacts } from './decide.ts'
import type { CampaignStatus } from './lifecycle.ts'

interface Head {
  campaignId: string
  status: CampaignStatus
  facts: CampaignFacts | undefined
  /** Whether the catalogue knows of the status. */
  mirrored: boolean
}

/** What a ledger is about: one row, and a copy of it in memory, which is only ever a cache. */
export class LedgerHead {
  readonly #sql: SqlStorage
  #head: Head

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY, campaign_id TEXT NOT NULL, status TEXT NOT NULL,
      facts TEXT, mirrored INTEGER NOT NULL)`)
    this.#head = this.#read()
  }

  get campaignId(): string {
    return this.#head.campaignId
  }

  get status(): CampaignStatus {
    return this.#head.status
  }

  get facts(): CampaignFacts | undefined {
    return this.#head.facts
  }

  get mirrored(): boolean {
    return this.#head.mirrored
  }

  /** Changes the status or the facts. The catalogue is yet to hear of it. */
  write(campaignId: string, status: CampaignStatus, facts: CampaignFacts | undefined): void {
    this.#sql.exec(
      `INSERT INTO head (id, campaign_id, status, facts, mirrored) VALUES (1, ?1, ?2, ?3, 0)
       ON CONFLICT (id) DO UPDATE SET status = ?2, facts = ?3, mirrored = 0`,
      campaignId,
      status,
      facts === undefined ? null : JSON.stringify(facts),
    )
    this.#head = { campaignId, status, facts, mirrored: false }
  }

  /** The catalogue has heard. */
  markMirrored(): void {
    this.#sql.exec('UPDATE head SET mirrored = 1')
    this.#head.mirrored = true
  }

  #read(): Head {
    const row = this.#sql
      .exec<{ campaign_id: string; status: string; facts: string | null; mirrored: number }>(
        'SELECT campaign_id, status, facts, mirrored FROM head',
      )
      .toArray()[0]
    if (row === undefined) return { campaignId: '', status: 'draft', facts: undefined, mirrored: true }
    return {
      campaignId: row.campaign_id,
      status: row.status as CampaignStatus,
      facts: row.facts === null ? undefined : (JSON.parse(row.facts) as CampaignFacts),
      mirrored: row.mirrored === 1,
    }
  }
}
