/** Makes the table of core/contract/cloud.ts in the embedded DynamoDB, as infra/ makes it on AWS. */
import { table } from '../core/contract/cloud.ts'
import { DynamoDbError } from './dynamodb/errors.ts'
import type { DynamoDbEngine } from './dynamodb/engine.ts'

const keySchema = (partitionKey: string, sortKey: string) => [
  { AttributeName: partitionKey, KeyType: 'HASH' },
  { AttributeName: sortKey, KeyType: 'RANGE' },
]

export function makeTable(engine: DynamoDbEngine, TableName: string): void {
  const keys = [table, ...table.indexes].flatMap((of) => [of.partitionKey, of.sortKey])
  const definition = {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keySchema(table.partitionKey, table.sortKey),
    GlobalSecondaryIndexes: table.indexes.map(({ name, partitionKey, sortKey }) => ({
      IndexName: name,
      KeySchema: keySchema(partitionKey, sortKey),
      Projection: { ProjectionType: 'ALL' },
    })),
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  }
  try {
    engine.call('CreateTable', definition)
  } catch (error) {
    if (!(error instanceof DynamoDbError) || error.name !== 'ResourceInUseException') throw error
    return
  }
  engine.call('UpdateTimeToLive', {
    TableName,
    TimeToLiveSpecification: { AttributeName: table.timeToLive, Enabled: true },
  })
}
