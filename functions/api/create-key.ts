/** POST /v1/keys — nobody hands out more than they hold. */
import { mayGrant } from '../../core/access.ts'
import { Failure } from '../../core/contract/failures.ts'
import type { StoredKey } from '../../core/api-key.ts'
import { issueKey, usual } from '../../core/issue-key.ts'
import { answerChange } from '../aws/change.ts'
import { apiKeyItem } from '../aws/items.ts'

export const handler = answerChange('create-key', async ({ body, principal, key, now }) => {
  const wanted = { ...unasked(key, now), ...body }
  const { stored, visible, secret } = issueKey(principal.tenantId, wanted, now)
  const { read, write } = visible.requestsPerMinute
  const within = read <= key.requestsPerMinute.read && write <= key.requestsPerMinute.write
  if (!within || !mayGrant(principal, visible) || visible.expiresAt > key.expiresAt)
    throw new Failure(
      'FORBIDDEN',
      `The key ${key.id} cannot hand out more than it holds: role ${key.role}, its scopes, its limits, until ${key.expiresAt}.`,
      {
        roles: [visible.role],
        scope: visible.scopes.length > 0 ? visible.scopes : 'of everything',
        leastRole: visible.role,
        expiresAt: key.expiresAt,
      },
    )
  return {
    writes: [{ create: apiKeyItem(stored) }],
    status: 201,
    location: `/v1/keys/${visible.id}`,
    body: visible,
    once: { secret },
    version: 1,
  }
})

/** Unasked, a key gets the usual life and limits, or what its maker has where that is less. */
const unasked = ({ expiresAt, requestsPerMinute: { read, write } }: StoredKey, now: number) => ({
  expiresInSeconds: Math.min(
    usual.expiresInSeconds,
    Math.floor((Date.parse(expiresAt) - now) / 1000),
  ),
  requestsPerMinute: {
    read: Math.min(read, usual.requestsPerMinute.read),
    write: Math.min(write, usual.requestsPerMinute.write),
  },
})
