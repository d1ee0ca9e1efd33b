/** Rings: tells the other end of a socket that asking is worth while. Nothing depends on it being heard. */
import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi'
import { atHome, clientOf } from './clients.ts'
import { clock } from './clock.ts'
import { readConfig } from './config.ts'
import { keyOf, partitions } from './keys.ts'
import { log } from './log.ts'
import { commit } from './commit.ts'
import { get, queryAll } from './table.ts'

const client = clientOf(
  (home) =>
    new ApiGatewayManagementApiClient(
      home ? atHome(home.sockets) : { endpoint: readConfig().socketEndpoint },
    ),
)

/** `gone`: nobody will ever be there again; `unheard`: this time it did not get through. */
export const post = async (
  connectionId: string,
  message: unknown,
): Promise<'heard' | 'unheard' | 'gone'> => {
  try {
    await client().send(
      new PostToConnectionCommand({ ConnectionId: connectionId, Data: JSON.stringify(message) }),
    )
    return 'heard'
  } catch (error) {
    if (error instanceof Error && error.name === 'GoneException') return 'gone'
    log('warn', 'a socket could not be reached', { connectionId, error: String(error) })
    return 'unheard'
  }
}

export const ringHost = async (hostId: string): Promise<void> => {
  const doorbell = await get(keyOf.doorbell(hostId))
  if (doorbell) await post(doorbell.connectionId as string, { kind: 'bell' })
}

/** Who is still connecting is told as gone, and will be there; a connection is made or refused within this time. */
const connectingMs = 60_000

export const ringWatchers = async (tenantId: string): Promise<void> => {
  const watchers = await queryAll(partitions.watchers(tenantId))
  await Promise.all(
    watchers.map(async ({ sk: connectionId, connectingSince = 0 }) => {
      const heard = await post(connectionId, { kind: 'bell' })
      if (heard === 'gone' && Number(connectingSince) < clock.now() - connectingMs)
        await commit([{ remove: keyOf.watcher(tenantId, connectionId) }])
    }),
  )
}
