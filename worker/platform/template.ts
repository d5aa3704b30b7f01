import type { z } from '@hono/zod-openapi'
import type { Template } from 'liquidjs'
import { proseSchema } from './contract.ts'
import { parseTemplate, renderParsed } from './templateEngine.ts'
import { faultInWords } from './templateWords.ts'

/** As long as a rendered text may be, in characters. */
const LONGEST_TEXT = 20_000
/** So many characters of templates are kept read; a campaign renders the same few again and again. */
const KEPT_CHARACTERS = 100_000
/** The time while a template is saved: any will do, for dates to be written out. */
const SAMPLE_TIME = '2026-01-01T00:00:00.000Z'
/** Most values hold no Liquid at all. */
const HOLDS_LIQUID = /\{[{%]/

/**
 * A text that may hold Liquid, checked when it is saved: refused when it cannot be read, and when it does too much even
 * without any data, such as a loop that does not end. The message says where and what.
 *
 * @param maxLength in characters, before rendering
 */
export const templateSchema = (maxLength: number): z.ZodString =>
  proseSchema(maxLength).superRefine((template, context) => {
    const fault = template.length > maxLength ? undefined : templateFault(template)
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
  })

function templateFault(template: string): string | undefined {
  const rendered = renderTemplate(template, { now: SAMPLE_TIME })
  return 'fault' in rendered ? rendered.fault : undefined
}

/**
 * Renders a template with what it may see: plain JSON, read and never changed. A name that is not there is empty. Says
 * why in words when it cannot be rendered with this data, or would do too much (see `templateMeter.ts`).
 * The text is as it is: nothing is escaped for HTML.
 *
 * @param scope what the template sees, by name; its `now` (RFC 3339) is what the template takes the time to be
 */
export function renderTemplate(template: string, scope: object): { text: string } | { fault: string } {
  try {
    const text = HOLDS_LIQUID.test(template) ? renderParsed(parsed(template), scope) : template
    if (text.length > LONGEST_TEXT) return { fault: 'the text is longer than 20,000 characters' }
    return { text: text.toWellFormed() }
  } catch (error) {
    return { fault: faultInWords(error) }
  }
}

const kept = new Map<string, Template[]>()
let keptCharacters = 0

function parsed(template: string): Template[] {
  const before = kept.get(template)
  if (before !== undefined) return before
  const made = parseTemplate(template)
  if (keptCharacters + template.length > KEPT_CHARACTERS) {
    kept.clear()
    keptCharacters = 0
  }
  kept.set(template, made)
  keptCharacters += template.length
  return made
}
