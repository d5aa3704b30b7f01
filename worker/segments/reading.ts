import { itemPath } from './condition.ts'
import type { SqlValues } from './sqlValues.ts'

/**
 * How SQL reads a property of a document: `type` is what json_type says of it (NULL or 'null' when it is missing),
 * `value` its value, a text being still to be put through upper, and `json` the JSON text of a value that is no object
 * and no list. Documents hold texts folded where upper alone would not do, see `users/folded.ts`.
 */
export interface Reading {
  type: string
  value: string
  json: string
}

/** Names that a JSON path can spell. SQLite knows no escapes in one, and looks for the name as it stands in the text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const SPELLABLE = /^[^"\\\u0000-\u001f]+$/

/** Reads a property by its literal name. */
export function readProperty(name: string, document: string, values: SqlValues): Reading {
  if (SPELLABLE.test(name)) {
    const path = values.one(`$."${name}"`)
    return {
      type: `json_type(${document},${path})`,
      value: `(${document}->>${path})`,
      json: `(${document}->${path})`,
    }
  }
  const of = (column: string) =>
    `(SELECT ${column} FROM json_each(${document}) WHERE key=${values.one(name)})`
  return { type: of('type'), value: of('atom'), json: of('json_quote(atom)') }
}

/**
 * What follows FROM to walk the objects of a list property, and how to read a field of each. Nothing is walked when
 * the property is no list.
 *
 * @param select makes what is selected of a field
 */
export function ofItems(
  path: { list: string; field: string },
  document: string,
  values: SqlValues,
  select: (field: Reading) => { what: string; where: string },
): string {
  const { type } = readProperty(path.list, document, values)
  const list = SPELLABLE.test(path.list)
    ? `json_each(${document},${values.one(`$."${path.list}"`)})`
    : `json_each((SELECT value FROM json_each(${document}) WHERE key=${values.one(path.list)}))`
  const { what, where } = select(readProperty(path.field, 'i.value', values))
  return `SELECT ${what} FROM ${list} i WHERE ${type}='array' AND i.type='object' AND ${where}`
}

/**
 * A table `v` of the values that a property has, each once: numbers, texts and truth values, those of every item for
 * `Items[].sku`. Texts come in upper case. `v.type` and `v.value` tell them apart, see {@link KIND}.
 */
export function valuesOf(property: string, document: string, values: SqlValues): string {
  const single = readProperty(property, document, values)
  const path = itemPath(property)
  const none = `'[]'`
  const items =
    path === undefined
      ? none
      : `(SELECT json_group_array(json(j)) FROM (${ofItems(path, document, values, (field) => ({
          what: `DISTINCT ${jsonOf(field)} AS j`,
          where: `${field.type} IN ('text','integer','real','true','false')`,
        }))}))`
  return `json_each(CASE coalesce(${single.type},'null') WHEN 'null' THEN ${items} WHEN 'array' THEN ${none} WHEN 'object' THEN ${none} ELSE '['||${jsonOf(single)}||']' END) v`
}

/** The kind of a value of {@link valuesOf}: whole and broken numbers are one. */
export const KIND = `CASE v.type WHEN 'integer' THEN 'real' ELSE v.type END`

function jsonOf(reading: Reading): string {
  return `CASE ${reading.type} WHEN 'text' THEN json_quote(upper(${reading.value})) ELSE ${reading.json} END`
}
