import { AssertionError, LiquidError } from 'liquidjs'
import { TemplateFault } from './templateMeter.ts'

const LONGEST_QUOTE = 40

/** What liquidjs says of a template that it cannot read, and how it is said to whoever wrote it. */
const words: [RegExp, (quoted: string) => string][] = [
  [/^undefined filter: (.*)/s, (name) => `there is no filter "${name}"`],
  [/^tag "(end\w+|else|elsif|when)" not found/, (name) => `"${name}" has no tag that it belongs to`],
  [
    /^tag "(include|render|layout|block)" not found/,
    (name) => `"${name}" is not available: a template stands alone`,
  ],
  [/^tag "(.*)" not found/s, (name) => `there is no tag "${name}"`],
  [/^(?:tag|output|raw) "(.*)" not closed/s, (start) => `"${start}" is not closed`],
  [/^tag (.*) not closed/s, (tag) => `"${tag}" has no tag that ends it`],
  [/^illegal tag: (.*)/s, (tag) => `"${tag}" is not understood`],
  [/tag name expected|illegal liquid tag syntax/, () => 'the name of a tag is missing'],
  [/^invalid value expression/, () => 'a value is missing'],
  [/value expected$/, () => 'a value is missing'],
  [
    /^expected "\|" before filter/,
    () => 'what follows the value is not understood; a filter begins with "|"',
  ],
  [/^expected filter name/, () => 'the name of a filter is missing after "|"'],
  [/^expected ":" after filter name/, () => 'a ":" is missing between a filter and its values'],
  [/^unexpected character (.*)/s, (rest) => `${rest} is not understood`],
  [/^expected variable name|^invalid capture name/, () => 'the name of a variable is missing'],
  [/^expected "="/, () => 'a "=" is missing after the name of the variable'],
  [/^unexpected "(.*)"$/s, (rest) => `"${rest}" is not understood here`],
  [/^invalid range syntax/, () => 'a range is written (1..5)'],
  [/^\[ not closed/, () => '"[" is not closed'],
  [/^duplicated else/, () => 'there are two "else"'],
  [/^unexpected elsif after else/, () => '"elsif" stands after "else"'],
  [/^invalid base64/, () => 'holds a text that is not base64'],
  [/^empty candidates/, () => '"cycle" has nothing to choose from'],
  [/^(append|prepend) expect/, (name) => `the filter "${name}" needs a value`],
]

/** Why a template could not be read or rendered, with line and column where they are known. */
export function faultInWords(error: unknown): string {
  const cause = LiquidError.is(error) ? (error.originalError ?? error) : error
  const token = (cause instanceof TemplateFault ? cause.token : undefined) ?? tokenOf(error)
  const message = messageOf(cause)
  if (token === undefined) return message
  const [line, column] = token.getPosition()
  return `line ${line}, column ${column}: ${message}`
}

function tokenOf(error: unknown) {
  return LiquidError.is(error) ? error.token : undefined
}

function messageOf(cause: unknown): string {
  if (cause instanceof TemplateFault) return cause.message
  if (cause instanceof RangeError && cause.message.includes('call stack')) return 'nests its parts too deeply'
  if (cause instanceof URIError) return 'holds a text that is not encoded as an address is'
  if (cause instanceof LiquidError || cause instanceof AssertionError || isPlain(cause)) {
    return reworded(cause.message.replace(/, line:\d+, col:\d+$/, ''))
  }
  return 'cannot be rendered with these values'
}

/** Tags of liquidjs throw plain errors while they are read. */
function isPlain(cause: unknown): cause is Error {
  return cause instanceof Error && cause.constructor === Error
}

function reworded(message: string): string {
  for (const [said, say] of words) {
    const found = said.exec(message)
    if (found !== null) return say(brief(found[1] ?? ''))
  }
  return message
}

function brief(quoted: string): string {
  return quoted.length > LONGEST_QUOTE ? `${quoted.slice(0, LONGEST_QUOTE)}…` : quoted
}
