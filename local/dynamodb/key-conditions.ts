/**
 * What a key condition means for a walk along an index: which partition, and from where to where in
 * it. Conditions that no index can answer are refused, as the service refuses them.
 */
import type { AttributeValue } from './attribute-values.ts'
import { invalid, invalidValue } from './errors.ts'
import type {
  Bound as BoundTree,
  Comparison,
  Condition,
  ConditionTree,
  FunctionCall,
  Operand,
  Values,
} from './expression-trees.ts'
import { checkLength, encodePart, successorOfPrefix } from './keys.ts'
import { limits } from './limits.ts'
import type { KeySchema, KeyType } from './table.ts'

export interface Edge {
  at: Uint8Array
  inclusive: boolean
}

export interface Walk {
  hash: Uint8Array
  low?: Edge
  high?: Edge
}

interface KeyTerm {
  operator: '=' | '<' | '<=' | '>' | '>=' | 'between' | 'begins_with'
  values: AttributeValue[]
}

const invalidOperator = 'Invalid operator used in KeyConditionExpression:'
const invalidCondition = 'Invalid condition in KeyConditionExpression:'
const mirrored = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const

export function walkFor({ tree, values }: BoundTree<ConditionTree>, key: KeySchema): Walk {
  const terms = new Map<string, KeyTerm>()
  collect(tree.expression, values, terms)
  if (terms.size > 2) throw invalid('Conditions can be of length 1 or 2 only')
  const hashTerm = terms.get(key.hash.name)
  if (!hashTerm) throw invalid(`Query condition missed key schema element: ${key.hash.name}`)
  const rangeTerm = key.range && terms.get(key.range.name)
  if (terms.size === 2 && !key.range) throw invalid('Query key condition not supported')
  if (terms.size === 2 && !rangeTerm) {
    throw invalid(`Query condition missed key schema element: ${key.range!.name}`)
  }
  if (hashTerm.operator !== '=') throw invalid('Query key condition not supported')
  const hash = encodeBound(hashTerm.values[0]!, key.hash.type, key.hash.name, limits.hashKeyBytes)
  if (!rangeTerm) return { hash }
  const { type, name } = key.range!
  const edges = rangeTerm.values.map((value) =>
    encodeBound(value, type, name, limits.rangeKeyBytes),
  )
  return { hash, ...edgesOf(rangeTerm.operator, edges) }
}

function encodeBound(value: AttributeValue, type: KeyType, name: string, maximum: number) {
  if (value[type] === undefined) {
    throw invalidValue('Condition parameter type does not match schema type')
  }
  const bytes = encodePart(value, type)
  if (bytes.length === 0) {
    throw invalid(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${type === 'S' ? 'string' : 'binary'} value. Key: ${name}`,
    )
  }
  checkLength(bytes, maximum)
  return bytes
}

function edgesOf(operator: KeyTerm['operator'], [first, second]: Uint8Array[]): Omit<Walk, 'hash'> {
  const at = first!
  switch (operator) {
    case '=':
      return { low: { at, inclusive: true }, high: { at, inclusive: true } }
    case '<':
    case '<=':
      return { high: { at, inclusive: operator === '<=' } }
    case '>':
    case '>=':
      return { low: { at, inclusive: operator === '>=' } }
    case 'between':
      return { low: { at, inclusive: true }, high: { at: second!, inclusive: true } }
    case 'begins_with': {
      const end = successorOfPrefix(at)
      return { low: { at, inclusive: true }, ...(end && { high: { at: end, inclusive: false } }) }
    }
  }
}

function collect(condition: Condition, values: Values, terms: Map<string, KeyTerm>): void {
  switch (condition.type) {
    case 'and':
      for (const arg of condition.args) collect(arg, values, terms)
      return
    case 'or':
    case 'not':
    case 'in':
    case '<>':
      throw invalid(`${invalidOperator} ${condition.type.toUpperCase()}`)
    case 'function':
      if (condition.name !== 'begins_with') throw invalid(`${invalidOperator} ${condition.name}`)
      return add(condition, 'begins_with', values, terms)
    default:
      return add(condition, condition.type, values, terms)
  }
}

function add(
  { args }: Comparison | FunctionCall,
  operator: KeyTerm['operator'],
  values: Values,
  terms: Map<string, KeyTerm>,
): void {
  const places = args.flatMap((arg, index) => (isPath(arg) ? [index] : []))
  if (args.some((arg) => 'name' in arg)) {
    throw invalid('KeyConditionExpressions cannot contain nested operations')
  }
  if (places.length > 1) {
    throw invalid(`${invalidCondition} Multiple attribute names used in one condition`)
  }
  const place = places[0]
  if (place === undefined) throw invalid(`${invalidCondition} No key attribute specified`)
  if (place > 0 && !(operator in mirrored)) {
    const shown = operator === 'between' ? 'BETWEEN' : operator
    throw invalid(
      `${invalidCondition} ${shown} operator must have the key attribute as its first operand`,
    )
  }
  const path = args[place] as readonly (string | number)[]
  if (path.length > 1) {
    throw invalid('KeyConditionExpressions cannot have conditions on nested attributes')
  }
  const name = String(path[0])
  if (terms.has(name)) {
    throw invalid('KeyConditionExpressions must only contain one condition per key')
  }
  terms.set(name, {
    operator: place > 0 ? mirrored[operator as keyof typeof mirrored] : operator,
    values: args.flatMap((arg) => ('reference' in arg ? [values[arg.reference]!] : [])),
  })
}

function isPath(operand: Operand): operand is readonly (string | number)[] {
  return Array.isArray(operand)
}
