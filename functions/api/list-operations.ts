/** GET /v1/operations. */
import type { Operation } from '../../core/contract/resources.ts'
import { answer } from '../aws/answer.ts'
import { partitions } from '../aws/keys.ts'
import { listPage } from '../aws/list.ts'

export const handler = answer('list-operations', async (request) => ({
  body: await listPage<Operation>('list-operations', request, () => ({
    partition: partitions.operations(request.principal.tenantId),
  })),
}))
