import { PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import { openEngine } from '../../test/conformance/dynamodb-endpoints.ts'
import type { DynamoDbEngine } from './engine.ts'

const TableName = 'adverse'

/** Small, fast and the same every time. */
function seeded(seed = 1): () => number {
  let state = seed
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

function createTable(engine: DynamoDbEngine): void {
  engine.call('CreateTable', {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'host', AttributeType: 'S' },
    ],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-host',
        KeySchema: [{ AttributeName: 'host', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  })
}

function put(engine: DynamoDbEngine, pk: string): void {
  engine.call('PutItem', { TableName, Item: { pk: { S: pk }, host: { S: 'h' } } })
}

function countInIndex(engine: DynamoDbEngine): number {
  const answer = engine.call('Query', {
    TableName,
    IndexName: 'by-host',
    KeyConditionExpression: 'host = :h',
    ExpressionAttributeValues: { ':h': { S: 'h' } },
  })
  return (answer as { Count: number }).Count
}

describe('index reads', () => {
  test('are up to date when nobody asks for adversity', async () => {
    await using opened = openEngine()
    createTable(opened.engine)
    for (let n = 1; n <= 20; n++) {
      put(opened.engine, `k${n}`)
      expect(countInIndex(opened.engine)).toBe(n)
    }
  })

  test('may answer from the past, go back and forth, and never show what was not', async () => {
    await using opened = openEngine({ adversity: { random: seeded(), staleIndexReads: 0.5 } })
    const { engine } = opened
    createTable(engine)
    const seen: number[] = []
    for (let n = 1; n <= 60; n++) {
      put(engine, `k${n}`)
      const count = countInIndex(engine)
      seen.push(count)
      expect(count).toBeLessThanOrEqual(n)
    }
    const stale = seen.filter((count, n) => count < n + 1)
    expect(stale.length).toBeGreaterThan(10)
    expect(seen.some((count, n) => count < (seen[n - 1] ?? 0))).toBe(true)
    expect(seen.some((count, n) => count === n + 1)).toBe(true)
  })

  test('still show an item that has left the index', async () => {
    const draws = [1, 0, 0]
    const random = () => draws.shift() ?? 0
    await using opened = openEngine({ adversity: { random, staleIndexReads: 0.5 } })
    const { engine } = opened
    createTable(engine)
    put(engine, 'k')
    expect(countInIndex(engine)).toBe(1)
    expect(countInIndex(engine)).toBe(0)
    draws.push(0, 0.9, 0, 0)
    expect(countInIndex(engine)).toBe(1)
    engine.call('DeleteItem', { TableName, Key: { pk: { S: 'k' } } })
    expect(countInIndex(engine)).toBe(1)
  })

  test('of the table itself are never stale', async () => {
    await using opened = openEngine({ adversity: { random: seeded(), staleIndexReads: 1 } })
    createTable(opened.engine)
    for (let n = 1; n <= 20; n++) {
      put(opened.engine, `k${n}`)
      expect(opened.engine.call('Scan', { TableName })).toMatchObject({ Count: n })
    }
  })
})

describe('stream deliveries', () => {
  test('may come twice, and none is missing', async () => {
    const adversity = { random: seeded(7), duplicateStreamDeliveries: 0.4 }
    await using opened = openEngine({ adversity })
    const { engine } = opened
    createTable(engine)
    const seen: string[] = []
    const stream = engine.stream(
      TableName,
      'reader',
      async ({ Records }) => {
        seen.push(...Records.map(({ dynamodb }) => dynamodb.SequenceNumber))
      },
      { batchSize: 5 },
    )
    for (let n = 0; n < 100; n++) put(engine, `k${n}`)
    await stream.idle()
    expect(new Set(seen).size).toBe(100)
    expect(seen.length).toBeGreaterThan(100)
    expect([...new Set(seen)]).toEqual([...new Set(seen)].toSorted())
  })
})

describe('lost answers', () => {
  test('leave the effect behind, and the SDK tries again', async () => {
    const adversity = { random: seeded(3), lostAnswers: 0 }
    await using opened = openEngine({ adversity })
    createTable(opened.engine)
    const draws = [0, 1]
    adversity.lostAnswers = 0.5
    adversity.random = () => draws.shift() ?? 1
    const create = new PutItemCommand({
      TableName,
      Item: { pk: { S: 'k' } },
      ConditionExpression: 'attribute_not_exists(pk)',
    })
    await expect(opened.client.send(create)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    })
    expect(opened.engine.statistics.of('PutItem')).toMatchObject({ calls: 2, itemsWritten: 1 })
  })

  test('of transactions are made good by their token', async () => {
    const adversity = { random: () => 1, lostAnswers: 0.5 }
    await using opened = openEngine({ adversity })
    createTable(opened.engine)
    const draws = [0, 1]
    adversity.random = () => draws.shift() ?? 1
    await opened.client.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          {
            Put: {
              TableName,
              Item: { pk: { S: 'k' } },
              ConditionExpression: 'attribute_not_exists(pk)',
            },
          },
        ],
      }),
    )
    const counts = opened.engine.statistics.of('TransactWriteItems')
    expect(counts).toMatchObject({ calls: 2, itemsWritten: 1 })
  })
})
