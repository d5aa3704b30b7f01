import type { CampaignDefinition } from './contract.ts'

/** What a marketer should know when publishing, although it does not keep the campaign from running. */
export interface Warning {
  code: string
  message: string
  [detail: string]: unknown
}

/**
 * The warnings of a campaign.
 *
 * @param stock how many there are to give; null where there is no end
 * @param audience how many users a past or list campaign would reach now; null for a live one
 */
export function warningsOf(
  definition: CampaignDefinition,
  stock: number | null,
  audience: number | null,
): Warning[] {
  const { perUser = {}, perCampaign = {}, budget } = definition.limits ?? {}
  const limits = [...Object.values(perUser), ...Object.values(perCampaign), budget?.campaign, budget?.user]
  const warnings: Warning[] = []
  const unlimited = limits.every((limit) => limit === undefined || limit === null)
  // A run is limited by its audience: each user is granted once.
  if (unlimited && stock === null && audience === null) {
    warnings.push({
      code: 'no_limits',
      message: 'Nothing limits this campaign: neither counts nor a budget.',
    })
  }
  if (audience !== null && stock !== null && audience > stock) {
    warnings.push({
      code: 'audience_exceeds_stock',
      message: `The audience has ${audience} users, but only ${stock} codes are left.`,
      audience,
      stock,
    })
  }
  if (audience === 0) {
    warnings.push({ code: 'audience_empty', message: 'Nobody belongs to the audience at present.' })
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
