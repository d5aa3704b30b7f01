import { z } from '@hono/zod-openapi'

/** Long enough for the cursor of an id of 128 characters, each of which may take nine when it is escaped. */
const LONGEST_CURSOR = 4_000

/** The query of every list: `limit` (1–100, default 50) and the `cursor` of the page before. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number<string>().int().min(1).max(100).default(50),
  cursor: z
    .string()
    .max(LONGEST_CURSOR)
    .refine((text) => decodeCursor(text) !== undefined, 'was not made by this list')
    .optional(),
})

/** One page of a list and the cursor of the next, null at the end. */
export interface Page<T> {
  data: T[]
  nextCursor: string | null
}

/** The schema of a page of something. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item), nextCursor: z.string().nullable() })
}

/**
 * Makes a page of rows that were read one more than asked for; the extra row only tells that more follows.
 *
 * @param keyOf what the next page starts after
 */
export function toPage<Row, T>(
  rows: Row[],
  limit: number,
  keyOf: (row: Row) => string,
  present: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    data: shown.map(present),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null,
  }
}

/** Begins every cursor, so that a text which only happens to be base64 is not taken for one. */
const MARK = 'after:'

function encodeCursor(key: string): string {
  return btoa(MARK + encodeURIComponent(key))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** What a cursor says; undefined when it was not made here. */
export function decodeCursor(cursor: string): string | undefined {
  try {
    const text = atob(cursor.replaceAll('-', '+').replaceAll('_', '/'))
    return text.startsWith(MARK) ? decodeURIComponent(text.slice(MARK.length)) : undefined
  } catch {
    return undefined
  }
}
