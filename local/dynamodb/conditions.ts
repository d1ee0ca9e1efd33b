/** Whether an item meets a condition, filter or key-condition expression. */
import { attributeOf, compareValues, typeOf, valuesEqual } from './attribute-values.ts'
import type { AttributeValue, Item } from './attribute-values.ts'
import type {
  Bound,
  Comparison,
  Condition,
  ConditionTree,
  FunctionCall,
  Operand,
  Path,
  Values,
} from './expression-trees.ts'

const nothing: Item = Object.create(null)

/** An absent item is one without attributes. */
export function meets(item: Item | undefined, { tree, values }: Bound<ConditionTree>): boolean {
  return holds(tree.expression, item ?? nothing, values)
}

function holds(condition: Condition, item: Item, values: Values): boolean {
  switch (condition.type) {
    case 'and':
      return condition.args.every((arg) => holds(arg, item, values))
    case 'or':
      return condition.args.some((arg) => holds(arg, item, values))
    case 'not':
      return !holds(condition.args[0]!, item, values)
    case 'function':
      return functionHolds(condition, item, values)
    default:
      return comparisonHolds(condition, item, values)
  }
}

function comparisonHolds({ type, args }: Comparison, item: Item, values: Values): boolean {
  const [first, ...others] = args.map((arg) => resolve(arg, item, values))
  switch (type) {
    case '=':
      return equal(first, others[0])
    case '<>':
      return !equal(first, others[0])
    case '<':
      return ordered(first, others[0], (order) => order < 0)
    case '<=':
      return ordered(first, others[0], (order) => order <= 0)
    case '>':
      return ordered(first, others[0], (order) => order > 0)
    case '>=':
      return ordered(first, others[0], (order) => order >= 0)
    case 'between':
      return (
        ordered(first, others[0], (order) => order >= 0) &&
        ordered(first, others[1], (order) => order <= 0)
      )
    case 'in':
      return others.some((other) => equal(first, other))
  }
}

function equal(a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  return a !== undefined && b !== undefined && valuesEqual(a, b)
}

function ordered(
  a: AttributeValue | undefined,
  b: AttributeValue | undefined,
  accept: (order: number) => boolean,
): boolean {
  const order = a && b ? compareValues(a, b) : undefined
  return order !== undefined && accept(order)
}

function functionHolds({ name, args }: FunctionCall, item: Item, values: Values): boolean {
  const [first, second] = args.map((arg) => resolve(arg, item, values))
  switch (name) {
    case 'attribute_exists':
      return first !== undefined
    case 'attribute_not_exists':
      return first === undefined
    case 'attribute_type':
      return first !== undefined && typeOf(first) === second?.S
    case 'begins_with':
      return first !== undefined && second !== undefined && beginsWith(first, second)
    case 'contains':
      return first !== undefined && second !== undefined && contains(first, second)
    default:
      throw new Error(`the grammar let the function ${name} pass as a condition`)
  }
}

function beginsWith(value: AttributeValue, prefix: AttributeValue): boolean {
  if (value.S !== undefined && prefix.S !== undefined) return value.S.startsWith(prefix.S)
  if (value.B === undefined || prefix.B === undefined) return false
  const start = Buffer.from(prefix.B, 'base64')
  return Buffer.from(value.B, 'base64').subarray(0, start.length).equals(start)
}

function contains(value: AttributeValue, sought: AttributeValue): boolean {
  if (value.L) return value.L.some((element) => valuesEqual(element, sought))
  if (sought.S !== undefined) return (value.S ?? value.SS)?.includes(sought.S) ?? false
  if (sought.N !== undefined) return value.NS?.includes(sought.N) ?? false
  if (sought.B === undefined) return false
  if (value.BS) return value.BS.includes(sought.B)
  if (value.B === undefined) return false
  return Buffer.from(value.B, 'base64').includes(Buffer.from(sought.B, 'base64'))
}

function resolve(operand: Operand, item: Item, values: Values): AttributeValue | undefined {
  if ('reference' in operand) return values[operand.reference]
  if ('name' in operand) {
    const size = sizeOf(resolve(operand.args[0]!, item, values))
    return size === undefined ? undefined : { N: String(size) }
  }
  return valueAt(item, operand)
}

function sizeOf(value: AttributeValue | undefined): number | undefined {
  if (!value) return undefined
  if (value.S !== undefined) return value.S.length
  if (value.B !== undefined) return Buffer.byteLength(value.B, 'base64')
  if (value.M) return Object.keys(value.M).length
  return (value.SS ?? value.NS ?? value.BS ?? value.L)?.length
}

/** What lies at a document path, if anything. */
export function valueAt(item: Item, path: Path): AttributeValue | undefined {
  let value = attributeOf(item, path[0] as string)
  for (let i = 1; i < path.length && value; i++) {
    const step = path[i]!
    if (typeof step === 'number') value = value.L?.[step]
    else value = value.M && attributeOf(value.M, step)
  }
  return value
}
