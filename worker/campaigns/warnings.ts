import type { CampaignDefinition } from './contract.ts'

/** What a marketer should know when publishing, although it does not keep the campaign from running. */
export interface Warning {
  code: string
  message: string
  [detail: string]: unknown
}

/** The warnings of a campaign. @param stock how many there are to give; null where there is no end */
export function warningsOf(definition: CampaignDefinition, stock: number | null): Warning[] {
  const { perUser = {}, perCampaign = {}, budget } = definition.limits ?? {}
  const limits = [...Object.values(perUser), ...Object.values(perCampaign), budget?.campaign, budget?.user]
  const warnings: Warning[] = []
  if (limits.every((limit) => limit === undefined || limit === null) && stock === null) {
    warnings.push({
      code: 'no_limits',
      message: 'Nothing limits this campaign: neither counts nor a budget.',
    })
  }
  const total = perCampaign.total ?? null
  if (stock !== null && total !== null && total > stock) {
    warnings.push({
      code: 'limit_exceeds_stock',
      message: `The campaign may grant ${total} times, but only ${stock} codes are left.`,
      limit: total,
      stock,
    })
  }
  return warnings
}
