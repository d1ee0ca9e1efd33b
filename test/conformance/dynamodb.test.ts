/**
 * One suite, several DynamoDBs: what ours does is what an independent implementation does, wherever
 * that one goes. Where AWS_ENDPOINT_URL names another, it is asked the same questions.
 */
import { deleteTheme, putTheme, updateTheme } from './dynamodb-writes.ts'
import { dynalite, embedded, embeddedOverHttp, endpointAt } from './dynamodb-endpoints.ts'
import { conditionTheme, projectionTheme } from './dynamodb-expressions.ts'
import { batchTheme, tableTheme } from './dynamodb-batches.ts'
import { indexTheme, queryTheme } from './dynamodb-queries.ts'
import { themeFor } from './dynamodb-subject.ts'
import type { Subject } from './dynamodb-subject.ts'
import { transactionTheme } from './dynamodb-transactions.ts'

function wholeSuite(subject: Subject): void {
  const theme = themeFor(subject)
  theme('put', putTheme)
  theme('update', updateTheme)
  theme('delete', deleteTheme)
  theme('conditions', conditionTheme)
  theme('projections', projectionTheme)
  theme('query', queryTheme)
  theme('indexes', indexTheme)
  theme('batches and scan', batchTheme)
  theme('tables', tableTheme)
  theme('transactions', transactionTheme)
}

wholeSuite(embedded)
wholeSuite(dynalite)

const overHttp = themeFor(embeddedOverHttp)
overHttp('put', putTheme)
overHttp('transactions', transactionTheme)

const address = process.env['AWS_ENDPOINT_URL']
if (address === undefined) {
  console.log('no third DynamoDB is asked: AWS_ENDPOINT_URL names none')
} else {
  wholeSuite(endpointAt(address))
}
