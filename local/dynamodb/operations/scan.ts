/** Scan: every item, for tests and tools. The product never scans, and the statistics can prove it. */
import { Expressions } from '../expressions.ts'
import type { Operation } from '../operation.ts'
import {
  checkPaths,
  checkSelect,
  chosenIndex,
  pageParameters,
  startColumns,
} from '../page-options.ts'
import type { PageInput } from '../page-options.ts'
import { readPage } from '../read-page.ts'

export const scan: Operation<PageInput> = {
  parameters: pageParameters,
  writes: false,
  run(world, input) {
    checkSelect(input)
    const expressions = new Expressions(
      input.ExpressionAttributeNames,
      input.ExpressionAttributeValues,
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
    return readPage(world, {
      table,
      index,
      walk: undefined,
      start: startColumns(table, index, input.ExclusiveStartKey, undefined),
      forward: true,
      limit: input.Limit,
      filter,
      paths: checkPaths(table, index, projection, filter),
      countOnly: input.Select === 'COUNT',
      consistent: input.ConsistentRead === true,
      returnConsumedCapacity: input.ReturnConsumedCapacity,
    })
  },
}
