/** How much the properties of one user or event may hold. */
export const propertyBounds = { count: 256, textLength: 4_096, nameLength: 256, depth: 5 }

/** Why properties are refused. */
export interface PropertyFault {
  code: 'invalid' | 'too_many_properties' | 'property_too_long'
  message: string
}

/**
 * Looks for what properties may not hold: more than 256 of them at the top, a text of more than 4,096 characters at
 * any depth, more than 5 levels, a number that no computer number can hold. Undefined when all is well.
 */
export function propertyFault(properties: Record<string, unknown>): PropertyFault | undefined {
  const names = Object.keys(properties)
  if (names.length > propertyBounds.count) {
    return { code: 'too_many_properties', message: `properties: there are ${names.length}, 256 are allowed` }
  }
  for (const name of names) {
    if (name.length > propertyBounds.nameLength) {
      return {
        code: 'invalid',
        message: `properties: a name may have ${propertyBounds.nameLength} characters at most`,
      }
    }
    const fault = valueFault(properties[name], name, 1)
    if (fault !== undefined) return fault
  }
  return undefined
}

function valueFault(value: unknown, path: string, depth: number): PropertyFault | undefined {
  if (typeof value === 'string') {
    if (value.length <= propertyBounds.textLength) return undefined
    return { code: 'property_too_long', message: `properties.${path}: may have 4,096 characters at most` }
  }
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return undefined
    return { code: 'invalid', message: `properties.${path}: is too large a number` }
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (depth >= propertyBounds.depth) {
    return {
      code: 'invalid',
      message: `properties.${path}: is nested deeper than ${propertyBounds.depth} levels`,
    }
  }
  for (const [name, inner] of Object.entries(value)) {
    const fault = valueFault(inner, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`, depth + 1)
    if (fault !== undefined) return fault
  }
  return undefined
}
