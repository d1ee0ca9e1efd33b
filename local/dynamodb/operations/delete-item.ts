/** DeleteItem: removes an item, if a condition allows it; removing nothing is no failure. */
import { normaliseItem } from '../attribute-values.ts'
import {
  answerParameters,
  checkReturnsOld,
  conditionalParameters,
  conditionOf,
  returnValues,
} from '../conditional-write.ts'
import type { ConditionalInput } from '../conditional-write.ts'
import { ConsumedCapacity } from '../consumed-capacity.ts'
import { Expressions } from '../expressions.ts'
import { keyOf } from '../keys.ts'
import type { Operation, World } from '../operation.ts'
import { requiredMap } from '../parameters.ts'
import { carryOut, decide } from '../write.ts'
import type { Write } from '../write.ts'

export interface DeleteInput extends ConditionalInput {
  Key: unknown
}

interface DeleteItemInput extends DeleteInput {
  ReturnValues?: string
  ReturnConsumedCapacity?: string
}

export const deleteParameters = { ...conditionalParameters, Key: requiredMap }

/** A write that only checks its condition. */
export function planCheck(world: World, input: DeleteInput): Write {
  const given = normaliseItem(input.Key)
  const expressions = new Expressions(
    input.ExpressionAttributeNames,
    input.ExpressionAttributeValues,
  )
  const condition = conditionOf(input, expressions)
  expressions.refuseUnused()
  const table = world.catalogue.get(input.TableName)
  const showOnFailure = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD'
  return { table, key: keyOf(table, given), condition, showOnFailure }
}

export function planDelete(world: World, input: DeleteInput): Write {
  return { ...planCheck(world, input), next: () => undefined }
}

export const deleteItem: Operation<DeleteItemInput> = {
  parameters: {
    ...deleteParameters,
    ...answerParameters,
    ReturnValues: returnValues,
  },
  writes: true,
  run(world, input) {
    const returnsOld = checkReturnsOld(input.ReturnValues)
    const decision = decide(world, planDelete(world, input))
    const capacity = new ConsumedCapacity()
    carryOut(world, decision, capacity)
    return {
      ...(returnsOld && decision.before && { Attributes: decision.before.item }),
      ...capacity.single(input.ReturnConsumedCapacity),
    }
  },
}
