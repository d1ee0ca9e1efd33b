/** BatchGetItem: up to 100 items by their keys; what exceeds 16 MB comes back as unprocessed. */
import { normaliseItem } from '../attribute-values.ts'
import type { Item } from '../attribute-values.ts'
import { ConsumedCapacity, readUnits } from '../consumed-capacity.ts'
import { invalid, malformed } from '../errors.ts'
import { keyOf } from '../keys.ts'
import { limits } from '../limits.ts'
import type { Operation, World } from '../operation.ts'
import {
  checkParameters,
  flag,
  map,
  requiredList,
  requiredMap,
  returnConsumedCapacity,
  text,
} from '../parameters.ts'
import { planShow, readItem } from './get-item.ts'
import type { Read } from './get-item.ts'

interface KeysAndAttributes {
  Keys: unknown[]
  ProjectionExpression?: string
  ExpressionAttributeNames?: unknown
  ConsistentRead?: boolean
}

interface BatchGetItemInput {
  RequestItems: Record<string, KeysAndAttributes>
  ReturnConsumedCapacity?: string
}

const perTable = {
  Keys: requiredList,
  ProjectionExpression: text,
  ExpressionAttributeNames: map,
  ConsistentRead: flag,
}

export const batchGetItem: Operation<BatchGetItemInput> = {
  parameters: { RequestItems: requiredMap, ReturnConsumedCapacity: returnConsumedCapacity },
  writes: false,
  run(world, input) {
    const reads = planReads(world, input.RequestItems)
    const capacity = new ConsumedCapacity()
    const responses: Record<string, Item[]> = {}
    const unprocessed: Record<string, KeysAndAttributes> = {}
    let bytes = 0
    for (const { read, name, request, given } of reads) {
      const found: Item[] = (responses[name] ??= [])
      const stored = bytes < limits.batchGetBytes ? readItem(world, read) : undefined
      bytes += stored?.bytes ?? 0
      if (bytes >= limits.batchGetBytes) {
        const left = (unprocessed[name] ??= { ...request, Keys: [] })
        left.Keys.push(given)
        continue
      }
      capacity.add(name, readUnits(stored?.bytes ?? 0, request.ConsistentRead === true))
      if (stored) found.push(read.show(stored.item))
    }
    return {
      Responses: responses,
      UnprocessedKeys: unprocessed,
      ...capacity.list(input.ReturnConsumedCapacity),
    }
  },
}

interface PlannedRead {
  read: Read
  name: string
  request: KeysAndAttributes
  given: unknown
}

function planReads(world: World, requestItems: BatchGetItemInput['RequestItems']): PlannedRead[] {
  const names = Object.keys(requestItems)
  if (names.length === 0) {
    throw invalid(
      "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    )
  }
  const reads = names.flatMap((name) => {
    const request = requestItems[name]!
    checkParameters('BatchGetItem', request, perTable)
    if (request.Keys.length === 0) throw malformed('Keys of BatchGetItem is empty')
    const table = world.catalogue.get(name)
    const show = planShow(table, request)
    const seen = new Set<string>()
    return request.Keys.map((given) => {
      const key = keyOf(table, normaliseItem(given))
      const identity = `${Buffer.from(key.hash).toString('hex')}/${Buffer.from(key.range).toString('hex')}`
      if (seen.has(identity)) throw invalid('Provided list of item keys contains duplicates')
      seen.add(identity)
      return { read: { table, key, show }, name, request, given }
    })
  })
  if (reads.length > limits.batchGetKeys) {
    throw invalid('Too many items requested for the BatchGetItem call')
  }
  return reads
}
