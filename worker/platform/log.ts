/** Writes one structured line. Never pass keys, tokens, bodies or personal data. */
export function log(
  level: 'info' | 'warn' | 'error',
  message: string,
  fields: Record<string, unknown> = {},
): void {
  console[level](JSON.stringify({ level, message, ...fields }))
}

/** What an error says for the log: its name and text, never for an answer. */
export function describeError(error: unknown): Record<string, unknown> {
  return error instanceof Error
    ? { error: `${error.name}: ${error.message}`, stack: error.stack }
    : { error: String(error) }
}
