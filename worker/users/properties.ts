/** How much the properties of one user or event may hold. */
export const propertyBounds = { count: 256, textLength: 4_096, nameLength: 256, depth: 5, values: 10_000 }

/** Why properties are refused. */
export interface PropertyFault {
  code: 'invalid' | 'too_many_properties' | 'property_too_long'
  /** Which property, dotted, below `properties`; empty for all of them. */
  path: string
  message: string
}

/**
 * Looks for what properties may not hold: more than 256 of them at the top, a text of more than 4,096 characters at
 * any depth, more than 5 levels or 10,000 values, a number that no computer number can hold, half of a surrogate pair. Undefined when
 * all is well.
 */
export function propertyFault(properties: Record<string, unknown>): PropertyFault | undefined {
  const names = Object.keys(properties)
  if (names.length > propertyBounds.count) {
    return {
      code: 'too_many_properties',
      path: '',
      message: `there are ${names.length}, ${propertyBounds.count} are allowed`,
    }
  }
  const seen = { values: 0 }
  for (const name of names) {
    const fault = nameFault(name, '') ?? valueFault(properties[name], name, 1, seen)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** A name at any depth. `within` is the path of the object that it stands in. */
function nameFault(name: string, within: string): PropertyFault | undefined {
  if (name.length > propertyBounds.nameLength) {
    return wrong(within, `a name may have ${propertyBounds.nameLength} characters at most`)
  }
  return name.isWellFormed() ? undefined : wrong(within, `a name holds half of a surrogate pair`)
}

function wrong(path: string, message: string): PropertyFault {
  return { code: 'invalid', path, message }
}

/** @param seen counts the values, because a short number such as 1e20 is written out when it is stored */
function valueFault(
  value: unknown,
  path: string,
  depth: number,
  seen: { values: number },
): PropertyFault | undefined {
  seen.values += 1
  if (seen.values > propertyBounds.values) return wrong(path, 'is one value too many; 10,000 are allowed')
  if (typeof value === 'string') {
    if (value.length > propertyBounds.textLength) {
      return { code: 'property_too_long', path, message: 'may have 4,096 characters at most' }
    }
    return value.isWellFormed() ? undefined : wrong(path, 'holds half of a surrogate pair')
  }
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : wrong(path, 'is too large a number')
  if (typeof value !== 'object' || value === null) return undefined
  if (depth >= propertyBounds.depth)
    return wrong(path, `is nested deeper than ${propertyBounds.depth} levels`)
  const isList = Array.isArray(value)
  for (const [name, inner] of Object.entries(value)) {
    const fault =
      (isList ? undefined : nameFault(name, path)) ??
      valueFault(inner, isList ? `${path}[${name}]` : `${path}.${name}`, depth + 1, seen)
    if (fault !== undefined) return fault
  }
  return undefined
}
