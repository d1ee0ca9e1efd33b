/** GET /v1/hosts. */
import type { Host } from '../../core/contract/resources.ts'
import { answer } from '../aws/answer.ts'
import { viewHosts } from '../aws/hosts.ts'
import { partitions } from '../aws/keys.ts'
import { listPage } from '../aws/list.ts'

export const handler = answer('list-hosts', async (request) => {
  const page = await listPage<Host>('list-hosts', request, () => ({ partition: partitions.hosts }))
  return { body: { ...page, items: await viewHosts(page.items) } }
})
