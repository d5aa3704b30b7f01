import { createHash } from 'node:crypto'
import { Occurrences } from './occurrences.ts'
import type { Row } from './rows.ts'
import { isZone, timeReader } from './times.ts'
import { UsageError } from './usage-error.ts'
import { excerpt, readValue, type ValueType } from './values.ts'

/** Which columns of a file make an event. */
export interface Mapping {
  user: string
  time: string
  /** The event's name: the same for all rows, or taken from a column. */
  name: { always: string } | { column: string }
  properties: { name: string; column: string; type: ValueType }[]
  /** The column that holds the event's id; without it one is made of the row's content. */
  id?: string
  /** The zone of times without an offset. */
  zone: string
}

export interface ImportedEvent {
  id: string
  userId: string
  name: string
  timestamp: string
  properties: Record<string, number | string | boolean>
}

/** What is wrong with one line. */
export interface Problem {
  line: number
  code: string
  message: string
}

export type Mapped = { event: ImportedEvent } | { problem: Problem }

/** The longest id, of users and events alike, that the service takes. */
const LONGEST_ID = 128

class BadRow extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Prepares the reading of rows under a header. The same row always becomes the same event with the same id, whatever
 * file it stands in; a row that stands there twice becomes two events, since two equal purchases are two purchases.
 * Refuses a column that the header lacks or has twice, and an unknown zone, with a `UsageError`.
 */
export function rowMapper(header: string[], mapping: Mapping): (row: Row) => Mapped {
  if (!isZone(mapping.zone)) throw new UsageError(`Unknown time zone "${mapping.zone}".`)
  const column = (name: string) => columnIndex(header, name)
  const user = column(mapping.user)
  const time = column(mapping.time)
  const id = mapping.id === undefined ? undefined : column(mapping.id)
  const name = 'column' in mapping.name ? column(mapping.name.column) : undefined
  const always = 'always' in mapping.name ? mapping.name.always : ''
  const properties = mapping.properties.map((property) => ({ ...property, at: column(property.column) }))
  const readTime = timeReader(mapping.zone)
  const seen = new Occurrences()

  function toEvent(cells: string[]): ImportedEvent {
    if (cells.length !== header.length) {
      throw new BadRow(
        'wrong_columns',
        `${cells.length} values where the header names ${header.length} columns`,
      )
    }
    if (cells.some((cell) => cell.includes('\ufffd'))) {
      throw new BadRow('not_utf8', 'holds bytes that are not UTF-8')
    }
    const cell = (at: number) => cells[at] ?? ''
    const required = (at: number, what: string) => {
      if (cell(at) === '') throw new BadRow(`${what}_missing`, `column "${header[at]}" is empty`)
      if (cell(at).length > LONGEST_ID)
        throw new BadRow(`${what}_too_long`, `more than ${LONGEST_ID} characters`)
      return cell(at)
    }
    const userId = required(user, 'user')
    const eventName = name === undefined ? always : required(name, 'name')
    const timestamp = readTime(cell(time))
    if (timestamp === undefined) {
      throw new BadRow(
        'time_unreadable',
        `"${excerpt(cell(time))}" in column "${header[time]}" is no known form of time`,
      )
    }
    const values: ImportedEvent['properties'] = {}
    for (const property of properties) {
      // An empty value says nothing: the property is left out rather than sent as an empty text.
      if (cell(property.at) === '') continue
      const reading = readValue(property.type, cell(property.at))
      if ('code' in reading)
        throw new BadRow(reading.code, `${reading.message} (column "${property.column}")`)
      values[property.name] = reading.value
    }
    const eventId =
      id === undefined
        ? contentId([userId, eventName, timestamp, ...labelled(header, cells)], seen)
        : required(id, 'id')
    return { id: eventId, userId, name: eventName, timestamp, properties: values }
  }

  return ({ line, cells }) => {
    try {
      return { event: toEvent(cells) }
    } catch (error) {
      if (!(error instanceof BadRow)) throw error
      return { problem: { line, code: error.code, message: error.message } }
    }
  }
}

function columnIndex(header: string[], name: string): number {
  const at = header.indexOf(name)
  if (at < 0) throw new UsageError(`No column "${name}". The file has: ${header.join(', ')}.`)
  if (header.indexOf(name, at + 1) >= 0) throw new UsageError(`Column "${name}" stands twice in the header.`)
  return at
}

/**
 * All columns count, not only those imported: that way importing one more property later does not double the history.
 * They are sorted by name, so that an export with its columns moved still gives the same ids.
 */
function labelled(header: string[], cells: string[]): string[] {
  return header.map((name, at) => `${name}=${cells[at] ?? ''}`).sort()
}

function contentId(content: string[], seen: Occurrences): string {
  const hash = createHash('sha256').update(JSON.stringify(content)).digest()
  return `row-${hash.toString('hex', 0, 16)}-${seen.next(hash)}`
}
