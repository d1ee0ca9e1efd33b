/** BatchWriteItem: up to 25 unconditional puts and deletes. Ours is one commit; the service's is not. */
import { ConsumedCapacity } from '../consumed-capacity.ts'
import { invalid } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Operation, World } from '../operation.ts'
import { checkParameters, map, oneOf, requiredMap, returnConsumedCapacity } from '../parameters.ts'
import { carryOut, decide, writesSameItem } from '../write.ts'
import type { Write } from '../write.ts'
import { planDelete } from './delete-item.ts'
import { planPut } from './put-item.ts'

interface BatchWriteItemInput {
  RequestItems: Record<string, unknown>
  ReturnConsumedCapacity?: string
}

interface WriteRequest {
  PutRequest?: { Item: unknown }
  DeleteRequest?: { Key: unknown }
}

export const batchWriteItem: Operation<BatchWriteItemInput> = {
  parameters: {
    RequestItems: requiredMap,
    ReturnConsumedCapacity: returnConsumedCapacity,
    ReturnItemCollectionMetrics: oneOf('SIZE', 'NONE'),
  },
  writes: true,
  run(world, input) {
    const requests = Object.entries(input.RequestItems).flatMap(([table, list]) => {
      if (!Array.isArray(list)) throw invalid(`RequestItems of the table ${table} is no list`)
      return (list as unknown[]).map((request) => ({ table, request }))
    })
    if (requests.length === 0) {
      throw invalid(
        'The batch write request list for a table cannot be null or empty, and RequestItems must not be empty',
      )
    }
    if (requests.length > limits.batchWriteRequests) {
      throw invalid('Too many items requested for the BatchWriteItem call')
    }
    const writes = requests.map(({ table, request }) => planRequest(world, table, request))
    if (writesSameItem(writes)) {
      throw invalid('Provided list of item keys contains duplicates')
    }
    const capacity = new ConsumedCapacity()
    for (const write of writes) carryOut(world, decide(world, write), capacity)
    return { UnprocessedItems: {}, ...capacity.list(input.ReturnConsumedCapacity) }
  },
}

function planRequest(world: World, table: string, request: unknown): Write {
  checkParameters('BatchWriteItem', request, { PutRequest: map, DeleteRequest: map })
  const { PutRequest, DeleteRequest } = request as WriteRequest
  if ((PutRequest === undefined) === (DeleteRequest === undefined)) {
    throw invalid(
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    )
  }
  if (PutRequest) {
    checkParameters('PutRequest', PutRequest, { Item: requiredMap })
    return planPut(world, { TableName: table, Item: PutRequest.Item })
  }
  checkParameters('DeleteRequest', DeleteRequest, { Key: requiredMap })
  return planDelete(world, { TableName: table, Key: DeleteRequest!.Key })
}
