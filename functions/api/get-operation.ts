/** GET /v1/operations/{operationId} — with `wait`, as soon as it has ended. */
import { answer } from '../aws/answer.ts'
import { awaitOperation } from '../aws/operations.ts'
import { whileWaiting } from '../aws/waiting.ts'

export const handler = answer('get-operation', async ({ params, query, principal, key }) => {
  const wait = query.wait ?? 0
  const operation = await whileWaiting(key, wait, () =>
    awaitOperation(principal.tenantId, params.operationId, wait),
  )
  return { body: operation, version: operation.version }
})
