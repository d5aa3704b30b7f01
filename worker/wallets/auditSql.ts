import { historySql } from './history.ts'

/** SQL: the users of a page, over `?2` up to `?3`; null is the end, and no text is greater than a blob. */
const ofPage = `user_id > ?2 AND user_id <= coalesce(?3, x'')`

const rows = `
  entries AS MATERIALIZED (SELECT * FROM wallet_entries WHERE wallet_id = ?1 AND ${ofPage}),
  lots AS MATERIALIZED (SELECT * FROM wallet_lots WHERE wallet_id = ?1 AND ${ofPage}),
  uses AS MATERIALIZED (
    SELECT entries.user_id, entry_id, lot_id, used.units, kind, coalesce(refund_of, entries.id) AS debit_id
    FROM entries CROSS JOIN wallet_uses AS used ON used.entry_id = entries.id)`

/** What was used of each lot, by entries that are there. */
const usedOfLots = 'SELECT user_id, lot_id AS id, sum(units) AS used FROM uses GROUP BY user_id, lot_id'

/** What each entry used of lots that are there and of the same wallet and user. */
const usedByEntries = `SELECT uses.user_id, entry_id AS id, sum(uses.units) AS used FROM uses
  JOIN lots ON lots.user_id = uses.user_id AND lots.id = uses.lot_id GROUP BY uses.user_id, entry_id`

/** Every lot is what its entry put in, and every entry that puts in has a lot. */
const lotsAndEntries = `
  WITH ${rows}
  SELECT user_id, format('lot %s has %s units, its entry %s', id, coalesce(max(lot), 'no'),
    coalesce(max(made), 'none')) AS message
  FROM (
    SELECT user_id, id, units AS lot, NULL AS made FROM lots
    UNION ALL
    SELECT user_id, id, NULL, units FROM entries WHERE kind = 'credit' OR (kind = 'adjust' AND units > 0))
  GROUP BY user_id, id HAVING max(lot) IS NOT max(made)`

/** What is left in a lot is what it had less what was used of it, and neither less than nothing nor more than all. */
const remains = `
  WITH ${rows}
  SELECT user_id, format('lot %s has %s of %s units left; worked out: %s', id, remaining, units,
    units - coalesce(used, 0)) AS message
  FROM lots LEFT JOIN (${usedOfLots}) USING (user_id, id)
  WHERE remaining <> units - coalesce(used, 0) OR remaining NOT BETWEEN 0 AND units`

/** An entry that takes or gives back did so with lots, to the last unit; one that puts in used none. */
const entriesAndUses = `
  WITH ${rows}, meant AS (
    SELECT *, CASE kind WHEN 'debit' THEN units WHEN 'refund' THEN -units WHEN 'adjust' THEN max(-units, 0) ELSE 0 END
      AS takes FROM entries)
  SELECT user_id, format('%s %s takes %s units; of lots: %s', kind, id, takes, coalesce(used, 0)) AS message
  FROM meant LEFT JOIN (${usedByEntries}) USING (user_id, id)
  WHERE takes <> coalesce(used, 0)`

/** Nothing goes back to a lot that the debit did not take of it. */
const refunds = `
  WITH ${rows}
  SELECT user_id, format('more went back to lot %s than debit %s took', lot_id, debit_id) AS message
  FROM uses WHERE kind IN ('debit', 'refund') GROUP BY user_id, debit_id, lot_id
  HAVING sum(units) < 0 OR max(kind = 'debit') = 0`

/** All that came in less all that went out is what all lots have left. */
const sums = `
  WITH ${rows}
  SELECT user_id, format('the entries add up to %s units, the lots to %s', sum(told), sum(held)) AS message
  FROM (
    SELECT user_id, iif(kind = 'debit', -units, units) AS told, 0 AS held FROM entries
    UNION ALL
    SELECT user_id, 0, remaining FROM lots)
  GROUP BY user_id HAVING sum(told) <> sum(held)`

/**
 * Entries of the same moment came about in an order that nothing tells, so each stored balance has to lie within what
 * the others may have added and taken before it. Alone in its moment, as nearly every entry is, it has to be exact.
 */
const balances = `
  WITH ${historySql('?1', ofPage)}, bounds AS (
    SELECT *, after - own AS before,
      sum(max(change, 0)) FILTER (WHERE entry_id IS NOT NULL) OVER (PARTITION BY user_id, at_ms) AS more,
      sum(min(change, 0)) FILTER (WHERE entry_id IS NOT NULL) OVER (PARTITION BY user_id, at_ms) AS less FROM steps)
  SELECT user_id, format('entry %s tells a balance of %s units; worked out: %s', entries.id, balance,
    before + change) AS message
  FROM entries JOIN bounds USING (user_id, at_ms)
  WHERE entry_id = entries.id AND balance NOT BETWEEN before + less + max(change, 0) AND before + more + min(change, 0)`

/**
 * Several entries of the same moment: in some order each began where another ended, the first at the balance of before
 * and the last at that of after.
 */
const chains = `
  WITH ${historySql('?1', ofPage)}, told AS (
    SELECT user_id, at_ms, balance, change, after - own AS before, after, count(*) OVER (PARTITION BY user_id, at_ms) AS n
    FROM entries JOIN steps USING (user_id, at_ms) WHERE entry_id = entries.id)
  SELECT DISTINCT user_id, format('the balances of the %s entries at %s do not follow from each other', n, at_ms) AS message
  FROM (
    SELECT user_id, at_ms, n, balance AS value, 1 AS sign FROM told WHERE n > 1
    UNION ALL SELECT user_id, at_ms, n, balance - change, -1 FROM told WHERE n > 1
    UNION ALL SELECT DISTINCT user_id, at_ms, n, before, 1 FROM told WHERE n > 1
    UNION ALL SELECT DISTINCT user_id, at_ms, n, after, -1 FROM told WHERE n > 1)
  GROUP BY user_id, at_ms, n, value HAVING sum(sign) <> 0`

/**
 * SQL: everything that has to hold of the wallet `?1` for the users over `?2` up to `?3` (null: to the end). Each
 * answers `user_id` and `message` of what does not, in units of the wallet's smallest part.
 */
export const checks = [lotsAndEntries, remains, entriesAndUses, refunds, sums, balances, chains]

/** SQL: how many users and entries those checks look at. */
export const lookedAt = `
  WITH ${rows}
  SELECT (SELECT count(*) FROM entries) AS entries,
    (SELECT count(*) FROM (SELECT user_id FROM entries UNION SELECT user_id FROM lots)) AS users`

/** SQL: what was used of lots of the wallet `?1` by entries that are not there, `?2` at most. */
export const strayUses = `
  SELECT lots.user_id, format('lot %s was used by an entry %s that is not there', lots.id, entry_id) AS message
  FROM wallet_uses AS used JOIN wallet_lots AS lots ON lots.user_id = used.user_id AND lots.id = used.lot_id
  WHERE lots.wallet_id = ?1
    AND NOT EXISTS (SELECT 1 FROM wallet_entries AS known WHERE known.user_id = used.user_id AND known.id = entry_id)
  ORDER BY lots.user_id LIMIT ?2`
