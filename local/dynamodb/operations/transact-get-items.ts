/** TransactGetItems: up to 100 items as they are at one moment. */
import type { Item } from '../attribute-values.ts'
import { ConsumedCapacity, readUnits } from '../consumed-capacity.ts'
import { invalid } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Operation, World } from '../operation.ts'
import {
  checkParameters,
  requiredList,
  requiredMap,
  returnConsumedCapacity,
} from '../parameters.ts'
import { cancelled, reasonFor } from '../transaction-reasons.ts'
import type { Reason } from '../transaction-reasons.ts'
import { getParameters, planGet, readItem } from './get-item.ts'
import type { GetInput, Read } from './get-item.ts'
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
    refuseContended(world, reads)
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

/** Reading items as they are at one moment is not possible while one of them is between two states. */
function refuseContended({ contention }: World, reads: readonly Read[]): void {
  if (!contention) return
  const reasons = reads.map(({ table, key }, at): Reason => {
    try {
      contention.strike(at, reads.length)
      contention.refuse(table, key)
      return { Code: 'None' }
    } catch (error) {
      return reasonFor(error)
    }
  })
  if (reasons.some(({ Code }) => Code !== 'None')) throw cancelled(reasons)
}
