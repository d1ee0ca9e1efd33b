/** PutItem: replaces or makes an item, if a condition allows it. */
import { normaliseItem } from '../attribute-values.ts'
import {
  answerParameters,
  checkReturnsOld,
  checkSize,
  conditionalParameters,
  conditionOf,
  returnValues,
} from '../conditional-write.ts'
import type { ConditionalInput } from '../conditional-write.ts'
import { ConsumedCapacity } from '../consumed-capacity.ts'
import { Expressions } from '../expressions.ts'
import { checkIndexKeys, indexKeyMismatch, keyOfItem } from '../keys.ts'
import type { Operation, World } from '../operation.ts'
import { requiredMap } from '../parameters.ts'
import { carryOut, decide, versionOf } from '../write.ts'
import type { Write } from '../write.ts'

export interface PutInput extends ConditionalInput {
  Item: unknown
}

interface PutItemInput extends PutInput {
  ReturnValues?: string
  ReturnConsumedCapacity?: string
}

export const putParameters = { ...conditionalParameters, Item: requiredMap }

export function planPut(world: World, input: PutInput): Write {
  const item = normaliseItem(input.Item)
  const version = versionOf(item)
  checkSize(version.bytes, 'Item size has exceeded the maximum allowed size')
  const expressions = new Expressions(
    input.ExpressionAttributeNames,
    input.ExpressionAttributeValues,
  )
  const condition = conditionOf(input, expressions)
  expressions.refuseUnused()
  const table = world.catalogue.get(input.TableName)
  const key = keyOfItem(table, item)
  checkIndexKeys(table, item, indexKeyMismatch)
  const showOnFailure = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD'
  return { table, key, condition, showOnFailure, next: () => version }
}

export const putItem: Operation<PutItemInput> = {
  parameters: {
    ...putParameters,
    ...answerParameters,
    ReturnValues: returnValues,
  },
  writes: true,
  run(world, input) {
    const returnsOld = checkReturnsOld(input.ReturnValues)
    const decision = decide(world, planPut(world, input))
    const capacity = new ConsumedCapacity()
    carryOut(world, decision, capacity)
    return {
      ...(returnsOld && decision.before && { Attributes: decision.before.item }),
      ...capacity.single(input.ReturnConsumedCapacity),
    }
  },
}
