/** GET /v1/tenants — for the platform tenant only, which the route table says. */
import type { Tenant } from '../../core/contract/resources.ts'
import { answer } from '../aws/answer.ts'
import { partitions } from '../aws/keys.ts'
import { listPage } from '../aws/list.ts'

export const handler = answer('list-tenants', async (request) => ({
  body: await listPage<Tenant>('list-tenants', request, () => ({ partition: partitions.tenants })),
}))
