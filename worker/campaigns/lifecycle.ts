/** The statuses of a campaign. */
export const campaignStatuses = [
  'draft',
  'scheduled',
  'running',
  'paused',
  'completed',
  'stopped',
  'archived',
] as const

/** The status of a campaign. */
export type CampaignStatus = (typeof campaignStatuses)[number]

/** What a person asks for, and what time does by itself (`start`, `finish`). */
export type CampaignVerb = 'publish' | 'pause' | 'resume' | 'stop' | 'archive' | 'start' | 'finish'

/** Where each verb leads from each status; what is not here is refused. `publish` waits for its start if it has one. */
export const campaignLifecycle: Record<CampaignStatus, Partial<Record<CampaignVerb, CampaignStatus>>> = {
  draft: { publish: 'scheduled', archive: 'archived' },
  scheduled: { start: 'running', finish: 'completed', stop: 'stopped' },
  running: { pause: 'paused', finish: 'completed', stop: 'stopped' },
  paused: { resume: 'running', finish: 'completed', stop: 'stopped' },
  completed: { archive: 'archived' },
  stopped: { archive: 'archived' },
  archived: {},
}
