/** Fills a test's partition of the main table, and queries it. */
import { BatchWriteCommand, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb'
import type { Place } from './dynamodb-subject.ts'

export async function fill(place: Place, items: Record<string, unknown>[]): Promise<void> {
  for (let i = 0; i < items.length; i += 25) {
    const requests = items
      .slice(i, i + 25)
      .map((item) => ({ PutRequest: { Item: { pk: place.partition, ...item } } }))
    await place.documents.send(new BatchWriteCommand({ RequestItems: { [place.table]: requests } }))
  }
}

export function query(place: Place, input: Partial<QueryCommandInput> = {}) {
  const { ExpressionAttributeValues, ...rest } = input
  return place.documents.send(
    new QueryCommand({
      TableName: place.table,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': place.partition, ...ExpressionAttributeValues },
      ...rest,
    }),
  )
}
