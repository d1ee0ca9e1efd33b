/**
 * Attribute values in DynamoDB's JSON: what is a well-formed value, its one normal form, its size,
 * when two are equal and which one is greater. Maps are built without a prototype, because an
 * attribute may be called `__proto__` or `constructor`.
 */
import { invalid, invalidValue, malformed } from './errors.ts'
import { limits } from './limits.ts'
import { compareNumbers, normaliseNumber, numberBytes } from './numbers.ts'

export interface AttributeValue {
  S?: string
  N?: string
  /** base64, as on the wire */
  B?: string
  SS?: string[]
  NS?: string[]
  BS?: string[]
  M?: Item
  L?: AttributeValue[]
  BOOL?: boolean
  NULL?: boolean
}

export type Item = Record<string, AttributeValue>
export type AttributeType = keyof AttributeValue

const types = new Set<string>(['S', 'N', 'B', 'SS', 'NS', 'BS', 'M', 'L', 'BOOL', 'NULL'])

export function typeOf(value: AttributeValue): AttributeType {
  for (const type in value) return type as AttributeType
  throw new Error('an attribute value without a type passed validation')
}

/** An attribute of a map that is really there: never one inherited from a prototype. */
export function attributeOf(map: Item, name: string): AttributeValue | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function normaliseItem(input: unknown): Item {
  return normaliseMap(input, 0)
}

function normaliseMap(input: unknown, depth: number): Item {
  if (!isRecord(input)) throw malformed('Start of structure or map expected')
  const map: Item = Object.create(null)
  for (const name of Object.keys(input)) map[name] = normaliseValue(input[name], depth)
  return map
}

export function normaliseValue(input: unknown, depth = 0): AttributeValue {
  if (!isRecord(input)) throw malformed('Unexpected value type in payload')
  const given = Object.keys(input).filter((type) => types.has(type) && input[type] != null)
  const exactlyOne = 'must contain exactly one of the supported datatypes'
  if (given.length === 0) throw invalid(`Supplied AttributeValue is empty, ${exactlyOne}`)
  if (given.length > 1) {
    throw invalid(`Supplied AttributeValue has more than one datatypes set, ${exactlyOne}`)
  }
  const type = given[0] as AttributeType
  if (depth > limits.nestingLevels) {
    throw invalid(
      'Nesting Levels have exceeded supported limits: Attributes beyond 32 nested levels',
    )
  }
  return normaliseTyped(type, input[type], depth)
}

function normaliseTyped(type: AttributeType, content: unknown, depth: number): AttributeValue {
  switch (type) {
    case 'S':
      return { S: text(content) }
    case 'N':
      return { N: normaliseNumber(text(content)) }
    case 'B':
      return { B: base64(content) }
    case 'BOOL':
      return { BOOL: boolean(content) }
    case 'NULL':
      if (!boolean(content)) {
        throw invalidValue('Null attribute value types must have the value of true')
      }
      return { NULL: true }
    case 'SS':
      return { SS: set(content, text, 'An string set  may not be empty') }
    case 'NS':
      return {
        NS: set(content, (n) => normaliseNumber(text(n)), 'An number set  may not be empty'),
      }
    case 'BS':
      return { BS: set(content, base64, 'Binary sets should not be empty') }
    case 'M':
      return { M: normaliseMap(content, depth + 1) }
    case 'L':
      return { L: list(content).map((element) => normaliseValue(element, depth + 1)) }
  }
}

function text(content: unknown): string {
  if (typeof content !== 'string')
    throw malformed(`${typeof content} cannot be converted to String`)
  return content
}

function boolean(content: unknown): boolean {
  if (typeof content !== 'boolean') {
    throw malformed(`${typeof content} cannot be converted to Boolean`)
  }
  return content
}

function base64(content: unknown): string {
  if (typeof content !== 'string') {
    throw malformed('only base64-encoded strings are convertible to bytes')
  }
  if (Buffer.from(content, 'base64').toString('base64') !== content) {
    throw malformed('Invalid base64 encoding')
  }
  return content
}

function list(content: unknown): unknown[] {
  if (!Array.isArray(content)) throw malformed('Unexpected field type')
  return content
}

function set(content: unknown, normalise: (element: unknown) => string, whenEmpty: string) {
  const elements = list(content).map(normalise)
  if (elements.length === 0) throw invalidValue(whenEmpty)
  if (new Set(elements).size < elements.length) {
    throw invalidValue(`Input collection [${elements.join(', ')}] contains duplicates.`)
  }
  return elements
}

/** An item's size as the service counts it, names included. */
export function itemBytes(item: Item): number {
  let bytes = 0
  for (const name in item) bytes += Buffer.byteLength(name) + valueBytes(item[name]!)
  return bytes
}

export function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S)
  if (value.N !== undefined) return numberBytes(value.N)
  if (value.B !== undefined) return Buffer.byteLength(value.B, 'base64')
  if (value.SS) return value.SS.reduce((sum, s) => sum + Buffer.byteLength(s), 0)
  if (value.NS) return value.NS.reduce((sum, n) => sum + numberBytes(n), 0)
  if (value.BS) return value.BS.reduce((sum, b) => sum + Buffer.byteLength(b, 'base64'), 0)
  if (value.M) return 3 + Object.keys(value.M).length + itemBytes(value.M)
  if (value.L) return value.L.reduce((sum, element) => sum + 1 + valueBytes(element), 3)
  return 1
}

export function valuesEqual(a: AttributeValue, b: AttributeValue): boolean {
  const type = typeOf(a)
  if (type !== typeOf(b)) return false
  switch (type) {
    case 'SS':
    case 'NS':
    case 'BS': {
      const elements = new Set(a[type])
      return elements.size === b[type]!.length && b[type]!.every((e) => elements.has(e))
    }
    case 'L':
      return (
        a.L!.length === b.L!.length &&
        a.L!.every((element, index) => valuesEqual(element, b.L![index]!))
      )
    case 'M':
      return itemsEqual(a.M!, b.M!)
    default:
      return a[type] === b[type]
  }
}

export function itemsEqual(a: Item, b: Item): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && valuesEqual(a[name]!, b[name]!))
  )
}

/** How two values sort; undefined where DynamoDB knows no order (other types, or not the same). */
export function compareValues(a: AttributeValue, b: AttributeValue): number | undefined {
  if (a.S !== undefined && b.S !== undefined) return compareText(a.S, b.S)
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N)
  if (a.B !== undefined && b.B !== undefined) {
    return Buffer.compare(Buffer.from(a.B, 'base64'), Buffer.from(b.B, 'base64'))
  }
  return undefined
}

function compareText(a: string, b: string): number {
  // JavaScript compares UTF-16 units, which differs from UTF-8 order only where surrogates occur.
  if (/[\ud800-\udfff]/.test(a + b)) return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return a < b ? -1 : a > b ? 1 : 0
}

/** A copy that may be changed without the original noticing. */
export function cloneItem(item: Item): Item {
  const copy: Item = Object.create(null)
  for (const name of Object.keys(item)) copy[name] = cloneValue(item[name]!)
  return copy
}

export function cloneValue(value: AttributeValue): AttributeValue {
  if (value.M) return { M: cloneItem(value.M) }
  if (value.L) return { L: value.L.map(cloneValue) }
  return { ...value }
}
