/**
 * Event patterns as EventBridge matches them. A pattern names fields; each lists what its value may be, and every
 * field must match. A list in the event matches when one of its elements does. Numbers are compared as numbers.
 * An operator that is not listed here refuses the whole pattern, by name.
 */
export type Matches = (event: unknown) => boolean

export class PatternRefused extends Error {
  override name = 'PatternRefused'
}

/** Asked of each value of a field; an absent field has none. */
type Test = (value: unknown) => boolean

export function compilePattern(pattern: unknown, path = ''): Matches {
  if (!isObject(pattern)) throw refused(path, 'a pattern is an object')
  const fields = Object.entries(pattern)
  if (fields.length === 0) throw refused(path, 'an empty pattern matches nothing')
  const matchers = fields.map(([name, wanted]) => compileField(name, wanted, path))
  return (event) => matchers.every((matches) => matches(event))
}

function compileField(name: string, wanted: unknown, path: string): Matches {
  const here = path === '' ? name : `${path}.${name}`
  if (name === '$or') return compileOr(wanted, path, here)
  if (isObject(wanted)) {
    const inner = compilePattern(wanted, here)
    return (event) => fieldOf(event, name).some(inner)
  }
  if (!Array.isArray(wanted) || wanted.length === 0)
    throw refused(here, 'a field lists what its value may be, in an array')
  const tests = wanted.map((one) => compileTest(one, here))
  return (event) => {
    const values = fieldOf(event, name)
    return tests.some((test) => (values.length === 0 ? test(absent) : values.some(test)))
  }
}

function compileOr(wanted: unknown, path: string, here: string): Matches {
  if (!Array.isArray(wanted) || wanted.length < 2)
    throw refused(here, 'lists at least two patterns')
  const ways = wanted.map((pattern) => compilePattern(pattern, path))
  return (event) => ways.some((matches) => matches(event))
}

const absent = Symbol('absent')

/** The values of a field; lists are looked into, also lists of objects on the way to it. */
function fieldOf(event: unknown, name: string): unknown[] {
  if (Array.isArray(event)) return event.flatMap((element) => fieldOf(element, name))
  if (!isObject(event) || !Object.hasOwn(event, name)) return []
  const value = event[name]
  return Array.isArray(value) ? value.flat(Infinity) : [value]
}

function compileTest(wanted: unknown, path: string): Test {
  if (!isObject(wanted)) return exactly(wanted)
  const [operator, ...more] = Object.keys(wanted)
  if (operator === undefined || more.length > 0) throw refused(path, 'takes one operator at a time')
  const make = Object.hasOwn(operators, operator) ? operators[operator] : undefined
  const known = Object.keys(operators).join(', ')
  if (!make) throw refused(path, `the operator ${operator} is not supported; known are ${known}`)
  const test = make(wanted[operator], path)
  return (value) => (value === absent && operator !== 'exists' ? false : test(value))
}

const exactly =
  (wanted: unknown): Test =>
  (value) =>
    value === wanted

const operators: Record<string, (operand: unknown, path: string) => Test> = {
  prefix: (operand, path) => affix(operand, path, (text, part) => text.startsWith(part)),
  suffix: (operand, path) => affix(operand, path, (text, part) => text.endsWith(part)),
  'equals-ignore-case': (operand, path) => {
    const wanted = textOf(operand, path).toLowerCase()
    return (value) => typeof value === 'string' && value.toLowerCase() === wanted
  },
  wildcard: (operand, path) => {
    const pattern = wildcard(textOf(operand, path), path)
    return (value) => typeof value === 'string' && pattern.test(value)
  },
  'anything-but': anythingBut,
  numeric,
  exists: (operand, path) => {
    if (typeof operand !== 'boolean') throw refused(path, 'exists takes true or false')
    return (value) => (value !== absent) === operand
  },
}

function affix(
  operand: unknown,
  path: string,
  holds: (text: string, part: string) => boolean,
): Test {
  if (isObject(operand)) {
    const { 'equals-ignore-case': inner, ...others } = operand
    if (Object.keys(others).length > 0)
      throw refused(path, `${Object.keys(others)[0]} does not go inside prefix or suffix`)
    const part = textOf(inner, path).toLowerCase()
    return (value) => typeof value === 'string' && holds(value.toLowerCase(), part)
  }
  const part = textOf(operand, path)
  return (value) => typeof value === 'string' && holds(value, part)
}

function anythingBut(operand: unknown, path: string): Test {
  const unwanted = compileUnwanted(operand, path)
  return (value) => !unwanted.some((test) => test(value))
}

function compileUnwanted(operand: unknown, path: string): Test[] {
  if (!isObject(operand)) {
    const values = Array.isArray(operand) ? operand : [operand]
    if (values.length === 0 || values.some((one) => typeof one === 'object'))
      throw refused(path, 'anything-but takes values, or one operator')
    return values.map(exactly)
  }
  const [operator, ...more] = Object.keys(operand)
  const nestable = ['prefix', 'suffix', 'equals-ignore-case', 'wildcard']
  if (more.length > 0 || !nestable.includes(operator ?? ''))
    throw refused(path, `inside anything-but go ${nestable.join(', ')}, not ${operator}`)
  const given = operand[operator!]
  return (Array.isArray(given) ? given : [given]).map((one) => operators[operator!]!(one, path))
}

const comparisons: Record<string, (value: number, bound: number) => boolean> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
}

function numeric(operand: unknown, path: string): Test {
  const parts: unknown[] = Array.isArray(operand) ? operand : []
  if (parts.length !== 2 && parts.length !== 4)
    throw refused(path, 'numeric takes one or two comparisons, like [">", 0, "<=", 5]')
  const tests: ((value: number) => boolean)[] = []
  for (let index = 0; index < parts.length; index += 2) {
    const [sign, bound] = parts.slice(index, index + 2)
    const compare = typeof sign === 'string' ? comparisons[sign] : undefined
    if (!compare || typeof bound !== 'number')
      throw refused(path, `numeric does not know ${JSON.stringify([sign, bound])}`)
    tests.push((value) => compare(value, bound))
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value))
}

function wildcard(text: string, path: string): RegExp {
  if (/\*\*/.test(text)) throw refused(path, 'wildcard does not take two stars in a row')
  const source = text.replace(/\\([*\\])|\*|[^*\\]+|\\/g, (part, escaped?: string) =>
    escaped === undefined && part === '*' ? '.*' : escape(escaped ?? part),
  )
  return new RegExp(`^${source}$`, 's')
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')

function textOf(operand: unknown, path: string): string {
  if (typeof operand === 'string' && operand !== '') return operand
  throw refused(path, `takes a text that is not empty, not ${JSON.stringify(operand)}`)
}

const refused = (path: string, why: string) =>
  new PatternRefused(`${path === '' ? 'the pattern' : path}: ${why}`)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
