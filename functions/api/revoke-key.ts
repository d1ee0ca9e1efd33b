/** DELETE /v1/keys/{keyId} — refused from the next request on; revoking it again changes nothing. */
import type { StoredKey } from '../../core/api-key.ts'
import { answerChange } from '../aws/change.ts'
import { apiKeyItem } from '../aws/items.ts'
import { keyOf } from '../aws/keys.ts'
import { load } from '../aws/table.ts'

export const handler = answerChange(
  'revoke-key',
  async ({ params: { keyId: id }, principal, at, expects }) => {
    const expected = { resource: 'key', id, tenantId: principal.tenantId }
    const key = await load<StoredKey>(keyOf.apiKey(id), expected)
    expects(key.version)
    const revoked: StoredKey =
      key.revokedAt === null
        ? { ...key, revokedAt: at, updatedAt: at, version: key.version + 1 }
        : key
    const { secretHash, ...visible } = revoked
    return {
      writes: revoked === key ? [] : [{ replace: apiKeyItem(revoked), was: key.version }],
      body: visible,
      version: revoked.version,
    }
  },
)
