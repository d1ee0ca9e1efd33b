/** The shape of parsed expressions, as dynalite's grammars build them (see expressions.ts). */
import type { AttributeType, AttributeValue } from './attribute-values.ts'

export type Path = readonly (string | number)[]

/** Where a value stands in a tree: found again by its `:name`. */
export interface ValueReference {
  reference: string
}

export interface FunctionCall {
  type: 'function'
  name: string
  args: Operand[]
}

export type Operand = Path | ValueReference | FunctionCall

export interface Comparison {
  type: '=' | '<>' | '<' | '<=' | '>' | '>=' | 'between' | 'in'
  args: Operand[]
}

export type Condition =
  { type: 'and' | 'or' | 'not'; args: Condition[] } | Comparison | FunctionCall

export interface ConditionTree {
  expression: Condition
  pathHeads: Record<string, true>
  nestedPaths: Record<string, true>
}

export interface Arithmetic {
  type: 'add' | 'subtract'
  args: UpdateOperand[]
}

export type UpdateOperand = Path | ValueReference | FunctionCall | Arithmetic

export interface UpdateAction {
  type: 'set' | 'remove' | 'add' | 'delete'
  path: Path
  val: UpdateOperand
  /** The type of the value, where the text alone decides it. */
  attrType?: AttributeType
}

export interface UpdateTree {
  sections: UpdateAction[]
  paths: Path[]
  nestedPaths: Record<string, true>
}

export interface ProjectionTree {
  paths: Path[]
  nestedPaths: Record<string, true>
}

export type Values = Readonly<Record<string, AttributeValue>>

/** A tree together with the values of one call. */
export interface Bound<Tree> {
  tree: Tree
  values: Values
}
