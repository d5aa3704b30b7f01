import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Mapping } from './mapping.ts'
import { UsageError } from './usage-error.ts'
import { VALUE_TYPES, type ValueType } from './values.ts'

export interface ImportOptions {
  file: string
  mapping: Mapping
  url: string
  key: string
  /** Where lines that were not taken are written. */
  errors: string
  /** Requests in flight at once. */
  concurrency: number
}

export const USAGE = `Usage: npm run import-events -- FILE --user COLUMN --time COLUMN [options]

Sends every row of a file as an event. FILE is a CSV or a file of columns separated by
blanks, UTF-8, of any size; its first line names the columns.

  --user COLUMN            whose event it is (the app's own user id)
  --time COLUMN            when it was: RFC 3339, "2019-10-01 00:00:00 UTC", 2019-10-01,
                           20191001 (a date alone is noon in --zone), or seconds or
                           milliseconds since 1970
  --name NAME              the events' name                      (default: Charged)
  --name-column COLUMN     or the column that holds it
  --property NAME=COLUMN:TYPE
                           a property; TYPE is number, text or boolean (default: text).
                           May be given many times. An empty value is left out.
  --id COLUMN              the column that identifies the event. Without it, an id is made
                           of the row's content. Either way a second run adds nothing.
  --zone ZONE              of times without an offset            (default: UTC)
  --url URL                the service         (default: http://localhost:8787)
  --key KEY                a secret key        (default: that of local mode)
  --errors FILE            lines not taken     (default: FILE.errors.csv)
  --concurrency N          requests at once    (default: 2)

Example:
  npm run import-events -- purchases.csv --user customer_id --time date \\
    --property Amount=total:number --property "Payment Mode=method"`

/** Reads the command line. Throws a `UsageError` that names the argument which is wrong. */
export function importOptions(args: string[]): ImportOptions | 'help' {
  const { values, positionals } = parsed(args)
  if (values.help) return 'help'
  const [file, ...more] = positionals
  if (file === undefined) throw new UsageError('Which file? None was given.')
  if (more.length > 0) throw new UsageError(`One file at a time; also got: ${more.join(', ')}.`)
  if (values.user === undefined)
    throw new UsageError('--user is missing: the column that says whose event it is.')
  if (values.time === undefined) throw new UsageError('--time is missing: the column that says when it was.')
  if (values.name !== undefined && values['name-column'] !== undefined) {
    throw new UsageError('--name and --name-column exclude each other.')
  }
  const errors = values.errors ?? `${file}.errors.csv`
  if (resolve(errors) === resolve(file)) throw new UsageError('--errors would overwrite the file itself.')
  const mapping: Mapping = {
    user: values.user,
    time: values.time,
    name:
      values['name-column'] === undefined
        ? { always: text(values.name ?? 'Charged', '--name') }
        : { column: values['name-column'] },
    properties: (values.property ?? []).map(property),
    zone: values.zone,
    ...(values.id === undefined ? {} : { id: values.id }),
  }
  const twice = mapping.properties.find(
    ({ name }, at) => mapping.properties.findIndex((other) => other.name === name) !== at,
  )
  if (twice) throw new UsageError(`--property ${twice.name} is given twice.`)
  return {
    file,
    mapping,
    url: url(values.url),
    key: values.key,
    errors,
    concurrency: count(values.concurrency),
  }
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        user: { type: 'string' },
        time: { type: 'string' },
        name: { type: 'string' },
        'name-column': { type: 'string' },
        property: { type: 'string', multiple: true },
        id: { type: 'string' },
        zone: { type: 'string', default: 'UTC' },
        url: { type: 'string', default: 'http://localhost:8787' },
        key: { type: 'string', default: 'sk_local_boon' },
        errors: { type: 'string' },
        concurrency: { type: 'string', default: '2' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** `Name=Column:type`; the name may be left out when it is the column's, the type when it is text. */
function property(argument: string): Mapping['properties'][number] {
  const type = VALUE_TYPES.find((known) => argument.endsWith(`:${known}`)) ?? 'text'
  const rest = argument.endsWith(`:${type}`) ? argument.slice(0, -type.length - 1) : argument
  const at = rest.indexOf('=')
  const name = text(at < 0 ? rest : rest.slice(0, at), '--property')
  return {
    name,
    column: text(at < 0 ? rest : rest.slice(at + 1), '--property'),
    type: type satisfies ValueType,
  }
}

function text(value: string, option: string): string {
  if (value.trim() === '') throw new UsageError(`${option} is empty.`)
  return value.trim()
}

function url(value: string): string {
  if (!/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
    throw new UsageError(`--url ${value} is not an http address.`)
  return value
}

function count(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1 || number > 64)
    throw new UsageError('--concurrency is 1 to 64.')
  return number
}
