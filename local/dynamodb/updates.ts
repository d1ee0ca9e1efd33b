/**
 * What an update expression makes of an item. Every operand is read from the item as it was before
 * any action; then SET, ADD, DELETE act, and REMOVE last, from the end of each list, so that an index
 * means the same element whatever else the expression does.
 */
import { attributeOf, cloneItem, cloneValue, typeOf } from './attribute-values.ts'
import type { AttributeValue, Item } from './attribute-values.ts'
import { valueAt } from './conditions.ts'
import { invalid } from './errors.ts'
import type {
  Bound,
  Path,
  UpdateAction,
  UpdateOperand,
  UpdateTree,
  Values,
} from './expression-trees.ts'
import { addNumbers, subtractNumbers } from './numbers.ts'

const wrongType = 'An operand in the update expression has an incorrect data type'
const wrongPath = 'The document path provided in the update expression is invalid for update'

interface Appended {
  list: AttributeValue[]
  index: number
  value: AttributeValue
}

/** The item after the update; the given one stays as it is. */
export function updated(before: Item, { tree, values }: Bound<UpdateTree>): Item {
  const after = cloneItem(before)
  const beyond: Appended[] = []
  const operands = tree.sections.map((action) =>
    action.type === 'remove' ? undefined : evaluate(action.val, before, values),
  )
  tree.sections.forEach((action, index) => {
    const operand = operands[index]
    if (operand) act(after, action, operand, beyond)
  })
  // What was set beyond the end of a list is appended, in the order of its indices.
  for (const { list, value } of beyond.sort((a, b) => a.index - b.index)) list.push(value)
  removeAll(
    after,
    tree.sections.filter((action) => action.type === 'remove'),
  )
  return after
}

function evaluate(operand: UpdateOperand, item: Item, values: Values): AttributeValue {
  if ('reference' in operand) return values[operand.reference]!
  if (!('type' in operand)) {
    const value = valueAt(item, operand)
    if (value) return value
    throw invalid('The provided expression refers to an attribute that does not exist in the item')
  }
  if (operand.type === 'function' && operand.name === 'if_not_exists') {
    const present = valueAt(item, operand.args[0] as Path)
    return present ?? evaluate(operand.args[1]!, item, values)
  }
  const [left, right] = operand.args.map((arg) => evaluate(arg, item, values))
  if (operand.type === 'function') {
    if (!left?.L || !right?.L) throw invalid(wrongType)
    return { L: [...left.L, ...right.L] }
  }
  if (left?.N === undefined || right?.N === undefined) throw invalid(wrongType)
  const combine = operand.type === 'add' ? addNumbers : subtractNumbers
  return { N: combine(left.N, right.N) }
}

function act(
  item: Item,
  { type, path }: UpdateAction,
  operand: AttributeValue,
  beyond: Appended[],
): void {
  const parent = parentOf(item, path)
  if (type === 'set') return put(parent, path, cloneValue(operand), beyond)
  const present = childOf(parent, path)
  if (present && typeOf(present) !== typeOf(operand)) throw invalid(wrongType)
  const result = type === 'add' ? added(present, operand) : subtracted(present, operand)
  if (result) put(parent, path, result, beyond)
  else if (present) drop(parent, path)
}

function added(present: AttributeValue | undefined, operand: AttributeValue): AttributeValue {
  if (operand.N !== undefined) return { N: addNumbers(present?.N ?? '0', operand.N) }
  const type = typeOf(operand) as 'SS' | 'NS' | 'BS'
  return { [type]: [...new Set([...(present?.[type] ?? []), ...operand[type]!])] }
}

/** The set without the operand's elements; undefined when nothing is left, for no set is empty. */
function subtracted(
  present: AttributeValue | undefined,
  operand: AttributeValue,
): AttributeValue | undefined {
  const type = typeOf(operand) as 'SS' | 'NS' | 'BS'
  const leaving = new Set(operand[type])
  const left = present?.[type]?.filter((element) => !leaving.has(element)) ?? []
  return left.length > 0 ? { [type]: left } : undefined
}

function removeAll(item: Item, actions: UpdateAction[]): void {
  const places = actions.map(({ path }) => ({ parent: parentOf(item, path), step: path.at(-1)! }))
  for (const { parent, step } of places) {
    if (typeof step === 'string') delete parent.M![step]
  }
  const indexed = places.filter((place) => typeof place.step === 'number')
  // From the end of each list, so that the indices of the others stay true.
  indexed.sort((a, b) => Number(b.step) - Number(a.step))
  for (const { parent, step } of indexed) parent.L!.splice(Number(step), 1)
}

function parentOf(item: Item, path: Path): AttributeValue {
  const parent = path.length === 1 ? { M: item } : valueAt(item, path.slice(0, -1))
  const container = typeof path.at(-1) === 'number' ? parent?.L : parent?.M
  if (!parent || !container) throw invalid(wrongPath)
  return parent
}

function childOf(parent: AttributeValue, path: Path): AttributeValue | undefined {
  const step = path.at(-1)!
  return typeof step === 'number' ? parent.L![step] : attributeOf(parent.M!, step)
}

function put(parent: AttributeValue, path: Path, value: AttributeValue, beyond: Appended[]): void {
  const step = path.at(-1)!
  if (typeof step === 'string') parent.M![step] = value
  else if (step < parent.L!.length) parent.L![step] = value
  else beyond.push({ list: parent.L!, index: step, value })
}

function drop(parent: AttributeValue, path: Path): void {
  const step = path.at(-1)!
  if (typeof step === 'number') parent.L!.splice(step, 1)
  else delete parent.M![step]
}
