/**
 * $connect — a watcher with an API key, or an agent with its host's signature. What is remembered is only whose
 * connection it is: the doorbell of a host, or one more watcher of a tenant.
 */
import { authorise } from '../../core/access.ts'
import { routes } from '../../core/contract/api.ts'
import { socketPath } from '../../core/contract/cloud.ts'
import { readSignature } from '../../core/contract/signature.ts'
import { clock } from '../aws/clock.ts'
import { authenticateHost, authenticateKey } from '../aws/credentials.ts'
import { plainItem, until } from '../aws/items.ts'
import { keyOf } from '../aws/keys.ts'
import { socketHandler } from '../aws/socket.ts'
import { set, commit } from '../aws/commit.ts'

/** API Gateway ends a connection after two hours; what was remembered of it goes a little later. */
const keptSeconds = 2 * 3600 + 600

export const handler = socketHandler(async ({ headers = {}, requestContext: { connectionId } }) => {
  const now = clock.now()
  const ttl = until(now, keptSeconds)
  const authorization = headers.authorization ?? headers.Authorization
  if (readSignature(authorization)) {
    const signed = { method: 'GET', path: socketPath, body: '' }
    const { id: hostId } = await authenticateHost(signed, authorization, now)
    await commit([{ create: plainItem(keyOf.connection(connectionId), { hostId, ttl }) }])
    await set(keyOf.doorbell(hostId), { connectionId, is: 'plain', ttl })
    return {}
  }
  const { id: keyId, tenantId, role, scopes } = await authenticateKey(authorization, now)
  authorise({ keyId, tenantId, role, scopes }, routes['read-events'].access)
  await commit([
    { create: plainItem(keyOf.connection(connectionId), { keyId, tenantId, ttl }) },
    { create: plainItem(keyOf.watcher(tenantId, connectionId), { connectingSince: now, ttl }) },
  ])
  return {}
})
