/**
 * Lets others have their turn, which a row of steps would keep from them for as long as it lasts: the runtime looks for
 * requests only when nothing of its own is ready.
 */
export function breathe(): Promise<void> {
  return new Promise((done) => setTimeout(done, 0))
}
