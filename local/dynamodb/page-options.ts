/** What Query and Scan have in common: which index, which attributes, where to go on. */
import { normaliseItem } from './attribute-values.ts'
import type { Item } from './attribute-values.ts'
import { indexOf } from './catalogue.ts'
import { invalid, invalidValue } from './errors.ts'
import type { Bound, ConditionTree, Path, ProjectionTree } from './expression-trees.ts'
import { encodePart } from './keys.ts'
import type { Edge, Walk } from './key-conditions.ts'
import {
  expressionNamesAndValues,
  flag,
  map,
  oneOf,
  positive,
  returnConsumedCapacity,
  requiredText,
  text,
} from './parameters.ts'
import { keyAttributes, positionAttributes, projectedNames } from './table.ts'
import type { GlobalIndex, Table } from './table.ts'

export interface PageInput {
  TableName: string
  IndexName?: string
  Select?: 'ALL_ATTRIBUTES' | 'ALL_PROJECTED_ATTRIBUTES' | 'SPECIFIC_ATTRIBUTES' | 'COUNT'
  ProjectionExpression?: string
  FilterExpression?: string
  ExpressionAttributeNames?: unknown
  ExpressionAttributeValues?: unknown
  ExclusiveStartKey?: unknown
  Limit?: number
  ConsistentRead?: boolean
  ReturnConsumedCapacity?: string
}

export const pageParameters = {
  TableName: requiredText,
  IndexName: text,
  Select: oneOf('SPECIFIC_ATTRIBUTES', 'COUNT', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES'),
  ProjectionExpression: text,
  FilterExpression: text,
  ...expressionNamesAndValues,
  ExclusiveStartKey: map,
  Limit: positive,
  ConsistentRead: flag,
  ReturnConsumedCapacity: returnConsumedCapacity,
}

export function checkSelect({ Select, ProjectionExpression, IndexName }: PageInput): void {
  if (ProjectionExpression !== undefined && Select && Select !== 'SPECIFIC_ATTRIBUTES') {
    throw invalid(
      `Cannot specify the ProjectionExpression when choosing to get ${Select === 'COUNT' ? 'only the Count' : Select}`,
    )
  }
  if (Select === 'SPECIFIC_ATTRIBUTES' && ProjectionExpression === undefined) {
    throw invalid(
      'Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
    )
  }
  if (Select === 'ALL_PROJECTED_ATTRIBUTES' && IndexName === undefined) {
    throw invalidValue('ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName')
  }
}

export function chosenIndex(table: Table, input: PageInput): GlobalIndex | undefined {
  if (input.IndexName === undefined) return undefined
  const index = indexOf(table, input.IndexName)
  if (input.ConsistentRead) {
    throw invalid('Consistent reads are not supported on global secondary indexes')
  }
  if (input.Select === 'ALL_ATTRIBUTES' && index.projection.type !== 'ALL') {
    throw invalidValue(
      `Select type ALL_ATTRIBUTES is not supported for global secondary index ${index.name} because its projection type is not ALL`,
    )
  }
  return index
}

/** Refuses paths that reach into keys, and attributes the index does not keep. */
export function checkPaths(
  table: Table,
  index: GlobalIndex | undefined,
  projection: ProjectionTree | undefined,
  filter: Bound<ConditionTree> | undefined,
): readonly Path[] | undefined {
  checkNestedKeys(table, projection?.nestedPaths)
  checkNestedKeys(table, filter?.tree.nestedPaths)
  const kept = index && projectedNames(table, index)
  const missing = projection?.paths
    .map(([head]) => String(head))
    .filter((head) => kept && !kept.has(head))
  if (missing && missing.length > 0) {
    throw invalidValue(
      `Global secondary index ${index!.name} does not project [${missing.join(', ')}]`,
    )
  }
  return projection?.paths
}

export function checkNestedKeys(table: Table, nestedPaths: Record<string, true> | undefined): void {
  if (!nestedPaths) return
  const message =
    "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed:"
  for (const { name } of keyAttributes(table.key)) {
    if (nestedPaths[name]) throw invalid(`${message} Key: ${name}`)
  }
  for (const { name } of table.indexes.flatMap(({ key }) => keyAttributes(key))) {
    if (nestedPaths[name]) throw invalid(`${message} IndexKey: ${name}`)
  }
}

const startInvalid = 'The provided starting key is invalid'
const startOutside = 'The provided starting key is outside query boundaries'

/** The start of a page as the columns a walk (or a scan, without one) is free in. */
export function startColumns(
  table: Table,
  index: GlobalIndex | undefined,
  input: unknown,
  walk: Walk | undefined,
): Uint8Array[] | undefined {
  if (input == null) return undefined
  const start: Item = normaliseItem(input)
  const position = positionAttributes(table, index)
  const fits =
    Object.keys(start).length === position.length &&
    position.every(
      ({ name, type }) => Object.hasOwn(start, name) && start[name]![type] !== undefined,
    )
  if (!fits) {
    throw invalid(
      walk ? startInvalid : `${startInvalid}: The provided key element does not match the schema`,
    )
  }
  const columns = [...(index ? pair(index.key, start) : []), ...pair(table.key, start)]
  if (!walk) return columns
  if (!within(columns[1]!, walk.low, walk.high)) {
    throw invalid('The provided starting key does not match the range key predicate')
  }
  if (Buffer.compare(columns[0]!, walk.hash) !== 0) {
    throw invalid(
      walk.low || walk.high
        ? 'The query can return at most one row and cannot be restarted'
        : `${startOutside} based on provided conditions`,
    )
  }
  return columns.slice(1)
}

function pair({ hash, range }: Table['key'], item: Item): [Uint8Array, Uint8Array] {
  return [
    encodePart(item[hash.name]!, hash.type),
    range ? encodePart(item[range.name]!, range.type) : new Uint8Array(0),
  ]
}

function within(at: Uint8Array, low: Edge | undefined, high: Edge | undefined): boolean {
  const fromLow = low ? Buffer.compare(at, low.at) : 1
  const fromHigh = high ? Buffer.compare(at, high.at) : -1
  return (
    (fromLow > 0 || (fromLow === 0 && low!.inclusive)) &&
    (fromHigh < 0 || (fromHigh === 0 && high!.inclusive))
  )
}
