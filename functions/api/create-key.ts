/** POST /v1/keys — nobody hands out more than they hold. */
import { authoriseGrant, mayDoEverything } from '../../core/access.ts'
import type { StoredKey } from '../../core/api-key.ts'
import { issueKey, usual } from '../../core/issue-key.ts'
import { answerChange } from '../aws/change.ts'
import { apiKeyItem } from '../aws/items.ts'

export const handler = answerChange('create-key', async ({ body, principal, key, now }) => {
  const wanted = { ...unasked(key, now), ...body }
  const { stored, visible, secret } = issueKey(principal.tenantId, wanted, now)
  authoriseGrant(key, visible)
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
const unasked = (maker: StoredKey, now: number) => ({
  expiresInSeconds: mayDoEverything(maker)
    ? usual.expiresInSeconds
    : Math.min(usual.expiresInSeconds, Math.floor((Date.parse(maker.expiresAt) - now) / 1000)),
  requestsPerMinute: {
    read: Math.min(maker.requestsPerMinute.read, usual.requestsPerMinute.read),
    write: Math.min(maker.requestsPerMinute.write, usual.requestsPerMinute.write),
  },
})
