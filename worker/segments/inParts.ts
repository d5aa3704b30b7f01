import type { Core } from './core.ts'
import {
  type Aside,
  isTaken,
  prepared,
  type Subject,
  sharedValuesStatement,
  subjectsStatement,
} from './statements.ts'
import type { At } from './windows.ts'

/** How many pairs of a user and a value are looked at in one statement. */
const PAIRS = 2_000

/**
 * Which of some users of one database a rule is true of, each as of an event of theirs: their places in the list. A rule
 * that is too long for one statement, with all the segments it names, is asked part by part.
 */
export async function matching(
  db: D1Database,
  core: Core,
  at: At,
  subjects: readonly Subject[],
  aside: Aside = {},
): Promise<Set<number>> {
  if (subjects.length === 0) return new Set()
  const statement = subjectsStatement(core, at, subjects, aside)
  if (isTaken(statement)) {
    const { results } = await prepared(db, statement).all<{ n: number }>()
    return new Set(results.map((row) => row.n))
  }
  // Values may be long, and a parameter has an end: half of them at a time.
  if (subjects.length > 1 && isTaken(subjectsStatement(core, at, subjects.slice(0, 1), aside))) {
    return matchingHalves(db, core, at, subjects, aside)
  }
  const ask = (part: Core, places: number[]) => matchingAt(db, part, at, subjects, places, aside)
  const everybody = subjects.map((_, place) => place)
  switch (core.kind) {
    case 'all': {
      let left = everybody
      for (const part of core.of) left = [...(await ask(part, left))]
      return new Set(left)
    }
    case 'any': {
      const found = new Set<number>()
      for (const part of core.of) {
        const left = everybody.filter((place) => !found.has(place))
        for (const place of await ask(part, left)) found.add(place)
      }
      return found
    }
    case 'not': {
      const found = await ask(core.of, everybody)
      return new Set(everybody.filter((place) => !found.has(place)))
    }
    case 'same':
      return matchingSame(db, core, at, subjects, aside)
    default:
      throw new Error('A part of a rule is too long to be asked')
  }
}

async function matchingHalves(
  db: D1Database,
  core: Core,
  at: At,
  subjects: readonly Subject[],
  aside: Aside,
): Promise<Set<number>> {
  const middle = Math.ceil(subjects.length / 2)
  const first = await matching(db, core, at, subjects.slice(0, middle), aside)
  const second = await matching(db, core, at, subjects.slice(middle), aside)
  return new Set([...first, ...[...second].map((place) => place + middle)])
}

/** {@link matching} for some of the subjects, by their places among all. */
async function matchingAt(
  db: D1Database,
  core: Core,
  at: At,
  subjects: readonly Subject[],
  places: number[],
  aside: Aside,
): Promise<Set<number>> {
  const some = places.flatMap((place) => subjects[place] ?? [])
  const found = await matching(db, core, at, some, aside)
  return new Set(places.filter((_, index) => found.has(index)))
}

/** For each user and each value that the property has in their events, until one holds. */
async function matchingSame(
  db: D1Database,
  { property, of }: Extract<Core, { kind: 'same' }>,
  at: At,
  subjects: readonly Subject[],
  aside: Aside,
): Promise<Set<number>> {
  const statement = sharedValuesStatement(property, of, at, subjects, aside)
  const { results } = await prepared(db, statement).all<{ n: number; kind: string; value: string | number }>()
  const found = new Set<number>()
  for (let start = 0; start < results.length; start += PAIRS) {
    const page = results.slice(start, start + PAIRS).filter(({ n }) => !found.has(n))
    const pairs = page.flatMap(({ n, kind, value }): Subject[] => {
      const subject = subjects[n]
      return subject === undefined ? [] : [{ ...subject, shared: { kind, value } }]
    })
    const places = await matching(db, of, at, pairs, { ...aside, same: property })
    for (const [place, { n }] of page.entries()) if (places.has(place)) found.add(n)
  }
  return found
}
