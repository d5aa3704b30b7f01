/**
 * The one source of time. Deciding code takes its time from here or as an argument, never from the machine,
 * so that the test clock of local mode moves everything at once.
 *
 * The offset lives in this module because local mode is one process with one isolate: the Worker and every
 * object read the same variable. It is also kept in the `meta` row, so that it survives a restart.
 * In production it is always zero.
 */
let offsetMs = 0
let loaded = false

/** The present moment, in milliseconds since the epoch, as this deployment sees it. */
export function now(): number {
  return Date.now() + offsetMs
}

/** The moment on the machine's own clock at which {@link now} will read `atMs`; what alarms must be set to. */
export function machineTime(atMs: number): number {
  return atMs - offsetMs
}

/** Moves the clock so that it reads `atMs` at this instant; time flows on from there. Local mode only. */
export function setClock(atMs: number): number {
  offsetMs = atMs - Date.now()
  loaded = true
  return offsetMs
}

/** Brings back the offset that an earlier run of local mode left in the `meta` row. Does nothing elsewhere. */
export async function loadClock(env: { BOON_MODE: string; DB: D1Database }): Promise<void> {
  if (loaded || env.BOON_MODE !== 'local') return
  const row = await env.DB.prepare('SELECT clock_offset_ms AS offset FROM meta').first<{ offset: number }>()
  if (loaded) return
  offsetMs = row?.offset ?? 0
  loaded = true
}
