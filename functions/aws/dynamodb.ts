/** The client of the table, and the table's name. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { atHome, clientOf } from './clients.ts'
import { readConfig } from './config.ts'

export const client = clientOf((home) =>
  DynamoDBDocumentClient.from(new DynamoDBClient(atHome(home?.dynamodb)), {
    // The second lets a map have a key named "constructor".
    marshallOptions: { removeUndefinedValues: true, convertClassInstanceToMap: true },
  }),
)
export const table = () => readConfig().tableName
