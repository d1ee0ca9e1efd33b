/** GET /v1/operations/{operationId} — with `wait`, as soon as it has ended. */
import { answer } from '../aws/answer.ts'
import { awaitOperation } from '../aws/operations.ts'

export const handler = answer('get-operation', async ({ params, query, principal }) => {
  const operation = await awaitOperation(principal.tenantId, params.operationId, query.wait ?? 0)
  return { body: operation, version: operation.version }
})
