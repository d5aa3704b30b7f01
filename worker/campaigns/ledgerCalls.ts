import type { Prepared } from '../rewards/kind.ts'
import type { CampaignDefinition } from './contract.ts'
import type { CampaignFacts } from './decide.ts'
import type { CampaignStatus } from './lifecycle.ts'
import type { RunProgress } from './runState.ts'

/** What a ledger has counted. Amounts are units of the purse's smallest part. */
export interface LedgerStats {
  status: CampaignStatus
  granted: number
  units: number
  /** Grants that could not be given after all; they are not among those granted. */
  failed: number
  users: number
  refused: Record<string, number>
  /** How far a run is, once it has begun. */
  run?: RunProgress
  /** What amounts are counted in, and the budget; nothing before it is published. */
  purse: { decimals: number; budget: number | null; prepared: Prepared | null }
}

/** What was written of a batch: its grants by their triggers, and the triggers that were refused. */
export interface Settlement {
  granted: { trigger: string; id: string }[]
  refused: string[]
}

/** A campaign as it is published or edited: what decides, in words and worked out, and what it was made of. */
export interface CampaignVersion {
  facts: CampaignFacts
  definition: CampaignDefinition
  /** The revision after this change. */
  revision: number
  /** The status in which whoever changed it saw it. */
  seen: CampaignStatus
}
