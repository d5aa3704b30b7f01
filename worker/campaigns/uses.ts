/**
 * SQL: a row `(id, status, kind, named)` for every segment and list that a campaign names in its audience, itself and not
 * through segments, unless the campaign is over. An audience has members of these names nowhere but there.
 */
export const campaignNames = `
  SELECT campaigns.id, campaigns.status, name.atom AS named,
    CASE WHEN name.key IN ('segment', 'segmentId') THEN 'segment' ELSE 'list' END AS kind
  FROM campaigns, json_tree(campaigns.definition, '$.audience') AS name
  WHERE campaigns.status NOT IN ('completed', 'stopped', 'archived')
    AND name.key IN ('segment', 'segmentId', 'list', 'listId') AND name.type = 'text'`

/** SQL: a row `(id, named)` for every item of the catalogue that a campaign gives, unless the campaign is over. */
export const campaignsUsing = `
  SELECT campaigns.id, campaigns.definition ->> '$.reward.itemId' AS named FROM campaigns
  WHERE campaigns.status NOT IN ('completed', 'stopped', 'archived')`

/**
 * SQL: a row `(id, named)` for every voucher list that a campaign gives codes of, while that campaign is published and
 * not over.
 */
export const campaignsGivingVouchers = `
  SELECT campaigns.id, campaigns.definition ->> '$.reward.voucherListId' AS named FROM campaigns
  WHERE campaigns.reward_type = 'voucher' AND campaigns.status IN ('scheduled', 'running', 'paused')`
