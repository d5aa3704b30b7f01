const intervalMs = 60_000
const focusGapMs = 5_000
const slowestMs = 16 * intervalMs

/** Tells a tray when to read; `seen` once it has been on the screen, `stop` leaves no listener or timer behind. */
export interface Watch {
  readonly seen: boolean
  /** To be called after each read: a failing API is asked less and less often. */
  settled(ok: boolean): void
  stop(): void
}

/**
 * Calls `due` when the host first comes near the screen, when the reader comes back to the page, and about once a
 * minute while it can be seen. A tray that nobody looks at asks for nothing.
 */
export function watch(host: HTMLElement, due: () => void): Watch {
  const listening = new AbortController()
  let inView = false
  let seen = false
  let lastMs = Number.NEGATIVE_INFINITY
  let waitMs = intervalMs
  let timer: ReturnType<typeof setTimeout> | undefined

  const read = () => {
    lastMs = performance.now()
    due()
  }
  const readIfOlderThan = (ageMs: number) => {
    clearTimeout(timer)
    if (!inView || document.visibilityState !== 'visible') return
    if (performance.now() - lastMs >= ageMs) read()
    timer = setTimeout(() => readIfOlderThan(0), waitMs)
  }
  const back = () => readIfOlderThan(focusGapMs)

  const observer = new IntersectionObserver(
    (entries) => {
      inView = entries.at(-1)?.isIntersecting ?? false
      seen ||= inView
      readIfOlderThan(waitMs)
    },
    { rootMargin: '200px' },
  )
  observer.observe(host)
  addEventListener('focus', back, { signal: listening.signal })
  document.addEventListener('visibilitychange', back, { signal: listening.signal })

  return {
    get seen() {
      return seen
    },
    settled(ok) {
      lastMs = performance.now()
      waitMs = ok ? intervalMs : Math.min(waitMs * 2, slowestMs)
    },
    stop() {
      clearTimeout(timer)
      observer.disconnect()
      listening.abort()
    },
  }
}
