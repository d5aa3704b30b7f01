import { z } from '@hono/zod-openapi'
import { formatInstant } from '../platform/calendar.ts'
import { jsonParts, ofUsersThere } from '../platform/databases.ts'
import type { UserRecord } from '../users/timeline.ts'

/** A code that a user holds, as answered. */
export const holdingSchema = z
  .object({
    holdingId: z.string(),
    type: z.enum(['coupon', 'voucher']),
    couponId: z.string().optional(),
    voucherListId: z.string().optional(),
    code: z.string(),
    grantId: z.string().nullable(),
    campaignId: z.string().nullable(),
    redeemableFrom: z.string(),
    expiresAt: z.string().nullable(),
    at: z.string(),
  })
  .openapi('Holding')

/** A code that a user holds, on the wire. */
export type Holding = z.infer<typeof holdingSchema>

/** What erasing a user takes away in this room. */
export const holdingRecord: UserRecord = { table: 'holdings' }

/** A row of `holdings`. */
export interface HoldingRow {
  id: string
  kind: Holding['type']
  source_id: string
  code: string
  grant_id: string | null
  campaign_id: string | null
  redeemable_ms: number
  expires_ms: number | null
  at_ms: number
}

/** A code that is given to a user: by a grant, or by API. */
export interface GrantedCode {
  holdingId: string
  userId: string
  kind: Holding['type']
  sourceId: string
  code: string
  /** Null for what is given by API. */
  grantId: string | null
  campaignId: string | null
  redeemableMs: number
  expiresMs: number | null
  atMs: number
  /** For a voucher: what its reward event says of its list. */
  details: Record<string, unknown> | null
}

/** The statements that give codes to users, keyed by the holding, so that running them again changes nothing. */
export function holdCodesStatements(db: D1Database, codes: GrantedCode[]): D1PreparedStatement[] {
  const rows = codes.map((row) => [
    row.holdingId,
    row.userId,
    row.kind,
    row.sourceId,
    row.code,
    row.grantId,
    row.campaignId,
    row.redeemableMs,
    row.expiresMs,
    row.atMs,
    row.details,
  ])
  return jsonParts(rows).map((json) => db.prepare(insertHoldings).bind(json))
}

const insertHoldings = `
  INSERT INTO holdings
    (id, user_id, kind, source_id, code, grant_id, campaign_id, redeemable_ms, expires_ms, at_ms, details)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
    value ->> 7, value ->> 8, value ->> 9, value ->> 10
  FROM json_each(?1) ${ofUsersThere} ON CONFLICT (user_id, id) DO NOTHING`

/** The statement that reads what a user holds, newest first. */
export function holdingsStatement(
  db: D1Database,
  userId: string,
  limit: number,
  beforeId: string | undefined,
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT * FROM holdings WHERE user_id = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY at_ms DESC, id DESC LIMIT ?3`,
    )
    .bind(userId, beforeId ?? null, limit)
}

/** A holding row as the contract shows it. */
export function presentHolding(row: HoldingRow): Holding {
  return {
    holdingId: row.id,
    type: row.kind,
    ...(row.kind === 'coupon' ? { couponId: row.source_id } : { voucherListId: row.source_id }),
    code: row.code,
    grantId: row.grant_id,
    campaignId: row.campaign_id,
    redeemableFrom: formatInstant(row.redeemable_ms),
    expiresAt: row.expires_ms === null ? null : formatInstant(row.expires_ms),
    at: formatInstant(row.at_ms),
  }
}
