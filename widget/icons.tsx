/** A wrapped box; decoration only. */
export function Gift() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" class="icon">
      <path d="M4 12v8h16v-8M3 8h18v4H3zM12 8v12M12 8C8 8 6.5 6.5 7 5s4-1.5 5 3c1-4.5 4.5-4.5 5-3s-1 3-5 3" />
    </svg>
  )
}

/** A cloud that lost its line; decoration only. */
export function Trouble() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" class="icon">
      <path d="M7 19a4.5 4.5 0 0 1-.5-9 6 6 0 0 1 11.5 1.5A3.8 3.8 0 0 1 17 19zM12 10v4m0 2v.1" />
    </svg>
  )
}
