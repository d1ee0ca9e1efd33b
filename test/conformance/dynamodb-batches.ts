/** The batches, scans, and what tables and costs look like. */
import { DescribeTableCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { BatchGetCommand, BatchWriteCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { expect } from 'vitest'
import { fill, query } from './dynamodb-partition.ts'
import { failureOf } from './dynamodb-subject.ts'
import type { Check } from './dynamodb-subject.ts'

export function batchTheme(check: Check): void {
  check('a batch writes, deletes and gets across its items', async (place) => {
    const { documents, table, partition: pk } = place
    await fill(
      place,
      Array.from({ length: 25 }, (_, n) => ({ sk: String(n), n })),
    )
    const requests = [
      { DeleteRequest: { Key: { pk, sk: '3' } } },
      { PutRequest: { Item: { pk, sk: '4', n: 'new' } } },
    ]
    await documents.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }))
    const Keys = ['3', '4', '5', 'absent'].map((sk) => ({ pk, sk }))
    const { Responses, UnprocessedKeys } = await documents.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys, ProjectionExpression: 'n' } } }),
    )
    expect(new Set(Responses![table]!.map(({ n }) => n as unknown))).toEqual(new Set(['new', 5]))
    expect(UnprocessedKeys).toEqual({})
  })

  check(
    'batches have their limits and no duplicates',
    async ({ documents, table, partition: pk }) => {
      const keys = Array.from({ length: 101 }, (_, n) => ({ pk, sk: String(n) }))
      const getAll = (Keys: object[]) =>
        documents.send(new BatchGetCommand({ RequestItems: { [table]: { Keys } } } as never))
      const writeAll = (Items: object[]) => {
        const requests = Items.map((Item) => ({ PutRequest: { Item } }))
        return documents.send(
          new BatchWriteCommand({ RequestItems: { [table]: requests } } as never),
        )
      }
      for (const call of [getAll(keys), writeAll(keys.slice(0, 26))]) {
        expect((await failureOf(call)).name).toBe('ValidationException')
      }
      for (const call of [getAll([keys[0]!, keys[0]!]), writeAll([keys[0]!, keys[0]!])]) {
        expect((await failureOf(call)).message).toBe(
          'Provided list of item keys contains duplicates',
        )
      }
    },
  )

  check('a scan finds everything, page by page', async ({ documents, numbers }) => {
    for (let n = 0; n < 12; n++) {
      await documents.send(
        new PutCommand({ TableName: numbers, Item: { pk: `scan${n % 4}`, sk: n } }),
      )
    }
    const seen: number[] = []
    let start: Record<string, unknown> | undefined
    do {
      const page = await documents.send(
        new ScanCommand({
          TableName: numbers,
          Limit: 5,
          FilterExpression: 'attribute_not_exists(absent)',
          ...(start && { ExclusiveStartKey: start }),
        }),
      )
      seen.push(
        ...page
          .Items!.filter(({ pk }) => String(pk).startsWith('scan'))
          .map(({ sk }) => sk as number),
      )
      start = page.LastEvaluatedKey
    } while (start)
    expect(seen.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })
}

export function tableTheme(check: Check): void {
  check('a table is described and listed', async ({ client, table }) => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }))
    expect(Table).toMatchObject({ TableName: table, TableStatus: 'ACTIVE' })
    expect(Table!.CreationDateTime).toBeInstanceOf(Date)
    expect(Table!.GlobalSecondaryIndexes!.map(({ IndexName }) => IndexName).toSorted()).toEqual([
      'by-host',
      'by-shown',
      'by-weight',
    ])
    const { TableNames } = await client.send(new ListTablesCommand({}))
    expect(TableNames).toContain(table)
  })

  check('reads and writes say what they would have cost', async (place) => {
    const { documents, table, partition: pk } = place
    const Item = { pk, sk: '1', x: 'x'.repeat(5000) }
    const put = new PutCommand({ TableName: table, Item, ReturnConsumedCapacity: 'TOTAL' })
    expect((await documents.send(put)).ConsumedCapacity).toEqual({
      TableName: table,
      CapacityUnits: 5,
    })
    const eventual = await query(place, { ReturnConsumedCapacity: 'TOTAL' })
    expect(eventual.ConsumedCapacity).toEqual({ TableName: table, CapacityUnits: 1 })
    const consistent = await query(place, { ReturnConsumedCapacity: 'TOTAL', ConsistentRead: true })
    expect(consistent.ConsumedCapacity).toEqual({ TableName: table, CapacityUnits: 2 })
  })
}
