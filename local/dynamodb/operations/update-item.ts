/** UpdateItem: changes named attributes of an item, or makes it, if a condition allows it. */
import { normaliseItem, typeOf } from '../attribute-values.ts'
import type { Item } from '../attribute-values.ts'
import {
  answerParameters,
  checkSize,
  conditionalParameters,
  conditionOf,
  returnValues,
} from '../conditional-write.ts'
import type { ConditionalInput } from '../conditional-write.ts'
import { ConsumedCapacity } from '../consumed-capacity.ts'
import { invalid, invalidValue } from '../errors.ts'
import { Expressions } from '../expressions.ts'
import type { Bound, Path, UpdateTree } from '../expression-trees.ts'
import { checkIndexKeys, indexKeyMismatch, keyOf } from '../keys.ts'
import type { Operation, World } from '../operation.ts'
import { checkNestedKeys } from '../page-options.ts'
import { requiredMap, text } from '../parameters.ts'
import { project } from '../projections.ts'
import { keyAttributes } from '../table.ts'
import type { Table } from '../table.ts'
import { updated } from '../updates.ts'
import { carryOut, decide, versionOf } from '../write.ts'
import type { Write } from '../write.ts'

export interface UpdateInput extends ConditionalInput {
  Key: unknown
  UpdateExpression?: string
}

interface UpdateItemInput extends UpdateInput {
  ReturnValues?: 'NONE' | 'ALL_OLD' | 'UPDATED_OLD' | 'ALL_NEW' | 'UPDATED_NEW'
  ReturnConsumedCapacity?: string
}

export const updateParameters = {
  ...conditionalParameters,
  Key: requiredMap,
  UpdateExpression: text,
}

interface UpdateWrite extends Write {
  /** What the expression names, for the answers that show only that. */
  paths: readonly Path[]
}

export function planUpdate(world: World, input: UpdateInput): UpdateWrite {
  const key = normaliseItem(input.Key)
  const expressions = new Expressions(
    input.ExpressionAttributeNames,
    input.ExpressionAttributeValues,
  )
  const update =
    input.UpdateExpression == null ? undefined : expressions.update(input.UpdateExpression)
  const condition = conditionOf(input, expressions)
  expressions.refuseUnused()
  const table = world.catalogue.get(input.TableName)
  const encoded = keyOf(table, key)
  if (update) checkTargets(table, update)
  return {
    table,
    key: encoded,
    condition,
    showOnFailure: input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
    paths: update?.tree.paths ?? [],
    next: (before) => {
      const after = update ? updated(before ?? key, update) : (before ?? key)
      checkIndexKeys(table, after, () =>
        invalid(
          'The update expression attempted to update the secondary index key to unsupported type',
        ),
      )
      const version = versionOf(after)
      checkSize(version.bytes, 'Item size to update has exceeded the maximum allowed size')
      return version
    },
  }
}

/** Refuses to change keys, and to give an index's attribute a literal of another type. */
function checkTargets(table: Table, { tree, values }: Bound<UpdateTree>): void {
  const own = new Set(keyAttributes(table.key).map(({ name }) => name))
  for (const { path } of tree.sections) {
    if (!own.has(String(path[0]))) continue
    throw invalidValue(`Cannot update attribute ${path[0]}. This attribute is part of the key`)
  }
  for (const index of table.indexes) {
    for (const { name, type } of keyAttributes(index.key)) {
      const action = tree.sections.find(({ path }) => path.length === 1 && path[0] === name)
      if (!action || action.type === 'remove' || !('reference' in action.val)) continue
      const actual = typeOf(values[action.val.reference]!)
      if (actual !== type) throw indexKeyMismatch(name, type, actual, index.name)
    }
  }
  checkNestedKeys(table, tree.nestedPaths)
}

export const updateItem: Operation<UpdateItemInput> = {
  parameters: {
    ...updateParameters,
    ...answerParameters,
    ReturnValues: returnValues,
  },
  writes: true,
  run(world, input) {
    const write = planUpdate(world, input)
    const { before, after } = decide(world, write)
    const capacity = new ConsumedCapacity()
    carryOut(world, { write, before, after }, capacity)
    const shown = shownItem(input.ReturnValues ?? 'NONE', before?.item, after!.item, write.paths)
    return {
      ...(shown && Object.keys(shown).length > 0 && { Attributes: shown }),
      ...capacity.single(input.ReturnConsumedCapacity),
    }
  },
}

function shownItem(
  wanted: NonNullable<UpdateItemInput['ReturnValues']>,
  before: Item | undefined,
  after: Item,
  paths: readonly Path[],
): Item | undefined {
  switch (wanted) {
    case 'NONE':
      return undefined
    case 'ALL_OLD':
      return before
    case 'UPDATED_OLD':
      return before && project(before, paths)
    case 'ALL_NEW':
      return after
    case 'UPDATED_NEW':
      return project(after, paths)
  }
}
