/**
 * SQL: whether a lot counts at a moment: from its activation until just before its expiry.
 * @param momentMs SQL of the moment
 * @param lots the name of the table of lots in the query
 */
export function activeAt(momentMs: string, lots = 'wallet_lots'): string {
  return `${lots}.activates_ms <= ${momentMs} AND (${lots}.expires_ms IS NULL OR ${lots}.expires_ms > ${momentMs})`
}

/**
 * SQL: the time of the latest entry of a user; 0 when there is none. No entry is written down with an earlier time than
 * those before it, although requests overtake each other and a grant may be fulfilled late: so the order of times is the
 * order in which balances came about. An id begins with the time at which it was made and an entry is never older than
 * its id, so the latest entry is the one with the last id.
 * @param userId SQL of the user's id
 */
export function latestMs(userId: string): string {
  return `coalesce((SELECT at_ms FROM wallet_entries WHERE user_id = ${userId} ORDER BY id DESC LIMIT 1), 0)`
}
