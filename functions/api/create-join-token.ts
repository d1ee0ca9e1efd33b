/** POST /v1/join-tokens — one host, one hour; only the hash of the secret is kept. */
import { hashSecret } from '../../core/api-key.ts'
import { newId, newSecret } from '../../core/ids.ts'
import { answerChange } from '../aws/change.ts'
import { plainItem, until } from '../aws/items.ts'
import { keyOf } from '../aws/keys.ts'

const lifeSeconds = 3600

export const handler = answerChange('create-join-token', async ({ principal, now }) => {
  const id = newId('joinToken', now)
  const secret = newSecret()
  const expiresAt = new Date(now + lifeSeconds * 1000).toISOString()
  const item = plainItem(keyOf.joinToken(id), {
    secretHash: hashSecret(secret),
    tenantId: principal.tenantId,
    expiresAt,
    usedBy: null,
    version: 1,
    ttl: until(now, 2 * lifeSeconds),
  })
  return {
    writes: [{ create: item }],
    status: 201,
    body: { id, expiresAt },
    once: { secret: `nvj_${id}_${secret}` },
  }
})
