/**
 * SQL: the active balances of the past, worked out from lots and entries and from nothing that was stored of them.
 * `steps` has a row for every moment and entry at which an active balance of a user may have changed: `user_id`,
 * `at_ms`, `entry_id` (null for what time does by itself: lots that begin or end), the `change`, and of its moment the
 * sum of what entries changed as `own` and the balance after all of it as `after`. What time does comes before the
 * entries of the same moment.
 * @param wallet SQL of the wallet's id
 * @param users SQL: a condition on `user_id`, whose history it is
 */
export function historySql(wallet: string, users: string): string {
  return `
    entries AS MATERIALIZED (SELECT * FROM wallet_entries WHERE wallet_id = ${wallet} AND ${users}),
    lots AS MATERIALIZED (
      SELECT lots.*, entries.at_ms AS made_ms, max(lots.activates_ms, entries.at_ms) AS starts_ms
      FROM (SELECT * FROM wallet_lots WHERE wallet_id = ${wallet} AND ${users}) AS lots
      JOIN entries USING (user_id, id)),
    uses AS MATERIALIZED (
      SELECT entries.user_id, entries.id AS entry_id, entries.at_ms, used.lot_id, used.units, lots.expires_ms
      FROM entries CROSS JOIN wallet_uses AS used ON used.entry_id = entries.id
      CROSS JOIN wallet_lots AS lots ON lots.user_id = entries.user_id AND lots.id = used.lot_id),
    spent AS MATERIALIZED (
      SELECT user_id, lot_id AS id, sum(units) AS units FROM uses WHERE at_ms < expires_ms GROUP BY user_id, lot_id),
    changes AS (
      SELECT user_id, at_ms, id AS entry_id, 0 AS units FROM entries
      UNION ALL
      SELECT user_id, starts_ms, iif(starts_ms = made_ms, id, NULL), units FROM lots
      WHERE expires_ms IS NULL OR expires_ms > starts_ms
      UNION ALL
      SELECT user_id, at_ms, entry_id, -units FROM uses WHERE expires_ms IS NULL OR expires_ms > at_ms
      UNION ALL
      SELECT lots.user_id, expires_ms, NULL, coalesce(spent.units, 0) - lots.units
      FROM lots LEFT JOIN spent USING (user_id, id) WHERE expires_ms > starts_ms),
    sums AS (
      SELECT user_id, at_ms, entry_id, sum(units) AS change FROM changes GROUP BY user_id, at_ms, entry_id),
    steps AS MATERIALIZED (
      SELECT *, sum(iif(entry_id IS NULL, 0, change)) OVER (PARTITION BY user_id, at_ms) AS own,
        sum(change) OVER (PARTITION BY user_id ORDER BY at_ms) AS after FROM sums)`
}
