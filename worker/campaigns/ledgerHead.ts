import type { CampaignDefinition } from './contract.ts'
import type { CampaignFacts } from './decide.ts'
import type { CampaignStatus } from './lifecycle.ts'

/** What was published: the facts that decide, and the words they were made of, which the catalogue shows. */
export interface Published {
  facts: CampaignFacts
  definition: CampaignDefinition
  /** Moves with every edit. */
  revision: number
}

interface Head {
  campaignId: string
  status: CampaignStatus
  published: Published | undefined
  /** Whether the catalogue knows of all this. */
  mirrored: boolean
}

/** What a ledger is about: one row, and a copy of it in memory, which is only ever a cache. */
export class LedgerHead {
  readonly #sql: SqlStorage
  #head: Head
  #writes = 0

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY, campaign_id TEXT NOT NULL, status TEXT NOT NULL,
      published TEXT, mirrored INTEGER NOT NULL)`)
    this.#head = this.#read()
  }

  get campaignId(): string {
    return this.#head.campaignId
  }

  get status(): CampaignStatus {
    return this.#head.status
  }

  get published(): Published | undefined {
    return this.#head.published
  }

  get facts(): CampaignFacts | undefined {
    return this.#head.published?.facts
  }

  /** How often this head has been written since it was read: tells whether something came in between. */
  get writes(): number {
    return this.#writes
  }

  get mirrored(): boolean {
    return this.#head.mirrored
  }

  /** Changes the status or what was published. The catalogue is yet to hear of it. */
  write(campaignId: string, status: CampaignStatus, published: Published | undefined): void {
    this.#sql.exec(
      `INSERT INTO head (id, campaign_id, status, published, mirrored) VALUES (1, ?1, ?2, ?3, 0)
       ON CONFLICT (id) DO UPDATE SET status = ?2, published = ?3, mirrored = 0`,
      campaignId,
      status,
      published === undefined ? null : JSON.stringify(published),
    )
    this.#head = { campaignId, status, published, mirrored: false }
    this.#writes += 1
  }

  /** The catalogue has heard. */
  markMirrored(): void {
    this.#sql.exec('UPDATE head SET mirrored = 1')
    this.#head.mirrored = true
  }

  #read(): Head {
    const row = this.#sql
      .exec<{ campaign_id: string; status: string; published: string | null; mirrored: number }>(
        'SELECT campaign_id, status, published, mirrored FROM head',
      )
      .toArray()[0]
    if (row === undefined) return { campaignId: '', status: 'draft', published: undefined, mirrored: true }
    return {
      campaignId: row.campaign_id,
      status: row.status as CampaignStatus,
      published: row.published === null ? undefined : (JSON.parse(row.published) as Published),
      mirrored: row.mirrored === 1,
    }
  }
}
