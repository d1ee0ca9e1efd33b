/**
 * Expressions as text become trees here, with the grammars of dynalite (Apache-2.0, pinned) behind
 * one wrapper. Protocol: its parsers resolve `#names` and `:values` while parsing, so we hand them a
 * stand-in for each value that carries only its type and its `:name`; the tree then fits every call
 * with the same text, names and types, and is cached. Values are looked up at evaluation.
 */
import { createRequire } from 'node:module'
import { compareValues, typeOf } from './attribute-values.ts'
import type { AttributeType, AttributeValue } from './attribute-values.ts'
import { invalid } from './errors.ts'
import { checkNames, checkValues } from './expression-attributes.ts'
import type {
  Bound,
  ConditionTree,
  ProjectionTree,
  UpdateTree,
  ValueReference,
  Values,
} from './expression-trees.ts'
import { limits } from './limits.ts'
import { checkOperands } from './operands.ts'
import { isReserved } from './reserved-words.ts'

interface Parsed {
  tree: unknown
  names: string[]
  values: string[]
  /** BETWEEN with two literal bounds: which may not exceed which. */
  bounds: [ValueReference, ValueReference][]
}

interface Parser {
  parse(text: string, options: { context: object }): unknown
}

const require = createRequire(import.meta.url)
const parsers = {
  condition: require('dynalite/db/conditionParser') as Parser,
  update: require('dynalite/db/updateParser') as Parser,
  projection: require('dynalite/db/projectionParser') as Parser,
}

const standIns: Record<AttributeType, unknown> = {
  S: 'S',
  N: '0',
  B: '',
  SS: [],
  NS: [],
  BS: [],
  M: {},
  L: [],
  BOOL: true,
  NULL: true,
}

const cacheSize = 2000
const cache = new Map<string, Parsed>()

/** The expressions of one request: they share names and values, and must use all of them. */
export class Expressions {
  readonly values: Values
  #names: Record<string, string>
  #unusedNames: Set<string>
  #unusedValues: Set<string>
  #signature: string | undefined
  #parsed = 0

  constructor(names: unknown, values: unknown) {
    this.#names = checkNames(names)
    this.values = checkValues(values)
    this.#unusedNames = new Set(Object.keys(this.#names))
    this.#unusedValues = new Set(Object.keys(this.values))
  }

