import { newId } from '../platform/ids.ts'

/** A name that stands for a user who has been erased. */
export function aliasOf(atMs: number): string {
  return `erased-${newId('req', atMs)}`
}
