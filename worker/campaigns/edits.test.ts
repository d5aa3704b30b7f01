import { expect, test } from 'vitest'
import type { CampaignDefinition } from './contract.ts'
import { editRefusal } from './edits.ts'
import type { campaignStatuses } from './lifecycle.ts'

const definition: CampaignDefinition = {
  name: 'N',
  qualification: 'live',
  trigger: { event: 'Charged', where: [{ property: 'Amount', op: 'gte', value: 5 }] },
  reward: { type: 'points', walletId: 'wal_1', scheme: { kind: 'flat', value: 10 } },
  limits: { perUser: { total: 5, day: null }, budget: { campaign: 100, policy: 'truncate' } },
  schedule: { start: 'now', end: 'never' },
}

const pathsOf = (status: (typeof campaignStatuses)[number], after: CampaignDefinition) =>
  editRefusal(status, definition, after)?.extras.issues?.map((issue) => issue.path)

const changes: Record<string, [after: CampaignDefinition, refused: string[]]> = {
  nothing: [definition, []],
  'the name': [{ ...definition, name: 'M' }, []],
  'the end': [{ ...definition, schedule: { start: 'now', end: '2030-01-01' } }, []],
  'the start': [{ ...definition, schedule: { start: '2030-01-01', end: 'never' } }, ['schedule.start']],
  'a raised limit': [{ ...definition, limits: { ...definition.limits, perUser: { total: 6 } } }, []],
  'a lowered limit': [
    { ...definition, limits: { ...definition.limits, perUser: { total: 4 } } },
    ['limits.perUser.total'],
  ],
  'a limit on what was unlimited': [
    { ...definition, limits: { ...definition.limits, perUser: { total: 5, day: 1 } } },
    ['limits.perUser.day'],
  ],
  'limits of the campaign where there were none': [
    { ...definition, limits: { ...definition.limits, perCampaign: { total: 9 } } },
    ['limits.perCampaign.total'],
  ],
  'another policy': [
    { ...definition, limits: { ...definition.limits, budget: { campaign: 100, policy: 'reject' } } },
    ['limits.budget.policy'],
  ],
  'no limits at all': [withoutLimits(definition), []],
  'the amount': [
    { ...definition, reward: { type: 'points', walletId: 'wal_1', scheme: { kind: 'flat', value: 11 } } },
    ['reward.scheme.value'],
  ],
  'a condition': [{ ...definition, trigger: { event: 'Charged', where: [] } }, ['trigger.where']],
}

function withoutLimits({ limits: _, ...rest }: CampaignDefinition): CampaignDefinition {
  return rest
}

test.each(Object.entries(changes))('%s, in every status', (name, [after, refused]) => {
  for (const status of ['draft', 'scheduled'] as const) expect(pathsOf(status, after)).toBeUndefined()
  for (const status of ['running', 'paused'] as const) {
    expect(pathsOf(status, after) ?? []).toEqual(refused)
  }
  for (const status of ['completed', 'stopped', 'archived'] as const) {
    if (name === 'nothing') expect(pathsOf(status, after)).toBeUndefined()
    else expect(pathsOf(status, after)).not.toEqual([])
  }
})

test('the refusal names all fields at once', () => {
  const after: CampaignDefinition = {
    ...definition,
    name: 'M',
    limits: { perUser: { total: 1 }, budget: { campaign: 1, policy: 'truncate' } },
  }
  const refusal = editRefusal('running', definition, after)
  expect(refusal?.code).toBe('not_editable')
  expect(refusal?.detail).toContain('limits.perUser.total, limits.budget.campaign')
})