  condition(
    text: string,
    label: 'ConditionExpression' | 'FilterExpression' | 'KeyConditionExpression',
  ): Bound<ConditionTree> {
    return { tree: this.#parse('condition', text, label) as ConditionTree, values: this.values }
  }

  update(text: string): Bound<UpdateTree> {
    const tree = this.#parse('update', text, 'UpdateExpression') as UpdateTree
    return { tree, values: this.values }
  }

  projection(text: string): ProjectionTree {
    return this.#parse('projection', text, 'ProjectionExpression') as ProjectionTree
  }

  /** To be called when all expressions of the request are parsed. */
  refuseUnused(): void {
    for (const [unused, kind] of [
      [this.#unusedNames, 'Names'],
      [this.#unusedValues, 'Values'],
    ] as const) {
      if (unused.size === 0) continue
      if (this.#parsed === 0) {
        throw invalid(`ExpressionAttribute${kind} can only be specified when using expressions`)
      }
      const keys = [...unused].join(', ')
      throw invalid(
        `Value provided in ExpressionAttribute${kind} unused in expressions: keys: {${keys}}`,
      )
    }
  }

  #parse(kind: keyof typeof parsers, text: string, label: string): unknown {
    this.#parsed++
    if (text === '') throw invalid(`Invalid ${label}: The expression can not be empty;`)
    const bytes = Buffer.byteLength(text)
    if (bytes > limits.expressionBytes) {
      throw invalid(
        `Invalid ${label}: Expression size has exceeded the maximum allowed size; expression size: ${bytes}`,
      )
    }
    if (nestingOf(text) > limits.expressionNesting) {
      throw invalid(
        `Invalid ${label}: The embedded DynamoDB does not read parentheses nested more than ${limits.expressionNesting} levels deep`,
      )
    }
    // attribute_type is checked against its value while parsing, so there the value is in the key.
    const typed = text.includes('attribute_type') ? JSON.stringify(this.values) : ''
    const key = `${kind} ${text} ${this.#namesAndTypes()} ${typed}`
    let parsed = cache.get(key)
    if (!parsed) {
      parsed = parse(kind, text, label, this.#names, this.values, typed !== '')
      remember(key, parsed)
    }
    for (const name of parsed.names) this.#unusedNames.delete(name)
    for (const value of parsed.values) this.#unusedValues.delete(value)
    for (const [low, high] of parsed.bounds) this.#checkBounds(label, low, high)
    return parsed.tree
  }

  #namesAndTypes(): string {
    if (this.#signature !== undefined) return this.#signature
    let signature = ''
    for (const name in this.#names) signature += `${name}=${JSON.stringify(this.#names[name])} `
    for (const name in this.values) signature += `${name}:${typeOf(this.values[name]!)} `
    return (this.#signature = signature)
  }

  #checkBounds(label: string, low: ValueReference, high: ValueReference): void {
    const lower = this.values[low.reference]!
    const upper = this.values[high.reference]!
    if ((compareValues(lower, upper) ?? 0) <= 0) return
    throw invalid(
      `Invalid ${label}: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ` +
        `lower bound operand: AttributeValue: ${show(lower)}, upper bound operand: AttributeValue: ${show(upper)}`,
    )
  }
}

function nestingOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const character of text) {
    if (character === '(') deepest = Math.max(deepest, ++depth)
    else if (character === ')') depth--
  }
  return deepest
}

function show(value: AttributeValue): string {
  const type = typeOf(value)
  return `{${type}:${String(value[type])}}`
}

function parse(
  kind: keyof typeof parsers,
  text: string,
  label: string,
  names: Record<string, string>,
  values: Values,
  keepText: boolean,
): Parsed {
  const attrVals: Record<string, object> = {}
  for (const name in values) {
    const type = typeOf(values[name]!)
    const content = keepText && type === 'S' ? values[name]!.S : standIns[type]
    attrVals[name] = { [type]: content, reference: name }
  }
  const unusedAttrNames = Object.fromEntries(Object.keys(names).map((name) => [name, true]))
  const unusedAttrVals = Object.fromEntries(Object.keys(values).map((name) => [name, true]))
  const bounds: [ValueReference, ValueReference][] = []
  const compare = (_: string, low: ValueReference, high: ValueReference) => {
    bounds.push([low, high])
    return false
  }
  const context = {
    attrNames: names,
    attrVals,
    unusedAttrNames,
    unusedAttrVals,
    isReserved,
    compare,
  }
  const tree = run(parsers[kind], text, label, context)
  if (kind === 'condition') checkOperands((tree as ConditionTree).expression, label)
  return {
    tree,
    names: Object.keys(names).filter((name) => !unusedAttrNames[name]),
    values: Object.keys(values).filter((name) => !unusedAttrVals[name]),
    bounds,
  }
}

function run(parser: Parser, text: string, label: string, context: object): unknown {
  let tree: unknown
  try {
    tree = parser.parse(text, { context })
  } catch (error) {
    const { name, message } = error as Error
    throw invalid(`Invalid ${label}: ${name === 'SyntaxError' ? 'Syntax error; ' : ''}${message}`)
  }
  // The parsers report what is wrong beyond syntax as a text in place of a tree.
  if (typeof tree === 'string') throw invalid(`Invalid ${label}: ${tree}`)
  return tree
}

function remember(key: string, parsed: Parsed): void {
  if (cache.size >= cacheSize) {
    for (const oldest of cache.keys()) {
      cache.delete(oldest)
      break
    }
  }
  cache.set(key, parsed)
}
