/** How the text of a column becomes the value of a property. */
export const VALUE_TYPES = ['number', 'text', 'boolean'] as const
export type ValueType = (typeof VALUE_TYPES)[number]

export type Reading = { value: number | string | boolean } | { code: string; message: string }

const TRUE = new Set(['true', 'yes', 'y', '1', 't'])
const FALSE = new Set(['false', 'no', 'n', '0', 'f'])

/** One reader a type, so that a type without one does not compile. Each gets a text that is not empty. */
const READERS: { [T in ValueType]: (text: string) => Reading } = {
  text: (text) => ({ value: text }),
  number: (text) => {
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text)) {
      return { code: 'not_a_number', message: `"${excerpt(text)}" is not a number` }
    }
    const value = Number(text)
    // An order number read as a number would lose its last digits without a word.
    if (!Number.isFinite(value) || (/^[+-]?\d+$/.test(text) && !Number.isSafeInteger(value))) {
      return {
        code: 'number_too_large',
        message: `"${excerpt(text)}" is too large; import the column as text`,
      }
    }
    return { value }
  },
  boolean: (text) => {
    const word = text.toLowerCase()
    if (TRUE.has(word)) return { value: true }
    if (FALSE.has(word)) return { value: false }
    return { code: 'not_a_boolean', message: `"${excerpt(text)}" is neither true nor false` }
  },
}

/** Reads a value that is not empty as the given type; numbers are written with a point and without grouping. */
export function readValue(type: ValueType, text: string): Reading {
  return READERS[type](text)
}

/** The beginning of a value from the file, short enough for a message. */
export function excerpt(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}
