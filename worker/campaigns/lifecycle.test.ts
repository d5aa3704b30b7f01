import { describe, expect, test } from 'vitest'
import { type CampaignStatus, type CampaignVerb, campaignLifecycle, campaignStatuses } from './lifecycle.ts'

const next = (status: CampaignStatus, verb: CampaignVerb) => campaignLifecycle[status][verb]

/** Every status that can be reached from one, by any verbs. */
function reachable(from: CampaignStatus): Set<CampaignStatus> {
  const reached = new Set<CampaignStatus>()
  const visit = (status: CampaignStatus) => {
    for (const to of Object.values(campaignLifecycle[status])) {
      if (reached.has(to)) continue
      reached.add(to)
      visit(to)
    }
  }
  visit(from)
  return reached
}

test('every status can be reached from a draft, and every one leads to archived', () => {
  expect([...reachable('draft'), 'draft'].sort()).toEqual([...campaignStatuses].sort())
  for (const status of campaignStatuses) {
    if (status !== 'archived') expect(reachable(status)).toContain('archived')
  }
})

test('archived is the end', () => {
  expect(campaignLifecycle.archived).toEqual({})
})

describe('what is over stays over', () => {
  test.each(['completed', 'stopped', 'archived'] as const)('%s never runs again', (status) => {
    const reached = reachable(status)
    for (const alive of ['draft', 'scheduled', 'running', 'paused'] as const)
      expect(reached).not.toContain(alive)
  })
})

test('only a draft is published, and nothing becomes a draft again', () => {
  for (const status of campaignStatuses) {
    expect(next(status, 'publish') !== undefined).toBe(status === 'draft')
    expect(Object.values(campaignLifecycle[status])).not.toContain('draft')
  }
})

test('whatever has been published and is not over ends by itself, and can be stopped', () => {
  for (const status of ['scheduled', 'running', 'paused'] as const) {
    expect(next(status, 'finish')).toBe('completed')
    expect(next(status, 'stop')).toBe('stopped')
  }
  expect(next('draft', 'finish')).toBeUndefined()
  expect(next('draft', 'stop')).toBeUndefined()
})

test('pausing and resuming lead back', () => {
  expect(next('running', 'pause')).toBe('paused')
  expect(next('paused', 'resume')).toBe('running')
  expect(next('scheduled', 'pause')).toBeUndefined()
})
