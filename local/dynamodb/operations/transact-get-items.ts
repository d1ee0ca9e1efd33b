/** TransactGetItems: up to 100 items as they are at one moment. */
import type { Item } from '../attribute-values.ts'
import { ConsumedCapacity, readUnits } from '../consumed-capacity.ts'
import { invalid } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Operation } from '../operation.ts'
import {
  checkParameters,
  requiredList,
  requiredMap,
  returnConsumedCapacity,
} from '../parameters.ts'
import { getParameters, planGet, readItem } from './get-item.ts'
import type { GetInput } from './get-item.ts'
import { checkCount } from './transact-write-items.ts'

interface TransactGetItemsInput {
  TransactItems: unknown[]
  ReturnConsumedCapacity?: string
}

export const transactGetItems: Operation<TransactGetItemsInput> = {
  parameters: { TransactItems: requiredList, ReturnConsumedCapacity: returnConsumedCapacity },
  writes: false,
  run(world, input) {
    checkCount(input.TransactItems.length)
    const reads = input.TransactItems.map((action) => {
      checkParameters('TransactGetItems', action, { Get: requiredMap })
      const { Get } = action as { Get: GetInput }
      checkParameters('Get', Get, getParameters)
      return planGet(world, Get)
    })
    const capacity = new ConsumedCapacity(2)
    let bytes = 0
    const responses = reads.map((read): { Item?: Item } => {
      const stored = readItem(world, read)
      bytes += stored?.bytes ?? 0
      capacity.add(read.table.name, readUnits(stored?.bytes ?? 0, true))
      return stored ? { Item: read.show(stored.item) } : {}
    })
    if (bytes > limits.transactionBytes) {
      throw invalid('The aggregate size of items in the transaction cannot exceed 4 MB')
    }
    return { Responses: responses, ...capacity.list(input.ReturnConsumedCapacity) }
  },
}
