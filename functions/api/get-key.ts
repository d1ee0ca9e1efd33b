/** GET /v1/keys/{keyId}. */
import type { StoredKey } from '../../core/api-key.ts'
import { answer } from '../aws/answer.ts'
import { keyOf } from '../aws/keys.ts'
import { load } from '../aws/table.ts'

export const handler = answer('get-key', async ({ params: { keyId: id }, principal }) => {
  const expected = { resource: 'key', id, tenantId: principal.tenantId }
  const { secretHash, ...key } = await load<StoredKey>(keyOf.apiKey(id), expected)
  return { body: key, version: key.version }
})
