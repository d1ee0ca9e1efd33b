/** Query: the items of one partition, of the table or of a global index, in order. */
import { invalid } from '../errors.ts'
import { Expressions } from '../expressions.ts'
import { walkFor } from '../key-conditions.ts'
import type { Operation } from '../operation.ts'
import {
  checkPaths,
  checkSelect,
  chosenIndex,
  pageParameters,
  startColumns,
} from '../page-options.ts'
import type { PageInput } from '../page-options.ts'
import { flag, text } from '../parameters.ts'
import { readPage } from '../read-page.ts'
import { keyAttributes } from '../table.ts'

interface QueryInput extends PageInput {
  KeyConditionExpression?: string
  ScanIndexForward?: boolean
}

export const query: Operation<QueryInput> = {
  parameters: { ...pageParameters, KeyConditionExpression: text, ScanIndexForward: flag },
  writes: false,
  run(world, input) {
    if (input.KeyConditionExpression == null) {
      throw invalid(
        'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.',
      )
    }
    checkSelect(input)
    const expressions = new Expressions(
      input.ExpressionAttributeNames,
      input.ExpressionAttributeValues,
    )
    const keyCondition = expressions.condition(
      input.KeyConditionExpression,
      'KeyConditionExpression',
    )
    const filter =
      input.FilterExpression == null
        ? undefined
        : expressions.condition(input.FilterExpression, 'FilterExpression')
    const projection =
      input.ProjectionExpression == null
        ? undefined
        : expressions.projection(input.ProjectionExpression)
    expressions.refuseUnused()
    const table = world.catalogue.get(input.TableName)
    const index = chosenIndex(table, input)
    const key = (index ?? table).key
    const walk = walkFor(keyCondition, key)
    const start = startColumns(table, index, input.ExclusiveStartKey, walk)
    for (const { name } of keyAttributes(key)) {
      if (!filter?.tree.pathHeads[name]) continue
      throw invalid(
        `Filter Expression can only contain non-primary key attributes: Primary key attribute: ${name}`,
      )
    }
    return readPage(world, {
      table,
      index,
      walk,
      start,
      forward: input.ScanIndexForward !== false,
      limit: input.Limit,
      filter,
      paths: checkPaths(table, index, projection, filter),
      countOnly: input.Select === 'COUNT',
      consistent: input.ConsistentRead === true,
      returnConsumedCapacity: input.ReturnConsumedCapacity,
    })
  },
}
