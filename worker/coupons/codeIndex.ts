import { foldCode } from '../codes/normal.ts'
import { fits, type Pattern, space } from '../codes/pattern.ts'
import type { Env } from '../env.ts'

/**
 * Claims codes for a coupon in the catalogue, where a code has one owner. Answers the normal forms that another
 * coupon has. Claiming again what is one's own changes nothing.
 */
export async function claimCodes(env: Env, couponId: string, codes: { key: string }[]): Promise<string[]> {
  if (codes.length === 0) return []
  const keys = JSON.stringify(codes.map((code) => code.key))
  const [inserted] = await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO coupon_codes (key, coupon_id) SELECT value, ?2 FROM json_each(?1) WHERE true
       ON CONFLICT (key) DO NOTHING`,
    ).bind(keys, couponId),
  ])
  if (inserted?.meta.changes === codes.length) return []
  const { results } = await env.DB.prepare(
    `SELECT key FROM coupon_codes WHERE key IN (SELECT value FROM json_each(?1)) AND coupon_id <> ?2`,
  )
    .bind(keys, couponId)
    .all<{ key: string }>()
  return results.map((row) => row.key)
}

/** Which of these normal forms some coupon has. */
export async function takenCodes(env: Env, keys: string[]): Promise<string[]> {
  const { results } = await env.DB.prepare(
    'SELECT key FROM coupon_codes WHERE key IN (SELECT value FROM json_each(?1))',
  )
    .bind(JSON.stringify(keys))
    .all<{ key: string }>()
  return results.map((row) => row.key)
}

const PAGE = 20_000

/**
 * How many codes of a pattern no coupon has yet. Counting stops mattering once `enough` are known to be left, so a
 * large pattern costs one question; only a tight one is looked through.
 */
export async function codesLeft(env: Env, pattern: Pattern, enough: number): Promise<number> {
  const size = space(pattern)
  if (size < enough) return size
  const all = await env.DB.prepare('SELECT count(*) AS n FROM coupon_codes').first<{ n: number }>()
  if (size - (all?.n ?? 0) >= enough) return size - (all?.n ?? 0)
  const prefix = foldCode(pattern.prefix)
  let used = 0
  let after = ''
  for (;;) {
    const { results } = await env.DB.prepare(
      `SELECT key FROM coupon_codes WHERE key > ?1 AND key >= ?2 AND key < ?3 ORDER BY key LIMIT ${PAGE}`,
    )
      .bind(after, prefix, `${prefix}\u{10ffff}`)
      .all<{ key: string }>()
    used += results.filter((row) => fits(pattern, row.key)).length
    const last = results.at(-1)
    if (last === undefined || results.length < PAGE) return size - used
    after = last.key
  }
}
