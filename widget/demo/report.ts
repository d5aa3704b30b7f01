import { signal } from '@preact/signals'
import type { BoonTray } from '../element.tsx'
import type { EventsAnswer, TrackedEvent } from '../types.ts'
import { earnedLines } from './earned.ts'

const toastMs = 7_000
const logLength = 8

export interface Toast {
  title: string
  lines: readonly string[]
}

export interface LogEntry {
  id: number
  event: string
  outcomes: readonly string[]
  ms: number
}

export const toast = signal<Toast | undefined>(undefined)
export const log = signal<readonly LogEntry[]>([])

let toastTimer: ReturnType<typeof setTimeout> | undefined
let entries = 0

/** The one tray of the page, defined or not yet. */
export function trayElement(): BoonTray {
  const tray = document.querySelector<BoonTray>('boon-tray')
  if (!tray) throw new Error('The page has no tray.')
  return tray
}

/** Tells Boon what the shopper did and shows what it earned them. */
export async function report(event: TrackedEvent, title: string): Promise<void> {
  await customElements.whenDefined('boon-tray')
  const startMs = performance.now()
  try {
    const answer = await trayElement().track([event])
    note(event.name, outcomesOf(answer), performance.now() - startMs)
    show({ title, lines: earnedLines(answer.decisions) })
  } catch {
    note(event.name, ['not delivered'], performance.now() - startMs)
    show({ title, lines: ['Boon could not be reached, so nothing was earned.'] })
  }
}

/** Empties the list of what happened; another shopper starts with a clean counter. */
export function forgetLog(): void {
  log.value = []
}

function outcomesOf(answer: EventsAnswer): string[] {
  const decided = answer.decisions.map((it) =>
    it.outcome === 'refused' ? `refused: ${it.reason}` : it.outcome,
  )
  const outcomes = [...answer.rejected.map((it) => `rejected: ${it.code}`), ...decided]
  return outcomes.length > 0 ? outcomes : ['no campaign listens']
}

function note(event: string, outcomes: readonly string[], ms: number): void {
  entries += 1
  log.value = [{ id: entries, event, outcomes, ms: Math.round(ms) }, ...log.value].slice(0, logLength)
}

function show(next: Toast): void {
  toast.value = next
  clearTimeout(toastTimer)
  toastTimer = setTimeout(() => {
    toast.value = undefined
  }, toastMs)
}
