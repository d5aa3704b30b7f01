import { renderTemplate } from '../platform/template.ts'
import type { GrantContext } from './context.ts'
import type { Metadata, systemKeys } from './contract.ts'
import { type GrantFacts, templateScope } from './scope.ts'

type SystemKey = (typeof systemKeys)[number]

/** What Boon knows by these names: four are properties of the triggering event, if it has them. */
const systemValues: { [K in SystemKey]: (context: GrantContext, grant: GrantFacts) => unknown } = {
  orderId: ({ event }) => event?.properties['orderId'],
  saleAmount: ({ event }) => event?.properties['saleAmount'],
  saleChannel: ({ event }) => event?.properties['saleChannel'],
  locationId: ({ event }) => event?.properties['locationId'],
  campaignId: (_, grant) => grant.campaignId,
  eventName: ({ event }) => event?.name,
}

/** What goes along with a grant, by key. */
export interface ResolvedMetadata {
  /** In the order of the rows. */
  values: Record<string, unknown>
  /** Why the first text that cannot be rendered could not; that row is left out of the values, as are others like it. */
  fault?: string
}

/**
 * Works out the metadata of a grant. A system value stands under its own name or the row's key, as the event has it,
 * and a row whose value is missing or null is left out. A text is rendered with Liquid and stays text.
 */
export function resolveMetadata(
  rows: Metadata | undefined,
  context: GrantContext,
  grant: GrantFacts,
): ResolvedMetadata {
  const found: [string, unknown][] = []
  let fault: string | undefined
  let scope: Record<string, unknown> | undefined
  for (const row of rows ?? []) {
    if ('system' in row) {
      const value = systemValues[row.system](context, grant)
      if (value !== undefined && value !== null) found.push([row.key ?? row.system, value])
      continue
    }
    scope ??= templateScope(context, grant)
    const rendered = renderTemplate(row.value, scope)
    if ('text' in rendered) found.push([row.key, rendered.text])
    else fault ??= `metadata.${row.key}: ${rendered.fault}`
  }
  // Made from entries, so that a key is nothing but a name, `__proto__` included.
  const values = Object.fromEntries(found)
  return fault === undefined ? { values } : { values, fault }
}
