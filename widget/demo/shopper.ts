import { signal } from '@preact/signals'
import type { TrackedEvent } from '../types.ts'
import { forgetLog, report, trayElement } from './report.ts'

const memory = 'boon-demo-shopper'
const renewGapMs = 30_000

interface Session {
  key: string
  token: string
  userId: string
}

/** Who shops; unknown until the session has been answered. */
export const shopper = signal<string | undefined>(undefined)

let openedMs = 0

async function openSession(userId: string | null): Promise<Session> {
  openedMs = performance.now()
  const response = await fetch('/demo/session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(userId ? { userId } : {}),
  })
  if (!response.ok) throw new Error(`No demo session: ${response.status}`)
  const session: Session = await response.json()
  const tray = trayElement()
  tray.setAttribute('token', session.token)
  tray.setAttribute('key', session.key)
  return session
}

/** Goes on as the shopper of this tab, or begins as a new one, who then signs up. */
export async function startShopping(fresh: boolean): Promise<void> {
  if (fresh) sessionStorage.removeItem(memory)
  const { userId } = await openSession(sessionStorage.getItem(memory))
  const isNew = sessionStorage.getItem(memory) !== userId
  sessionStorage.setItem(memory, userId)
  shopper.value = userId
  if (fresh) forgetLog()
  // The id makes a second sign-up of the same shopper harmless, whatever happened to this tab's memory.
  const signedUp: TrackedEvent = { id: `signed-up-${userId}`, name: 'Signed Up' }
  if (isNew) await report(signedUp, 'Welcome to the shop.')
}

/** Tokens live for minutes; when the tray is refused, the shop gets it a new one, as any site's server would. */
export function keepSession(): void {
  trayElement().addEventListener('boon:error', (event) => {
    const isEnded = event instanceof CustomEvent && event.detail.status === 401
    if (!isEnded || performance.now() - openedMs < renewGapMs) return
    // The tray shows its own trouble and offers another try; there is nothing to add here.
    openSession(sessionStorage.getItem(memory)).catch(() => undefined)
  })
}
