/** The prefixes of every kind of id that Boon makes. */
export type IdPrefix =
  | 'cmp'
  | 'cpn'
  | 'grt'
  | 'hld'
  | 'red'
  | 'wal'
  | 'ent'
  | 'lst'
  | 'seg'
  | 'prt'
  | 'vls'
  | 'ept'
  | 'dlv'
  | 'itm'
  | 'key'
  | 'mem'
  | 'job'
  | 'evt'
  | 'req'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

const RANDOM_CHARACTERS = 16
/** Random bytes for many ids, because asking for a few at a time costs more than making them. */
const pool = new Uint8Array(4_096)
let used = pool.length

/**
 * A new id such as `cmp_06fq3t8w0c5h2m9x7k4d1b8z3v`: ten characters of time, then 80 random bits, in Crockford's
 * base 32, so that ids sort by the moment they were made.
 *
 * @param atMs milliseconds since the epoch
 */
export function newId(prefix: IdPrefix, atMs: number): string {
  let time = ''
  for (let rest = atMs, place = 0; place < 10; place++) {
    time = alphabet[rest % 32] + time
    rest = Math.floor(rest / 32)
  }
  if (used + RANDOM_CHARACTERS > pool.length) {
    crypto.getRandomValues(pool)
    used = 0
  }
  let tail = ''
  for (const end = used + RANDOM_CHARACTERS; used < end; used++) tail += alphabet[(pool[used] as number) & 31]
  return `${prefix}_${time}${tail}`
}

/**
 * The id of a thing that belongs to exactly one other thing, such as the wallet entry of a grant. It is derived,
 * not drawn, so that making the thing twice makes it once.
 */
export function derivedId(prefix: IdPrefix, ownerId: string): string {
  return prefix + ownerId.slice(ownerId.indexOf('_'))
}

/** So many random bytes, in base64. */
export function randomBase64(bytes: number): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes))))
}

/** A long unguessable secret of `bytes` random bytes, base64url. */
export function newSecret(bytes: number): string {
  return randomBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
