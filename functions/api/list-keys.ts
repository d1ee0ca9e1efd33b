/** GET /v1/keys — without secrets, of which only hashes are kept, and without those. */
import { ApiKey } from '../../core/contract/resources.ts'
import type { StoredKey } from '../../core/api-key.ts'
import { answer } from '../aws/answer.ts'
import { indexed } from '../aws/keys.ts'
import { listPage } from '../aws/list.ts'

export const handler = answer('list-keys', async (request) => {
  const page = await listPage<StoredKey>('list-keys', request, () => ({
    partition: indexed.keysOf(request.principal.tenantId),
    index: 'gsi1',
  }))
  return { body: { ...page, items: page.items.map(({ secretHash, ...key }) => ApiKey.parse(key)) } }
})
