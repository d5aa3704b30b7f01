import { formatInstant } from '../platform/calendar.ts'
import { jsonParts, ofUsersThere } from '../platform/databases.ts'
import { fromUnits } from '../platform/decimal.ts'
import { ownEventViews } from '../users/ownEvents.ts'
import { eventRecord, type UserRecord } from '../users/timeline.ts'
import { contextsOf } from './context.ts'
import type { Grant } from './contract.ts'
import type { GrantToWrite, RewardedGrant } from './kind.ts'
import { effectsOf } from './kinds.ts'

/** What the timeline shows of a grant, and what erasing a user takes away in this room. */
export const grantRecords: UserRecord[] = [
  { type: 'grant', table: 'grants', shown: 'body' },
  ...ownEventViews.map((table): UserRecord => ({ ...eventRecord, table, isView: true })),
]

const shown = new WeakMap<RewardedGrant, Grant>()

/** A grant as the contract shows it: as it is written, and as it is answered. */
export function presentGrant(grant: RewardedGrant): Grant {
  const before = shown.get(grant)
  if (before !== undefined) return before
  const made = makeShown(grant)
  shown.set(grant, made)
  return made
}

function makeShown(grant: RewardedGrant): Grant {
  return {
    id: grant.id,
    campaignId: grant.campaignId,
    userId: grant.userId,
    eventId: grant.eventId,
    at: formatInstant(grant.atMs),
    reward: grant.reward,
    ...(grant.units === null ? {} : { value: fromUnits(grant.units, grant.decimals) }),
    ...(grant.asked === null || grant.asked === grant.units
      ? {}
      : { asked: fromUnits(grant.asked, grant.decimals) }),
    // What an endpoint has to do is done once it has said so.
    status: 'deliveryId' in grant.reward ? 'granted' : 'fulfilled',
  }
}

/**
 * The statements that turn decided grants of one user database into what users have: the grants themselves, which are
 * events of the user too, and the rows of their rewards. All are keyed by the grants, so that running them again
 * changes nothing.
 */
export async function fulfilStatements(
  db: D1Database,
  grants: GrantToWrite[],
): Promise<D1PreparedStatement[]> {
  if (grants.length === 0) return []
  const contexts = await contextsOf(db, grants)
  const rows = grants.map((grant) => [
    grant.id,
    grant.userId,
    grant.campaignId,
    grant.atMs,
    presentGrant(grant),
    grant.reward.type === 'custom' ? grant.details : undefined,
  ])
  const statements = jsonParts(rows).map((json) => db.prepare(insertGrants).bind(json))
  const byType = Map.groupBy(grants, (grant) => grant.reward.type)
  for (const [type, ofType] of byType) statements.push(...effectsOf(type, db, ofType, contexts))
  return statements
}

const insertGrants = `
  INSERT INTO grants (id, user_id, campaign_id, at_ms, body, details)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4, nullif(value -> 5, 'null')
  FROM json_each(?1) ${ofUsersThere} ON CONFLICT (user_id, id) DO NOTHING`
