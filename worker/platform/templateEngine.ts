import {
  Context,
  Drop,
  defaultOperators,
  Expression,
  evalTokenValue,
  Filter,
  Liquid,
  type Operators,
  type Template,
  Token,
  TokenKind,
  TypeGuards,
  toValue,
} from 'liquidjs'
import { meteredFilters } from './templateFilters.ts'
import { Meter, TemplateFault } from './templateMeter.ts'

/** What a loop may be asked about itself; of liquidjs' own objects nothing else is for templates. */
const LOOP_FIELDS = new Set(
  'first last index index0 rindex rindex0 length name row col col0 col_first col_last'.split(' '),
)
/** Tags that read other templates. A template stands alone, so there is nothing that they could read. */
const REFUSED_TAGS = ['include', 'render', 'layout', 'block']
/** How deep the parts of a template may lie in each other; a tag within a tag is four of them. */
const DEEPEST = 200
/** Beyond this, adding one changes nothing, and a range would never end. */
const FURTHEST_IN_RANGE = 1e15
/** What looking at a part of a template costs, as against a character. */
const PART_WEIGHT = 4

type Limits = NonNullable<ConstructorParameters<typeof Context>[3]>

/** One rendering: what it sees, and its meter. Each variable that is read counts with all that is in it. */
class MeteredContext extends Context {
  readonly meter: Meter

  constructor(scope: object, meter: Meter) {
    const limiter = meter as unknown as NonNullable<Limits['memoryLimit']>
    // Counters of `increment` are kept in what it sees: a copy, in which every name is just a name.
    const copy = Object.assign(Object.create(null), scope)
    super(copy, liquid.options, { sync: true }, { memoryLimit: limiter, renderLimit: limiter, liquid })
    this.meter = meter
  }

  override *_getFromScope(
    ...[scope, path, isStrict]: Parameters<Context['_getFromScope']>
  ): IterableIterator<unknown> {
    this.meter.check()
    const value: unknown = yield* super._getFromScope(scope, path, isStrict)
    this.meter.weigh(value)
    return value
  }

  override readProperty(...[holder, key]: Parameters<Context['readProperty']>): unknown {
    const name = String(toValue(key))
    const isHidden = holder instanceof Drop ? !LOOP_FIELDS.has(name) : typeof holder?.[name] === 'function'
    return isHidden ? undefined : super.readProperty(holder, key)
  }
}

const meterOf = (context: Context) => (context as MeteredContext).meter

/** The operators of Liquid, each of which counts what it compares. */
const operators: Operators = Object.fromEntries(
  Object.entries(defaultOperators).map(([name, operator]) => {
    const operate = operator as (...operands: unknown[]) => ReturnType<typeof operator>
    const metered = (...operands: unknown[]) => {
      const meter = meterOf(operands.at(-1) as Context)
      meter.check()
      for (const operand of operands.slice(0, -1)) meter.weigh(operand)
      return operate(...operands)
    }
    return [name, metered]
  }),
)

const liquid = new Liquid({
  operators,
  strictFilters: true,
  ownPropertyOnly: true,
  locale: 'en-US',
  timezoneOffset: 0,
  templates: {},
})
for (const name of REFUSED_TAGS) delete liquid.tags[name]
for (const name of Object.keys(liquid.filters)) liquid.unregisterFilter(name)
for (const [name, filter] of meteredFilters(meterOf)) liquid.registerFilter(name, filter)

/**
 * Reads a template.
 * @throws LiquidError or {@link TemplateFault} for one that makes no sense.
 */
export function parseTemplate(text: string): Template[] {
  const template = liquid.parse(text)
  check(template, 0)
  return template
}

/**
 * Renders what {@link parseTemplate} read.
 * @throws LiquidError, most often around a {@link TemplateFault}, when it does too much.
 */
export function renderParsed(template: Template[], scope: object): string {
  return String(liquid.renderSync(template, new MeteredContext(scope, new Meter())))
}

/** Where a template's parts lead to what is no part of it. */
const NO_PARTS = new Set(['liquid', 'tokenizer', 'token', 'input'])

/**
 * Looks through everything that was read, for what liquidjs takes and does not understand, and sees to it that ranges
 * end and that each node counts.
 *
 * @returns how many parts there are, those of nodes within left out, since they count for themselves
 */
function check(part: unknown, depth: number, around?: Token): number {
  if (typeof part !== 'object' || part === null) return 0
  if (depth > DEEPEST) throw new TemplateFault('nests its parts too deeply', around)
  const near = isNode(part) ? part.token : around
  let parts = 1
  for (const [name, inner] of Object.entries(part)) {
    if (!NO_PARTS.has(name)) parts += check(inner, depth + 1, near)
  }
  if (part instanceof Expression) checkExpression(part)
  else if (isFilterToken(part)) checkFilter(part)
  else if (TypeGuards.isRangeToken(part)) {
    part.lhs = bounded(part.lhs)
    part.rhs = bounded(part.rhs)
  } else if (isNode(part)) {
    count(part, parts * PART_WEIGHT + part.token.size())
    return 0
  }
  return parts
}

function isNode(part: object): part is Template {
  return 'render' in part && 'token' in part && part.token instanceof Token && !(part instanceof Filter)
}

/** Each rendering of a node costs what its source holds: there are tags that look through all of it each time. */
function count(node: Template, weight: number): void {
  const render = node.render.bind(node)
  node.render = (context, emitter) => {
    meterOf(context).use(weight)
    return render(context, emitter)
  }
}

type FilterToken = Token & { name: string }

function isFilterToken(part: object): part is FilterToken {
  return 'kind' in part && part.kind === TokenKind.Filter
}

/** The values of `cycle` are not looked at before they are rendered. */
function checkFilter(token: FilterToken): void {
  if (liquid.filters[token.name] === undefined)
    throw new TemplateFault(`there is no filter "${token.name}"`, token)
}

/** `user name` and `1 ==` are read without complaint, and rendered as if a part of them were not there. */
function checkExpression({ postfix }: Expression): void {
  let values = 0
  for (const token of postfix) {
    if (!TypeGuards.isOperatorToken(token)) {
      values += 1
      continue
    }
    const taken = token.operator === 'not' ? 1 : 2
    if (values < taken) throw new TemplateFault(`"${token.operator}" lacks a value to compare`, token)
    values += 1 - taken
  }
  const [, second] = postfix
  if (values > 1) throw new TemplateFault(`what "${second?.getText()}" is for is not understood`, second)
}

/**
 * The end of a range, as a token that liquidjs evaluates like any other. It counts how many numbers lie between the
 * ends before it makes them, but among numbers so large that adding one changes nothing it would go on for ever.
 */
function bounded<T extends Token>(operand: T): T {
  const initial = {
    *evaluate(context: Context): Generator<unknown, number, unknown> {
      const value = Number(yield evalTokenValue(operand, context))
      if (Math.abs(value) > FURTHEST_IN_RANGE) throw new TemplateFault('has a range with too large a number')
      return value
    },
  }
  return { kind: TokenKind.FilteredValue, initial, filters: [] } as unknown as T
}
