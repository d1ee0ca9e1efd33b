/** DELETE /v1/keys/{keyId} — refused from the next request on; revoking it again changes nothing. */
import { mayDoEverything } from '../../core/access.ts'
import { isUsable, type StoredKey } from '../../core/api-key.ts'
import { Failure } from '../../core/contract/failures.ts'
import { answerChange } from '../aws/change.ts'
import { apiKeyItem, resourceOf } from '../aws/items.ts'
import { indexed, keyOf } from '../aws/keys.ts'
import { load, query } from '../aws/table.ts'

export const handler = answerChange(
  'revoke-key',
  async ({ params: { keyId: id }, principal, now, at, expects }) => {
    const expected = { resource: 'key', id, tenantId: principal.tenantId }
    const key = await load<StoredKey>(keyOf.apiKey(id), expected)
    expects(key.version)
    if (key.revokedAt === null) await leaveAnother(key, now)
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

/**
 * A tenant without an admin cannot help itself any more, and nobody else can. The index may lag, so two admins who
 * revoke each other at the same moment still can lock themselves out; nobody does by a slip.
 */
const leaveAnother = async (key: StoredKey, now: number) => {
  if (!mayDoEverything(key)) return
  const partition = indexed.keysOf(key.tenantId)
  for (let after: string | undefined; ;) {
    const page = await query({ partition, index: 'gsi1', limit: 100, ...(after && { after }) })
    const keys = page.items.map((item) => resourceOf<StoredKey>(item))
    if (keys.some((other) => other.id !== key.id && mayDoEverything(other) && isUsable(other, now)))
      return
    if (!page.more) throw new Failure('LAST_ADMIN_KEY')
    after = page.items.at(-1)!.gsi1sk!
  }
}
