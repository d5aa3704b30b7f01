import { expect, test } from 'vitest'
import { FUTURE_TOLERANCE_MS, readEvent } from './event.ts'

const NOW = Date.parse('2026-11-30T10:00:00Z')
const event = {
  id: 'e',
  userId: 'u',
  name: 'N',
  timestamp: '2026-11-30T09:00:00+00:00',
  properties: { a: 1 },
}

test('an event is read as it is', () => {
  const atMs = NOW - 3_600_000
  expect(readEvent(event, NOW)).toEqual({ id: 'e', userId: 'u', name: 'N', atMs, properties: { a: 1 } })
})

test('what may be left out is made up', () => {
  const read = readEvent({ userId: 'u', name: 'N' }, NOW)
  expect(read).toMatchObject({ id: expect.stringMatching(/^evt_/), atMs: NOW, properties: {} })
})

test.each([
  ['2026-11-30T10:05:00.000Z', true],
  ['2026-11-30T10:05:00.001Z', false],
  ['2026-11-30T15:35:00+05:30', true],
  ['1950-01-01T00:00:00Z', true],
])('the clock of an app may be 5 minutes ahead: %s is taken: %s', (timestamp, taken) => {
  expect(FUTURE_TOLERANCE_MS).toBe(300_000)
  const read = readEvent({ ...event, timestamp }, NOW)
  if (taken) expect(read).toMatchObject({ atMs: Date.parse(timestamp) })
  else expect(read).toMatchObject({ code: 'timestamp_in_future' })
})

test.each<[unknown, string]>([
  ['text', 'an event'],
  [null, 'an event'],
  [[event], 'an event'],
  [{ ...event, userID: 'u' }, 'userID:'],
  [{ ...event, userId: undefined }, 'userId:'],
  [{ ...event, userId: 7 }, 'userId:'],
  [{ ...event, userId: 'u'.repeat(129) }, 'userId:'],
  [{ ...event, id: '' }, 'id:'],
  [{ ...event, id: null }, 'id:'],
  [{ ...event, id: 'a\nb' }, 'id:'],
  [{ ...event, name: undefined }, 'name:'],
  [{ ...event, name: 'n'.repeat(257) }, 'name:'],
  [{ ...event, name: 'a\u0000' }, 'name:'],
  [{ ...event, name: '\ud800' }, 'name:'],
  [{ ...event, timestamp: '2026-11-30' }, 'timestamp:'],
  [{ ...event, timestamp: '2026-11-30T10:00:00' }, 'timestamp:'],
  [{ ...event, timestamp: null }, 'timestamp:'],
  [{ ...event, properties: [] }, 'properties:'],
  [{ ...event, properties: { a: { b: Number.NaN } } }, 'properties.a.b:'],
])('%j is refused, naming %s', (raw, path) => {
  const read = readEvent(raw, NOW)
  expect(read).toMatchObject({ code: 'invalid', message: expect.stringContaining(path) })
})
