import { formatInstant, parseInstant } from '../platform/calendar.ts'
import { newId } from '../platform/ids.ts'
import { type PropertyFault, propertyFault } from './properties.ts'

/** How far ahead of us the clock of an app may be. */
export const FUTURE_TOLERANCE_MS = 5 * 60_000

/** Something a user did, checked. */
export interface UserEvent {
  id: string
  userId: string
  name: string
  atMs: number
  properties: Record<string, unknown>
}

/** Why an event was not taken. */
export interface EventFault {
  code: PropertyFault['code'] | 'timestamp_in_future'
  message: string
}

const known = new Set(['id', 'userId', 'name', 'timestamp', 'properties'])

/**
 * Reads one event as it came. An id is made for one that has none; its time is `nowMs` when it names none.
 * Written by hand, not as a schema, because this runs a thousand times a request.
 */
export function readEvent(raw: unknown, nowMs: number): UserEvent | EventFault {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return wrong('an event must be an object')
  const input = raw as Record<string, unknown>
  for (const field in input) if (!known.has(field)) return wrong(`${field}: is not a known field`)
  const { id, userId, name, timestamp, properties = {} } = input
  if (!isPlainText(userId, 128))
    return wrong('userId: must be a text of 1 to 128 characters, none of control')
  if (id !== undefined && !isPlainText(id, 128)) {
    return wrong('id: must be a text of 1 to 128 characters, none of control')
  }
  if (!isPlainText(name, 256)) return wrong('name: must be a text of 1 to 256 characters, none of control')
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) {
    return wrong('properties: must be an object')
  }
  let atMs = nowMs
  if (timestamp !== undefined) {
    const parsed = typeof timestamp === 'string' ? parseInstant(timestamp) : undefined
    if (parsed === undefined) return wrong('timestamp: must be an RFC 3339 time with an offset')
    if (parsed > nowMs + FUTURE_TOLERANCE_MS) {
      return {
        code: 'timestamp_in_future',
        message: `timestamp: is more than 5 minutes ahead of ${formatInstant(nowMs)}`,
      }
    }
    atMs = parsed
  }
  const fault = propertyFault(properties as Record<string, unknown>)
  if (fault !== undefined) {
    const path = fault.path === '' ? 'properties' : `properties.${fault.path}`
    return { code: fault.code, message: `${path}: ${fault.message}` }
  }
  return {
    id: id ?? newId('evt', nowMs),
    userId,
    name,
    atMs,
    properties: properties as Record<string, unknown>,
  }
}

function isPlainText(value: unknown, maxLength: number): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= maxLength &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
    !/[\u0000-\u001f\u007f-\u009f]/.test(value) &&
    value.isWellFormed()
  )
}

function wrong(message: string): EventFault {
  return { code: 'invalid', message }
}
