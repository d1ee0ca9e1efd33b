/** GET /v1/hosts/{hostId} — without an ETag: what is reserved and when it was heard change without a new version. */
import type { Host } from '../../core/contract/resources.ts'
import { answer } from '../aws/answer.ts'
import { viewHosts } from '../aws/hosts.ts'
import { keyOf } from '../aws/keys.ts'
import { load } from '../aws/table.ts'

export const handler = answer('get-host', async ({ params: { hostId: id }, principal }) => {
  const expected = { resource: 'host', id, tenantId: principal.tenantId }
  const host = await load<Host>(keyOf.host(id), expected)
  return { body: (await viewHosts([host]))[0] }
})
