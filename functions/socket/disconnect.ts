/** $disconnect — best effort: what is missed here is removed when a ring finds nobody, or by its time to live. */
import { keyOf } from '../aws/keys.ts'
import { connectionOf, socketHandler } from '../aws/socket.ts'
import { commit } from '../aws/commit.ts'
import { get } from '../aws/table.ts'

export const handler = socketHandler(async ({ requestContext: { connectionId } }) => {
  const { tenantId, hostId } = await connectionOf(connectionId)
  const gone = [{ remove: keyOf.connection(connectionId) }]
  if (tenantId) gone.push({ remove: keyOf.watcher(tenantId, connectionId) })
  if (hostId && (await get(keyOf.doorbell(hostId)))?.connectionId === connectionId)
    gone.push({ remove: keyOf.doorbell(hostId) })
  await commit(gone)
  return {}
})
