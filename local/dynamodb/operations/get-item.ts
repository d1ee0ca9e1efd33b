/** GetItem: one item by its key. */
import { normaliseItem } from '../attribute-values.ts'
import type { Item } from '../attribute-values.ts'
import { ConsumedCapacity, readUnits } from '../consumed-capacity.ts'
import { Expressions } from '../expressions.ts'
import { keyOf } from '../keys.ts'
import type { EncodedKey } from '../keys.ts'
import type { Operation, World } from '../operation.ts'
import { checkNestedKeys } from '../page-options.ts'
import {
  flag,
  map,
  requiredMap,
  requiredText,
  returnConsumedCapacity,
  text,
} from '../parameters.ts'
import { project } from '../projections.ts'
import type { StoredItem } from '../storage.ts'
import type { Table } from '../table.ts'

export interface GetInput {
  TableName: string
  Key: unknown
  ProjectionExpression?: string
  ExpressionAttributeNames?: unknown
}

interface GetItemInput extends GetInput {
  ConsistentRead?: boolean
  ReturnConsumedCapacity?: string
}

export const getParameters = {
  TableName: requiredText,
  Key: requiredMap,
  ProjectionExpression: text,
  ExpressionAttributeNames: map,
}

export interface Read {
  table: Table
  key: EncodedKey
  /** The part of the item that was asked for. */
  show: (item: Item) => Item
}

export function planShow(
  table: Table,
  input: Pick<GetInput, 'ProjectionExpression' | 'ExpressionAttributeNames'>,
): Read['show'] {
  const expressions = new Expressions(input.ExpressionAttributeNames, undefined)
  const projection =
    input.ProjectionExpression == null
      ? undefined
      : expressions.projection(input.ProjectionExpression)
  expressions.refuseUnused()
  checkNestedKeys(table, projection?.nestedPaths)
  return projection ? (item) => project(item, projection.paths) : (item) => item
}

export function planGet(world: World, input: GetInput): Read {
  const key = normaliseItem(input.Key)
  const table = world.catalogue.get(input.TableName)
  return { table, key: keyOf(table, key), show: planShow(table, input) }
}

export function readItem(world: World, { table, key }: Read): StoredItem | undefined {
  const stored = world.storage.item(table.id, key)
  if (stored) world.counts.itemsRead++
  return stored
}

export const getItem: Operation<GetItemInput> = {
  parameters: {
    ...getParameters,
    ConsistentRead: flag,
    ReturnConsumedCapacity: returnConsumedCapacity,
  },
  writes: false,
  run(world, input) {
    const read = planGet(world, input)
    const stored = readItem(world, read)
    const capacity = new ConsumedCapacity()
    capacity.add(read.table.name, readUnits(stored?.bytes ?? 0, input.ConsistentRead === true))
    return {
      ...(stored && { Item: read.show(stored.item) }),
      ...capacity.single(input.ReturnConsumedCapacity),
    }
  },
}
