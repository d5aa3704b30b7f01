import type { Env } from '../env.ts'
import type { Principal } from '../platform/auth.ts'
import { now } from '../platform/clock.ts'
import { homeOf, userDatabases } from '../platform/databases.ts'
import { Refusal, refuse } from '../platform/problem.ts'
import type { Rejection } from '../users/contract.ts'
import { readEvent, type UserEvent } from '../users/event.ts'
import type { EventsAnswer } from './contract.ts'
import { decideStep } from './decideStep.ts'
import type { EventResult, Intake, NotTakenIn } from './intake.ts'
import type { RecordedEvent } from './recorded.ts'

/** Looks at a caller's key anew, after the catalogue's keys have changed. */
export type Reauthenticate = () => Promise<Principal | Refusal>

/**
 * Takes events in as they came. Bad ones are set aside, the others recorded and decided on in the order given.
 *
 * @param raw the events as parsed from JSON, nothing checked
 */
export async function submitEvents(
  env: Env,
  raw: unknown[],
  principal: Principal,
  again: Reauthenticate,
): Promise<EventsAnswer | Refusal> {
  const nowMs = now()
  const rejected: Rejection[] = []
  const events: UserEvent[] = []
  raw.forEach((one, index) => {
    const event = readEvent(one, nowMs)
    if ('code' in event) rejected.push({ index, ...event })
    else events.push(event)
  })
  let results = await takeIn(env, events, principal.keysVersion)
  if (results === 'stale_key') {
    const fresh = await again()
    if (fresh instanceof Refusal) return fresh
    results = await takeIn(env, events, fresh.keysVersion)
  }
  if (typeof results === 'string') {
    return refuse('unavailable', 'Too much is waiting; nothing of this request was taken.', {
      retryAfterS: 1,
    })
  }
  return {
    accepted: results.filter((result) => !result.duplicate).length,
    duplicates: results.filter((result) => result.duplicate).length,
    rejected,
    decisions: results.flatMap((result) => result.decisions),
  }
}

async function takeIn(
  env: Env,
  events: UserEvent[],
  keysVersion: number,
): Promise<EventResult[] | NotTakenIn> {
  const count = userDatabases(env).length
  const homes = [...Map.groupBy(events, (event) => homeOf(event.userId, count))]
  const [only] = homes
  if (only === undefined) return []
  if (homes.length === 1) return intakeOf(env, only[0]).submit(only[0], { events, keysVersion })
  return takeInTogether(env, events, homes, keysVersion)
}

/**
 * Events with several homes: each home records its own, then all are decided on together, so that the order of the
 * request holds across homes, and each home writes its own again.
 */
async function takeInTogether(
  env: Env,
  events: UserEvent[],
  homes: [number, UserEvent[]][],
  keysVersion: number,
): Promise<EventResult[] | NotTakenIn> {
  const places = new Map(events.map((event, place) => [event, place]))
  const recorded = new Array<RecordedEvent>(events.length)
  const answers = await Promise.all(
    // The types of remote calls cannot express properties, which may be anything.
    homes.map(
      ([home, own]): Promise<RecordedEvent[] | NotTakenIn> =>
        intakeOf(env, home).record(home, { events: own, keysVersion }),
    ),
  )
  const refused = answers.find((answer) => typeof answer === 'string')
  if (refused !== undefined) return refused
  answers.forEach((answer, index) => {
    const own = homes[index]?.[1] ?? []
    if (typeof answer === 'string') return
    answer.forEach((item, at) => {
      const place = places.get(own[at] as UserEvent)
      if (place !== undefined) recorded[place] = item
    })
  })
  const judged = await decideStep(env, recorded)
  const results = new Array<EventResult>(events.length)
  await Promise.all(
    homes.map(async ([home, own]) => {
      const ownPlaces = own.flatMap((event) => places.get(event) ?? [])
      const written = await intakeOf(env, home).fulfil(
        home,
        ownPlaces.flatMap((place) => judged[place] ?? []),
      )
      ownPlaces.forEach((place, at) => {
        const result = written[at]
        if (result !== undefined) results[place] = result
      })
    }),
  )
  return results
}

/** The intake of a user database. */
export function intakeOf(env: Env, home: number): DurableObjectStub<Intake> {
  return env.INTAKE.get(env.INTAKE.idFromName(`users-${home}`))
}
